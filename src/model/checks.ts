import { DataplatError } from './errors.js';
import { findDataset } from './find.js';
import { layers } from './layers.js';
import type { Job } from './lineage.js';
import type { Declaration } from './platform.js';

/** The severities that can fail a check. */
export const failOn = ['error', 'warn', 'never'] as const;
export type FailOn = (typeof failOn)[number];

/** A job that checks, and which of its inputs it is to check. */
export interface Check {
  readonly job: Job;
  /** None: all of them. */
  readonly datasets: readonly string[];
}

/**
 * The jobs that check what a person names, a dataset or a layer, and which of their inputs; without a name all of them.
 * @throws DataplatError DP1006 for a name of nothing, DP1007 for something that no job checks
 */
export function checksOf(declaration: Declaration, name: string | undefined): Check[] {
  const gates = declaration.graph.order.filter((job) => job.gate === true);
  if (name === undefined) return gates.map((job) => ({ job, datasets: [] }));
  const layer = layers.find((one) => one === name);
  const wanted =
    layer === undefined
      ? [findDataset(declaration, name).id]
      : declaration.datasets.filter((dataset) => dataset.layer === layer).map(({ id }) => id);
  const checks = gates
    .map((job) => ({ job, datasets: job.inputs.filter((input) => wanted.includes(input)) }))
    .filter(({ datasets }) => datasets.length > 0)
    // All of its inputs need no names.
    .map(({ job, datasets }) => ({ job, datasets: datasets.length === job.inputs.length ? [] : datasets }));
  if (checks.length === 0) {
    throw new DataplatError('DP1007', `no job checks ${name}`, {
      next: [`add it to the inputs of a job with "gate: true" in config/shared/lineage.yaml`],
    });
  }
  return checks;
}
