/** How CloudWatch tells of an alarm that has changed its state: to a topic, and on the default event bus. */
import { placeOf } from '../place.js';
import type { ServiceEvent } from '../service-event.js';
import type { MetricRule, StateChange } from './alarm.js';
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
    ...(alarm.metric && { Trigger: triggerOf(alarm.metric) }),
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

function triggerOf(metric: MetricRule): object {
  return {
    MetricName: metric.name,
    Namespace: metric.namespace,
    StatisticType: 'Statistic',
    Statistic: metric.statistic?.toUpperCase(),
    Unit: metric.unit,
    Dimensions: Object.entries(metric.dimensions).map(([name, value]) => ({ value, name })),
    Period: metric.period,
    EvaluationPeriods: metric.periods,
    DatapointsToAlarm: metric.wrongPeriods,
    ComparisonOperator: metric.comparison,
    Threshold: metric.threshold,
    TreatMissingData: metric.silence,
    EvaluateLowSampleCountPercentile: '',
  };
}

export function eventOf(change: StateChange): ServiceEvent {
  const { alarm, state, reason, reasonData, at } = change;
  const { metric, rule, description } = alarm;
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
        ...(metric && {
          metrics: [
            {
              id: 'm1',
              metricStat: {
                metric: { namespace: metric.namespace, name: metric.name, dimensions: metric.dimensions },
                period: metric.period,
                stat: metric.statistic,
              },
              returnData: true,
            },
          ],
        }),
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
