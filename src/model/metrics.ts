import type { Environment } from './environment.js';
import type { Dataset } from './dataset.js';
import type { Job } from './lineage.js';

/** A metric of CloudWatch: what is measured, and of what. */
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** Where everything is kept that no AWS service measures by itself. */
export const metricNamespace = 'dataplat';

/** What is measured of a job: of each run as it ends, and of lateness and waiting as often as somebody looks. */
export const jobMetrics = {
  RunsSucceeded: { unit: 'Count', meaning: 'runs that succeeded' },
  RunsFailed: { unit: 'Count', meaning: 'runs that failed, their retries included' },
  RunSeconds: { unit: 'Seconds', meaning: 'from the start of a run to its end' },
  QueuedSeconds: {
    unit: 'Seconds',
    meaning: 'how long the run that waits longest has been waiting; 0 for none',
  },
  SecondsLate: {
    unit: 'Seconds',
    meaning:
      'how far the job is behind its SLA, a run that has not ended or begun included; 0 where it is not',
  },
} as const;
export type JobMetric = keyof typeof jobMetrics;

/** What is measured of a dataset: of each write, and of its age as often as somebody looks. */
export const datasetMetrics = {
  RowsWritten: { unit: 'Count', meaning: 'rows that a run wrote' },
  RowsQuarantined: { unit: 'Count', meaning: 'rows that a run put into quarantine' },
  QualityErrors: { unit: 'Count', meaning: 'checks of level error that did not hold; 0 where all held' },
  QualityWarnings: { unit: 'Count', meaning: 'checks of level warn that did not hold; 0 where all held' },
  FreshnessSeconds: { unit: 'Seconds', meaning: 'age of the newest data' },
} as const;
export type DatasetMetric = keyof typeof datasetMetrics;

/** A metric of a job, as it is emitted, alarmed and shown: all three must name the same dimensions. */
export function jobMetric(
  environment: Pick<Environment, 'name'>,
  job: Pick<Job, 'id'>,
  name: JobMetric,
): Metric {
  return {
    namespace: metricNamespace,
    name,
    dimensions: { environment: environment.name, job: job.id },
  };
}

/** A metric of a dataset, with the same promise. */
export function datasetMetric(
  environment: Pick<Environment, 'name'>,
  dataset: Pick<Dataset, 'id'>,
  name: DatasetMetric,
): Metric {
  return {
    namespace: metricNamespace,
    name,
    dimensions: { environment: environment.name, dataset: dataset.id },
  };
}

/** How often EventBridge found an event that a rule asks for. */
export function ruleMetric(rule: string): Metric {
  return { namespace: 'AWS/Events', name: 'TriggeredRules', dimensions: { RuleName: rule } };
}
