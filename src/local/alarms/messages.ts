/** How CloudWatch tells of an alarm that has changed its state: to a topic, and on the default event bus. */
import { placeOf } from '../place.js';
import type { ServiceEvent } from '../service-event.js';
import type { Comparison, KeptAlarm, MeasuredMetric, StateChange } from './alarm.js';
import { utcMoment } from './moments.js';

/** How AWS names regions to people. It names the others too; they are told by their code here. */
const regionNames: Readonly<Record<string, string>> = {
  'eu-central-1': 'EU (Frankfurt)',
  'eu-west-1': 'EU (Ireland)',
  'us-east-1': 'US East (N. Virginia)',
  'us-west-2': 'US West (Oregon)',
};

/** What is published to a topic. */
export function noticeOf(change: StateChange): { readonly Subject: string; readonly Message: string } {
  const { alarm, state, reason, at, children } = change;
  const { region, account } = placeOf(alarm.arn);
  const place = regionNames[region] ?? region;
  const told = {
    AlarmName: alarm.name,
    AlarmDescription: alarm.description,
    AWSAccountId: account,
    ...(alarm.rule === undefined && { AlarmConfigurationUpdatedTimestamp: utcMoment(alarm.configured) }),
    NewStateValue: state,
    NewStateReason: reason,
    StateChangeTime: utcMoment(at),
    Region: place,
    AlarmArn: alarm.arn,
    OldStateValue: alarm.state,
    OKActions: alarm.actions.OK,
    AlarmActions: alarm.actions.ALARM,
    InsufficientDataActions: alarm.actions.INSUFFICIENT_DATA,
    ...triggerOf(alarm),
    ...(alarm.rule !== undefined && {
      AlarmRule: alarm.rule,
      TriggeringChildren: (children ?? []).map((child) => ({
        Arn: child.arn,
        State: { Value: child.state, Timestamp: utcMoment(child.since) },
      })),
    }),
  };
  // SNS takes no longer subject; the name is in the message.
  return { Subject: `${state}: "${alarm.name}" in ${place}`.slice(0, 100), Message: JSON.stringify(told) };
}

function triggerOf({ metric, sum }: KeptAlarm): object {
  const dimensionsOf = (dimensions: Readonly<Record<string, string>>): object[] =>
    Object.entries(dimensions).map(([name, value]) => ({ value, name }));
  if (metric) {
    const measured = {
      MetricName: metric.name,
      Namespace: metric.namespace,
      StatisticType: 'Statistic',
      Statistic: metric.statistic.toUpperCase(),
      Unit: metric.unit,
      Dimensions: dimensionsOf(metric.dimensions),
    };
    return { Trigger: { ...measured, ...comparisonOf(metric) } };
  }
  if (!sum) return {};
  const metrics = sum.summands.map(({ id, metric: { namespace, name, dimensions, statistic } }) => ({
    Id: id,
    MetricStat: {
      Metric: { Dimensions: dimensionsOf(dimensions), MetricName: name, Namespace: namespace },
      Period: sum.period,
      Stat: statistic,
    },
    ReturnData: false,
  }));
  const told = { Id: sum.id, Expression: sum.expression, Label: sum.label, ReturnData: true };
  return { Trigger: { Metrics: [told, ...metrics], ...comparisonOf(sum) } };
}

function comparisonOf({ period, periods, wrongPeriods, comparison, threshold, silence }: Comparison): object {
  return {
    Period: period,
    EvaluationPeriods: periods,
    DatapointsToAlarm: wrongPeriods,
    ComparisonOperator: comparison,
    Threshold: threshold,
    TreatMissingData: silence,
    EvaluateLowSampleCountPercentile: '',
  };
}

export function eventOf(change: StateChange): ServiceEvent {
  const { alarm, state, reason, reasonData, at } = change;
  const { rule, description } = alarm;
  return {
    ...placeOf(alarm.arn),
    source: 'aws.cloudwatch',
    detailType: 'CloudWatch Alarm State Change',
    resources: [alarm.arn],
    detail: {
      alarmName: alarm.name,
      configuration: {
        ...(description !== null && { description }),
        ...(rule !== undefined && { alarmRule: rule }),
        ...metricsOf(alarm),
      },
      previousState: {
        value: alarm.state,
        reason: alarm.reason,
        ...(alarm.reasonData !== null && { reasonData: alarm.reasonData }),
        timestamp: utcMoment(alarm.stateSince),
      },
      state: {
        value: state,
        reason,
        ...(reasonData !== undefined && { reasonData }),
        timestamp: utcMoment(at),
      },
    },
  };
}

function metricsOf({ metric, sum }: KeptAlarm): object {
  const measured = (
    id: string,
    { namespace, name, dimensions, statistic }: MeasuredMetric,
    period: number,
    returnData: boolean,
  ): object => ({
    id,
    metricStat: { metric: { namespace, name, dimensions }, period, stat: statistic },
    returnData,
  });
  if (metric) return { metrics: [measured('m1', metric, metric.period, true)] };
  if (!sum) return {};
  const { id, expression, label } = sum;
  return {
    metrics: [
      { id, expression, ...(label !== null && { label }), returnData: true },
      ...sum.summands.map((summand) => measured(summand.id, summand.metric, sum.period, false)),
    ],
  };
}
