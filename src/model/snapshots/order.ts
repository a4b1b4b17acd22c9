import type { Dataset } from '../dataset.js';
import type { Declaration } from '../platform.js';
import { names } from '../names.js';
import type { Layer } from '../layers.js';

/** A table of the lake, by its layer and folder. */
export interface LakeTable {
  readonly layer: Layer;
  readonly name: string;
}

/**
 * The order in which tables are looked at: what is made of others before these. So a snapshot never has a table that
 * was made of rows which it lacks, however much is written meanwhile. What nothing declares comes last.
 * @returns groups; the tables of one are independent of each other
 */
export function downstreamFirst<Table extends LakeTable>(
  { datasets, graph }: Pick<Declaration, 'datasets' | 'graph'>,
  tables: readonly Table[],
): Table[][] {
  const depths = new Map<string, number>();
  for (const { inputs, outputs, mode } of graph.order) {
    // What keeps tables in order makes none of another.
    if (mode === 'maintenance') continue;
    const depth = 1 + Math.max(0, ...inputs.map((input) => depths.get(input) ?? 0));
    for (const output of outputs) depths.set(output, Math.max(depth, depths.get(output) ?? 0));
  }
  const datasetAt = new Map(
    datasets.flatMap((dataset) => foldersOf(dataset).map((folder) => [folder, dataset.id])),
  );
  const groups = new Map<number, Table[]>();
  for (const table of tables) {
    const depth = depths.get(datasetAt.get(`${table.layer}/${table.name}`) ?? '') ?? 0;
    groups.set(depth, [...(groups.get(depth) ?? []), table]);
  }
  return [...groups].sort(([a], [b]) => b - a).map(([, group]) => group);
}

function foldersOf(dataset: Dataset): string[] {
  return [names.table(dataset), names.quarantineTable(dataset)].map((name) => `${dataset.layer}/${name}`);
}
