import {
  CloudwatchCompositeAlarm,
  CloudwatchMetricAlarm,
  type CloudwatchMetricAlarmConfig,
  Construct,
} from './constructs.cjs';
import { type Alarm, alarmDescription, runbookFile } from '../src/model/alarm.js';
import { ruleOf, scopeAlarms, type CompositeAlarm } from '../src/model/alarms.js';
import type { Environment } from '../src/model/environment.js';
import { names } from '../src/model/names.js';

export interface AlarmsProps {
  readonly environment: Environment;
  readonly alarms: readonly Alarm[];
  /** Where pages go. */
  readonly topicArn: string;
}

/**
 * An alarm for everything that may go wrong, and one a layer over them that pages: jobs that fail for one reason are
 * one page. What no other page may hide pages by itself.
 */
export class Alarms extends Construct {
  readonly metricAlarms: readonly CloudwatchMetricAlarm[];
  readonly compositeAlarms: readonly CloudwatchCompositeAlarm[];
  private readonly props: AlarmsProps;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.props = props;
    const { environment, alarms } = props;
    const made = new Map<string, CloudwatchMetricAlarm | CloudwatchCompositeAlarm>();
    this.metricAlarms = alarms.map((alarm) => {
      const metricAlarm = this.metricAlarm(alarm);
      made.set(names.alarm(environment, alarm), metricAlarm);
      return metricAlarm;
    });
    this.compositeAlarms = scopeAlarms(environment, alarms).map((composite) => {
      const compositeAlarm = this.compositeAlarm(composite, made);
      made.set(composite.name, compositeAlarm);
      return compositeAlarm;
    });
  }

  private metricAlarm(alarm: Alarm): CloudwatchMetricAlarm {
    const { environment, topicArn } = this.props;
    const id = [alarm.kind, ...(alarm.subject === undefined ? [] : [alarm.subject])].join('_');
    return new CloudwatchMetricAlarm(this, id.replaceAll('-', '_'), {
      alarmName: names.alarm(environment, alarm),
      alarmDescription: alarmDescription(alarm),
      ...measured(alarm),
      comparisonOperator: alarm.comparison,
      threshold: alarm.threshold,
      evaluationPeriods: alarm.periods,
      datapointsToAlarm: alarm.wrongPeriods,
      treatMissingData: alarm.silence,
      tags: { layer: alarm.scope, kind: alarm.kind },
      ...(alarm.critical === true && { alarmActions: [topicArn], okActions: [topicArn] }),
    });
  }

  private compositeAlarm(
    composite: CompositeAlarm,
    made: ReadonlyMap<string, CloudwatchMetricAlarm | CloudwatchCompositeAlarm>,
  ): CloudwatchCompositeAlarm {
    const { topicArn } = this.props;
    const { name, scope, children, pages } = composite;
    const short = name.slice(this.props.environment.prefix.length + 1).replaceAll('-', '_');
    return new CloudwatchCompositeAlarm(this, `of_${short}`, {
      alarmName: name,
      alarmDescription:
        `Something is wrong in ${scope}. Dashboard ${names.scope(this.props.environment, scope)} shows what. ` +
        `${runbookFile}#a-page-has-come`,
      alarmRule: ruleOf(composite),
      tags: { layer: scope, kind: 'incident' },
      ...(pages && { alarmActions: [topicArn], okActions: [topicArn] }),
      // The rule names its alarms; Terraform does not see that.
      dependsOn: children.flatMap((child) => made.get(child) ?? []),
    });
  }
}

/** The metric of an alarm, or its metrics and what is reckoned from them. */
function measured({ measured, periodSeconds }: Alarm): Partial<CloudwatchMetricAlarmConfig> {
  if ('metric' in measured) {
    const { namespace, name, dimensions } = measured.metric;
    return {
      namespace,
      metricName: name,
      dimensions: { ...dimensions },
      statistic: measured.statistic,
      period: periodSeconds,
    };
  }
  return {
    metricQuery: [
      { id: 'all', expression: measured.expression, label: measured.label, returnData: true },
      ...Object.entries(measured.metrics).map(([id, { namespace, name, dimensions }]) => ({
        id,
        metric: {
          namespace,
          metricName: name,
          dimensions: { ...dimensions },
          period: periodSeconds,
          stat: measured.statistic,
        },
      })),
    ],
  };
}
