/**
 * Which state an alarm over one metric, or over a sum of several, is in, as AWS documents it ("Configuring how CloudWatch alarms treat missing
 * data"): from what was measured and the moment alone.
 */
import type { AlarmState, Comparison, Measurement, MetricRule, SumRule } from './alarm.js';
import { utcMinute, utcMoment } from './moments.js';

export interface Judgement {
  readonly state: AlarmState;
  readonly reason: string;
  readonly reasonData?: string;
}

/** A period in which something was measured. */
interface Datapoint {
  /** When it begins, in seconds since 1970. */
  readonly from: number;
  readonly value: number;
  readonly breaches: boolean;
}

/**
 * CloudWatch looks for more datapoints than an alarm asks for, in case the newest are missing. How many more it does not
 * say but for its example, where they are five for three.
 */
const lookedForBeyond = 2;

const statistics: Readonly<Record<string, (of: Measurement) => number>> = {
  Sum: ({ sum }) => sum,
  SampleCount: ({ count }) => count,
  Minimum: ({ minimum }) => minimum,
  Maximum: ({ maximum }) => maximum,
  Average: ({ sum, count }) => sum / count,
};

const comparisons: Readonly<
  Record<string, { readonly holds: (value: number, threshold: number) => boolean; readonly words: string }>
> = {
  GreaterThanOrEqualToThreshold: { holds: (a, b) => a >= b, words: 'greater than or equal to' },
  GreaterThanThreshold: { holds: (a, b) => a > b, words: 'greater than' },
  LessThanOrEqualToThreshold: { holds: (a, b) => a <= b, words: 'less than or equal to' },
  LessThanThreshold: { holds: (a, b) => a < b, words: 'less than' },
};

/** The state at a moment (seconds since 1970), or undefined where the alarm keeps the one that it has. */
export function judge(
  rule: MetricRule,
  data: readonly Measurement[],
  now: number,
  current: AlarmState,
): Judgement | undefined {
  const valueIn = (from: number): number | undefined => measuredIn(from, rule.period, rule.statistic, data);
  return judged(rule, datapoints(rule, valueIn, now), now, current, rule.statistic);
}

/**
 * The same of a sum. CloudWatch fills periods of what was measured at all: where none of the metrics was in any period
 * that is looked at, there is nothing to fill.
 */
export function judgeSum(rule: SumRule, now: number, current: AlarmState): Judgement | undefined {
  const valuesIn = (from: number): readonly (number | undefined)[] =>
    rule.summands.map(({ metric, data }) => measuredIn(from, rule.period, metric.statistic, data));
  const silent = periodsOf(rule, now).every((from) => valuesIn(from).every((value) => value === undefined));
  const sumIn = (from: number): number | undefined => {
    const values = valuesIn(from).map(
      (value, index) => value ?? rule.summands[index]?.filledWith ?? undefined,
    );
    return silent || values.includes(undefined)
      ? undefined
      : values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
  };
  return judged(rule, datapoints(rule, sumIn, now), now, current);
}

function judged(
  rule: Comparison,
  looked: readonly (Datapoint | undefined)[],
  now: number,
  current: AlarmState,
  statistic?: string,
): Judgement | undefined {
  const real = looked.filter((point) => point !== undefined);
  const used = real.slice(0, rule.periods);
  const wrong = used.filter(({ breaches }) => breaches).length;
  const missing = rule.periods - used.length;
  const say = (state: AlarmState, filledAs?: string): Judgement => ({
    state,
    reason: reasonOf(rule, { state, used, wrong, missing, current, filledAs }),
    reasonData: reasonData(rule, used, now, statistic),
  });
  if (missing === 0) return say(wrong >= rule.wrongPeriods ? 'ALARM' : 'OK');
  switch (rule.silence) {
    case 'breaching':
      return say(wrong + missing >= rule.wrongPeriods ? 'ALARM' : 'OK', 'Breaching');
    case 'notBreaching':
      return say(wrong >= rule.wrongPeriods ? 'ALARM' : 'OK', 'NonBreaching');
    case 'missing':
    case 'ignore': {
      if (used.length === 0) return rule.silence === 'missing' ? say('INSUFFICIENT_DATA') : undefined;
      if (wrong >= rule.wrongPeriods) return say('ALARM');
      if (wrong < used.length) return say('OK');
      // Only wrong datapoints, too few of them. It is an alarm as soon as the oldest of them is as old as those that would
      // have to be wrong; before that, what AWS says is that it is not one yet.
      const age = looked.findLastIndex((point) => point !== undefined) + 1;
      return rule.silence === 'missing' && age >= rule.wrongPeriods ? say('ALARM') : undefined;
    }
  }
}

