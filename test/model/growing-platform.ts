import type { Dataset } from '../../src/model/dataset.js';
import { buildGraph } from '../../src/model/graph.js';
import type { Layer } from '../../src/model/layers.js';
import type { Job } from '../../src/model/lineage.js';
import type { Platform } from '../../src/model/platform.js';

const isFresh = ({ freshness }: Dataset): boolean => freshness !== undefined;

/** A platform whose jobs write these datasets, as it will be when it has grown; the rest is as it was. */
export function grown(
  platform: Platform,
  tables: readonly (readonly [table: string, layer: Layer])[],
): Platform {
  const [pattern, template] = [platform.datasets.find(isFresh), platform.jobs[0]];
  if (!pattern || !template) throw new Error('the platform declares nothing to copy');
  const datasets = tables.map(([table, layer]): Dataset => ({
    ...pattern,
    id: `${table}_${layer}`,
    table,
    layer,
  }));
  const jobs = datasets.map((dataset): Job => ({
    ...template,
    id: `make_${dataset.id}`,
    group: dataset.layer === 'bronze' ? 'ingest' : 'transform',
    outputs: [dataset.id],
  }));
  const graph = buildGraph(jobs);
  if ('cycle' in graph) throw new Error('a cycle');
  return { ...platform, datasets, jobs, graph };
}
