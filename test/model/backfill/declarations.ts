import type { Dataset } from '../../../src/model/dataset.js';
import { buildGraph, type JobGraph } from '../../../src/model/graph.js';
import type { Job } from '../../../src/model/lineage.js';

/** A job as far as a backfill sees it. `reads` are the places of others in the same list. */
export interface Sketch {
  readonly id: string;
  readonly kind: 'dated' | 'whole' | 'merge' | 'stream';
  readonly reads: readonly number[];
}

/** A declaration of jobs that each write one table of bronze. */
export function declarationOf(sketches: readonly Sketch[]): {
  datasets: Dataset[];
  jobs: Job[];
  graph: JobGraph;
} {
  const worker = { cpu: 1 as const, memoryGb: 2 };
  const table = (index: number): string => `${sketches[index]?.id}_bronze`;
  const jobs = sketches.map(({ id, kind, reads }, index): Job => ({
    id,
    group: 'ingest',
    description: id,
    entryPoint: `jobs/ingest/${id}.py`,
    inputs: ['source/s', ...reads.map(table)],
    outputs: [table(index)],
    mode: kind === 'stream' ? 'stream' : 'batch',
    spark: { driver: worker, executor: { ...worker, maximum: 1 } },
    timeout: '5m',
  }));
  const writes = {
    dated: 'replace-partition',
    whole: 'replace',
    merge: 'merge',
    stream: 'append-stream',
  } as const;
  const datasets = sketches.map(({ id, kind }, index): Dataset => ({
    id: table(index),
    title: id,
    description: id,
    columns: [],
    layer: 'bronze',
    table: id,
    primaryKey: [],
    partitionedBy: [],
    owner: 'nobody',
    write: writes[kind],
    tags: {},
  }));
  const graph = buildGraph(jobs);
  if ('cycle' in graph) throw new Error(`a cycle: ${graph.cycle.join(' ')}`);
  return { datasets, jobs, graph };
}