function datapoints(
  rule: Comparison,
  valueIn: (from: number) => number | undefined,
  now: number,
): readonly (Datapoint | undefined)[] {
  const compared = comparisons[rule.comparison];
  if (!compared) throw new Error(`an alarm that is not judged here: ${rule.comparison}`);
  return periodsOf(rule, now).map((from) => {
    const value = valueIn(from);
    return value === undefined ? undefined : { from, value, breaches: compared.holds(value, rule.threshold) };
  });
}

/**
 * When the periods that are looked at begin, the newest first. They slide: the newest ends with the minute under way, not
 * with an hour or a quarter of one.
 */
function periodsOf({ period, periods }: Comparison, now: number): readonly number[] {
  const step = Math.min(period, 60);
  const end = (Math.floor(now / step) + 1) * step;
  return Array.from({ length: periods + lookedForBeyond }, (_, index) => end - (index + 1) * period);
}

function measuredIn(
  from: number,
  period: number,
  statistic: string,
  data: readonly Measurement[],
): number | undefined {
  const valueOf = statistics[statistic];
  if (!valueOf) throw new Error(`an alarm that is not judged here: ${statistic}`);
  const within = data.filter(({ at }) => at >= from && at < from + period);
  return within.length === 0 ? undefined : valueOf(together(within));
}

function together(measurements: readonly Measurement[]): Measurement {
  return measurements.reduce((all, one) => ({
    at: Math.min(all.at, one.at),
    sum: all.sum + one.sum,
    minimum: Math.min(all.minimum, one.minimum),
    maximum: Math.max(all.maximum, one.maximum),
    count: all.count + one.count,
  }));
}

interface Found {
  readonly state: AlarmState;
  readonly used: readonly Datapoint[];
  readonly wrong: number;
  readonly missing: number;
  readonly current: AlarmState;
  readonly filledAs: string | undefined;
}

function reasonOf(rule: Comparison, { state, used, wrong, missing, current, filledAs }: Found): string {
  const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
  const was = (count: number): string => (count === 1 ? 'was' : 'were');
  if (state === 'INSUFFICIENT_DATA') {
    return `Insufficient Data: ${counted(missing, 'datapoint')} ${was(missing)} unknown.`;
  }
  const filling = `${counted(missing, 'missing datapoint')} ${was(missing)} treated as [${filledAs ?? ''}]`;
  if (used.length === 0) {
    return `Threshold Crossed: no datapoints were received for ${counted(missing, 'period')} and ${filling}.`;
  }
  const rang = state === 'ALARM';
  const named = used.filter(({ breaches }) => !rang || wrong === 0 || breaches);
  const values = named.map(({ value, from }) => `${decimal(value)} (${utcMinute(from)})`).join(', ');
  const words = comparisons[rule.comparison]?.words ?? rule.comparison;
  const threshold = `${words} the threshold (${decimal(rule.threshold)})`;
  const transition = `(minimum ${counted(rule.wrongPeriods, 'datapoint')} for ${current} -> ALARM transition)`;
  return rang
    ? `Threshold Crossed: ${wrong} out of the last ${counted(rule.periods, 'datapoint')} [${values}] ${was(wrong)} ` +
        `${threshold}${filledAs === undefined || missing === 0 ? '' : ` and ${filling}`} ${transition}.`
    : `Threshold Crossed: ${counted(used.length, 'datapoint')} [${values}] ${was(used.length)} not ${threshold}` +
        `${filledAs === undefined || missing === 0 ? '' : ` and ${filling}`}.`;
}

function reasonData(rule: Comparison, used: readonly Datapoint[], now: number, statistic?: string): string {
  return JSON.stringify({
    version: '1.0',
    queryDate: utcMoment(now),
    ...(used.length > 0 && { startDate: utcMoment(used.at(-1)?.from ?? now) }),
    ...(statistic !== undefined && { statistic }),
    period: rule.period,
    recentDatapoints: used.map(({ value }) => value).toReversed(),
    threshold: rule.threshold,
    evaluatedDatapoints: used.map(({ from, value }) => ({ timestamp: utcMoment(from), value })),
  });
}

/** CloudWatch writes whole numbers with a decimal. */
function decimal(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}
