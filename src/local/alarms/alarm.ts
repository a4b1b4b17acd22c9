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

/** What an alarm over one metric looks at. */
export interface MetricRule {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Null where a percentile is asked for. */
  readonly statistic: string | null;
  readonly unit: string | null;
  /** In seconds. */
  readonly period: number;
  readonly periods: number;
  /** How many of the periods must be wrong. */
  readonly wrongPeriods: number;
  readonly comparison: string;
  /** Null where a band of an anomaly takes its place. */
  readonly threshold: number | null;
  readonly silence: 'missing' | 'ignore' | 'breaching' | 'notBreaching';
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
  /** Of an alarm over one metric; an alarm over an expression has neither. */
  readonly metric?: MetricRule;
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
