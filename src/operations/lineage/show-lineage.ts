import type { Aws } from '../../aws/aws.js';
import { suggestion } from '../../model/check.js';
import { DataplatError } from '../../model/errors.js';
import {
  around,
  lineageGraph,
  namedNodes,
  type LineageGraph,
  type ObservedLineage,
} from '../../model/lineage-graph.js';
import { observedLineage } from '../../model/open-lineage.js';
import type { Platform } from '../../model/platform.js';
import type { Operation } from '../events.js';
import { readEvents } from './events.js';

export interface ShownLineage {
  readonly graph: LineageGraph;
  /** Of the jobs in the graph, where runs were asked. */
  readonly observed: readonly ObservedLineage[];
}

/** The declared graph, or the part of it around a name. @throws DataplatError DP1006 for a name that is none */
export function declaredLineage(platform: Platform, name?: string): LineageGraph {
  const graph = lineageGraph(platform);
  if (name === undefined) return graph;
  const middle = namedNodes(graph, name);
  if (middle.length > 0) return around(graph, middle);
  const known = [...new Set(graph.nodes.map(({ id }) => id))];
  throw new DataplatError('DP1006', `no job, dataset or source "${name}" (${suggestion(name, known)})`, {
    next: ['dataplat lineage show'],
  });
}

/** The graph with the columns that the newest runs have shown, and where they disagree with what is declared. */
export async function* showLineage(
  platform: Platform,
  aws: Pick<Aws, 'objects'>,
  name?: string,
): Operation<ShownLineage> {
  const graph = declaredLineage(platform, name);
  const jobs = graph.nodes.flatMap((node) => (node.kind === 'job' ? [node.job] : []));
  const events = await readEvents(platform.environment, aws.objects, { jobs, newest: 'complete' });
  const observed = events.flatMap((event) => {
    const job = jobs.find(({ id }) => id === event.job.name);
    return job ? [observedLineage(platform, job, event)] : [];
  });
  yield { type: 'result', result: { graph, observed } };
}
