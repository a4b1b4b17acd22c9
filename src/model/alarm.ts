import type { Layer } from './layers.js';
import type { Metric } from './metrics.js';

/** Whose incident an alarm is part of: a layer's, or that of what all layers share. */
export const alarmScopes = ['bronze', 'silver', 'gold', 'platform'] as const satisfies readonly (
  | Layer
  | 'platform'
)[];
export type AlarmScope = (typeof alarmScopes)[number];

/** Every kind of alarm; each has a section of this name in docs/RUNBOOK_AWS.md. */
export const alarmKinds = [
  'job-failed',
  'job-late',
  'job-queued',
  'quality-error',
  'data-stale',
  'airflow-scheduler',
  'airflow-imports',
  'airflow-queue',
  'runs-waiting',
  'emr-capacity',
  'emr-errors',
  'nat-ports',
  'nat-drops',
  'undelivered',
  'access-denied',
  'key-endangered',
  'replication-late',
  'replication-failed',
] as const;
export type AlarmKind = (typeof alarmKinds)[number];

export type Statistic = 'Sum' | 'Maximum' | 'Minimum' | 'Average';

/** One metric, or several by an expression over the ids they are given. */
export type Measured =
  | { readonly metric: Metric; readonly statistic: Statistic }
  | {
      readonly expression: string;
      readonly label: string;
      readonly metrics: Readonly<Record<string, Metric>>;
      readonly statistic: Statistic;
    };

/** What counts as wrong. */
export interface Alarm {
  readonly kind: AlarmKind;
  /** What it is about, where there are several of a kind: a job, a dataset, a gateway. */
  readonly subject?: string;
  readonly scope: AlarmScope;
  readonly says: string;
  readonly measured: Measured;
  readonly comparison: 'GreaterThanOrEqualToThreshold' | 'GreaterThanThreshold' | 'LessThanThreshold';
  readonly threshold: number;
  readonly periodSeconds: number;
  /** How many periods are looked at, and in how many of them it must be wrong. */
  readonly periods: number;
  readonly wrongPeriods: number;
  /** What silence means: broken, nothing to tell, or that all is as it was last heard. */
  readonly silence: 'breaching' | 'notBreaching' | 'ignore';
  /** Pages at once and by itself, for no layer's page may hide it. */
  readonly critical?: boolean;
}

export const runbookFile = 'docs/RUNBOOK_AWS.md';

/** What an alarm says of itself: what is wrong, and where to read what to do. */
export function alarmDescription({ says, kind }: Pick<Alarm, 'says' | 'kind'>): string {
  return `${says} ${runbookFile}#${kind}`;
}
