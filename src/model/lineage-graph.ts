import type { Dataset } from './dataset.js';
import type { Job, Source } from './lineage.js';
import { sourceIdOf } from './lineage.js';
import type { Declaration } from './platform.js';

/** A source, a job or a dataset, as it stands in the graph of the data's way. */
export type LineageNode =
  | { readonly kind: 'source'; readonly id: string; readonly source: Source }
  | { readonly kind: 'job'; readonly id: string; readonly job: Job }
  | { readonly kind: 'dataset'; readonly id: string; readonly dataset: Dataset };

/** The data's way: sources, what jobs make of them, and what is made of that. */
export interface LineageGraph {
  readonly nodes: readonly LineageNode[];
  /** From and to, by `nodeKey`. */
  readonly edges: readonly (readonly [string, string])[];
}

/** A job, a dataset and a source may be called the same. */
export function nodeKey({ kind, id }: Pick<LineageNode, 'kind' | 'id'>): string {
  return `${kind}/${id}`;
}

/** The graph of what is declared. What keeps tables in order changes nothing that is in them, and is no part of it. */
export function lineageGraph({ sources, datasets, graph }: Declaration): LineageGraph {
  const jobs = graph.order.filter(({ mode }) => mode !== 'maintenance');
  const keyOf = (name: string): string =>
    sourceIdOf(name) === undefined ? `dataset/${name}` : `source/${sourceIdOf(name) ?? ''}`;
  const edges = jobs.flatMap((job) => [
    ...job.inputs.map((input) => [keyOf(input), `job/${job.id}`] as const),
    ...job.outputs.map((output) => [`job/${job.id}`, keyOf(output)] as const),
  ]);
  const nodes: LineageNode[] = [
    ...sources.map((source) => ({ kind: 'source' as const, id: source.id, source })),
    ...jobs.map((job) => ({ kind: 'job' as const, id: job.id, job })),
    ...datasets.map((dataset) => ({ kind: 'dataset' as const, id: dataset.id, dataset })),
  ];
  const touched = new Set(edges.flat());
  return { nodes: nodes.filter((node) => touched.has(nodeKey(node))), edges };
}

/** The nodes that a name may mean: a job, a dataset, or a source with or without `source/`. */
export function namedNodes({ nodes }: LineageGraph, name: string): LineageNode[] {
  return nodes.filter((node) => node.id === name || nodeKey(node) === name);
}

/** The part of a graph that leads to some nodes, and that leads from them. */
export function around(graph: LineageGraph, middle: readonly LineageNode[]): LineageGraph {
  const from = middle.map(nodeKey);
  const kept = new Set([
    ...reached(from, graph.edges),
    ...reached(
      from,
      graph.edges.map(([a, b]) => [b, a]),
    ),
  ]);
  return {
    nodes: graph.nodes.filter((node) => kept.has(nodeKey(node))),
    edges: graph.edges.filter(([a, b]) => kept.has(a) && kept.has(b)),
  };
}

function reached(from: readonly string[], edges: LineageGraph['edges']): Set<string> {
  const found = new Set(from);
  const open = [...from];
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    for (const [a, b] of edges) {
      if (a !== key || found.has(b)) continue;
      found.add(b);
      open.push(b);
    }
  }
  return found;
}

/** Where a column comes from, as the plans of a run have shown it. */
export interface ColumnOrigin {
  readonly column: string;
  /** Columns as `<dataset or source>.<column>`. */
  readonly from: readonly string[];
}

/** What the newest run of a job that succeeded has shown. */
export interface ObservedLineage {
  readonly job: string;
  readonly runId: string;
  readonly at: string;
  /** By the id of a dataset. */
  readonly columns: Readonly<Record<string, readonly ColumnOrigin[]>>;
  /** What was read or written and is not declared, and what is declared and was not written. */
  readonly disagreements: readonly string[];
}
