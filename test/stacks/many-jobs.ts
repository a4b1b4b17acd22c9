import type { Dataset } from '../../src/model/dataset.js';
import { buildGraph } from '../../src/model/graph.js';
import { layers } from '../../src/model/layers.js';
import type { Job } from '../../src/model/lineage.js';
import type { Platform } from '../../src/model/platform.js';

/** Of how many chains one job takes all: the policies of a role, ten at the most, have no room for many more. */
const gathered = 20;

/**
 * The platform with more jobs than anybody has today: chains of bronze, silver and gold whose first job masks, one job
 * that reads the gold of the first twenty, and one that keeps their tables in order.
 */
export function withManyJobs(platform: Platform, chains: number): Platform {
  const masked = platform.datasets.find(({ columns }) =>
    columns.some(({ masking }) => masking?.rule === 'hash'),
  );
  const ingest = platform.jobs.find(({ outputs }) => masked && outputs.includes(masked.id));
  if (!masked || !ingest) throw new Error('nothing that is masked is declared');
  const numbers = Array.from({ length: chains }, (_, index) => String(index).padStart(2, '0'));
  const dataset = (layer: (typeof layers)[number], number: string): Dataset => ({
    ...masked,
    id: `chain_${number}_${layer}`,
    table: `chain_${number}`,
    layer,
  });
  const datasets = numbers.flatMap((number) => layers.map((layer) => dataset(layer, number)));
  const gatheredDatasets = datasets.slice(0, gathered * layers.length).map(({ id }) => id);
  const job = (id: string, inputs: string[], outputs: string[]): Job => ({
    ...ingest,
    id,
    group: 'transform',
    entryPoint: `jobs/transform/${id}.py`,
    inputs,
    outputs,
  });
  const jobs = [
    ...platform.jobs,
    ...numbers.flatMap((number) => [
      {
        ...job(`chain_${number}_silver`, [`chain_${number}_bronze`], [`chain_${number}_silver`]),
        masks: true,
      },
      job(`chain_${number}_gold`, [`chain_${number}_silver`], [`chain_${number}_gold`]),
    ]),
    job(
      'report',
      numbers.slice(0, gathered).map((number) => `chain_${number}_gold`),
      [],
    ),
    job('upkeep', gatheredDatasets, gatheredDatasets),
  ];
  const graph = buildGraph(jobs.filter(({ id }) => id !== 'upkeep'));
  if ('cycle' in graph) throw new Error('a cycle');
  const upkeep = jobs.filter(({ id }) => id === 'upkeep');
  return {
    ...platform,
    datasets: [...platform.datasets, ...datasets],
    jobs,
    // Upkeep writes what it reads, and is in nobody's order.
    graph: { ...graph, order: [...graph.order, ...upkeep] },
  };
}
