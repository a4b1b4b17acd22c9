/** What CloudWatch says of an alarm. */
export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** Measurements that were put together, or a single one. */
export interface Measurement {
  /** Seconds since 1970. */
  readonly at: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly count: number;
}

/** What is counted wrong in what an alarm looks at. */
export interface Comparison {
  /** In seconds. */
  readonly period: number;
  readonly periods: number;
  /** How many of the periods must be wrong. */
  readonly wrongPeriods: number;
  readonly comparison: string;
  readonly threshold: number;
  readonly silence: 'missing' | 'ignore' | 'breaching' | 'notBreaching';
}

export interface MeasuredMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: string;
}

/** What an alarm over one metric looks at. */
export interface MetricRule extends Comparison, MeasuredMetric {
  readonly unit: string | null;
}

/** One of the metrics that an expression adds up. */
export interface Summand {
  readonly id: string;
  readonly metric: MeasuredMetric;
  /** What stands for a period in which nothing was measured; without it the sum has none there. */
  readonly filledWith: number | null;
  readonly data: readonly Measurement[];
}

/** What an alarm over an expression looks at: `FILL(a, 0) + b`. */
export interface SumRule extends Comparison {
  readonly id: string;
  readonly expression: string;
  readonly label: string | null;
  readonly summands: readonly Summand[];
}

/** An alarm as the emulator keeps it (`look` in quirks/moto_alarms.py). */
export interface KeptAlarm {
  readonly arn: string;
  readonly name: string;
  readonly description: string | null;
  readonly state: AlarmState;
  readonly reason: string;
  readonly reasonData: string | null;
  /** Seconds since 1970. */
  readonly stateSince: number;
  readonly configured: number;
  readonly actionsEnabled: boolean;
  /** What is done when a state is entered. */
  readonly actions: Readonly<Record<AlarmState, readonly string[]>>;
  /** Of an alarm over others. */
  readonly rule?: string;
  /** Of an alarm over one metric. */
  readonly metric?: MetricRule;
  /** Of an alarm over several. */
  readonly sum?: SumRule;
  readonly everMeasured?: boolean;
  readonly data?: readonly Measurement[];
}

/** An alarm that enters another state. */
export interface StateChange {
  /** As it was. */
  readonly alarm: KeptAlarm;
  readonly state: AlarmState;
  readonly reason: string;
  readonly reasonData?: string;
  /** Seconds since 1970. */
  readonly at: number;
  /** Of an alarm over others: those that brought it about. */
  readonly children?: readonly { readonly arn: string; readonly state: AlarmState; readonly since: number }[];
}
