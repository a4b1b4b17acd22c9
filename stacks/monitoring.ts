import {
  CloudwatchDashboard,
  CloudwatchEventRule,
  CloudwatchEventTarget,
  CloudwatchMetricAlarm,
  Construct,
  SnsTopic,
  SnsTopicPolicy,
  SnsTopicSubscription,
} from './constructs.cjs';
import type { Environment } from '../src/model/environment.js';
import { names } from '../src/model/names.js';
import { policy } from './policy.js';

export interface MonitoringProps {
  readonly environment: Environment;
  readonly applicationId: string;
  readonly operationsKeyArn: string;
}

interface Alarm {
  readonly name: string;
  readonly description: string;
  readonly metric: Metric;
  readonly statistic: 'Sum' | 'Maximum' | 'Average';
  readonly comparison: 'GreaterThanOrEqualToThreshold' | 'GreaterThanThreshold' | 'LessThanThreshold';
  readonly threshold: number;
  /** How long the threshold must be crossed, in periods of five minutes. */
  readonly periods: number;
  /** What silence means: a scheduler that says nothing is down, jobs that say nothing have nothing to say. */
  readonly silence: 'breaching' | 'notBreaching';
}

interface Metric {
  readonly namespace: 'AWS/EMRServerless' | 'AmazonMWAA';
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

const period = 300;

/** Who is told when something is wrong, what counts as wrong, and one page that shows how things are. */
export class Monitoring extends Construct {
  readonly topic: SnsTopic;
  readonly alarms: readonly CloudwatchMetricAlarm[];
  readonly dashboard: CloudwatchDashboard;
  private readonly props: MonitoringProps;

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    this.props = props;
    this.topic = this.alarmTopic();
    this.failedRuns();
    this.alarms = this.declaredAlarms().map((alarm) => this.alarm(alarm));
    this.dashboard = new CloudwatchDashboard(this, 'dashboard', {
      dashboardName: props.environment.prefix,
      dashboardBody: JSON.stringify(this.dashboardBody()),
    });
  }

  private alarmTopic(): SnsTopic {
    const { environment, operationsKeyArn } = this.props;
    const { prefix, account, region, alarms } = environment;
    const name = `${prefix}-alarms`;
    const topic = new SnsTopic(this, 'topic', { name, kmsMasterKeyId: operationsKeyArn });
    new SnsTopicPolicy(this, 'topic_policy', {
      arn: topic.arn,
      policy: policy([
        {
          Sid: 'Alarms',
          Effect: 'Allow',
          Principal: { Service: ['cloudwatch.amazonaws.com', 'events.amazonaws.com'] },
          Action: ['sns:Publish'],
          Resource: `arn:aws:sns:${region}:${account}:${name}`,
          Condition: { StringEquals: { 'aws:SourceAccount': account } },
        },
      ]),
    });
    alarms.emails.forEach((endpoint, index) => {
      new SnsTopicSubscription(this, `email_${index}`, { topicArn: topic.arn, protocol: 'email', endpoint });
    });
    return topic;
  }

  /** A metric says that a run failed; this message says which, and why. */
  private failedRuns(): void {
    const { environment, applicationId } = this.props;
    const rule = new CloudwatchEventRule(this, 'failed_runs', {
      name: `${environment.prefix}-failed-runs`,
      description: 'A job run of the Spark application failed',
      eventPattern: JSON.stringify({
        source: ['aws.emr-serverless'],
        'detail-type': ['EMR Serverless Job Run State Change'],
        detail: { applicationId: [applicationId], state: ['FAILED'] },
      }),
    });
    new CloudwatchEventTarget(this, 'failed_runs_to_topic', {
      rule: rule.name,
      targetId: 'alarms',
      arn: this.topic.arn,
      inputTransformer: {
        inputPaths: { run: '$.detail.jobRunId', name: '$.detail.jobRunName', state: '$.detail.state' },
        inputTemplate: `"${environment.name}: job run <run> (<name>) is <state>. dataplat logs <run> --env ${environment.name}"`,
      },
    });
  }

  private alarm(alarm: Alarm): CloudwatchMetricAlarm {
    return new CloudwatchMetricAlarm(this, `alarm_${alarm.name.replaceAll('-', '_')}`, {
      alarmName: `${this.props.environment.prefix}-${alarm.name}`,
      alarmDescription: alarm.description,
      namespace: alarm.metric.namespace,
      metricName: alarm.metric.name,
      dimensions: { ...alarm.metric.dimensions },
      statistic: alarm.statistic,
      comparisonOperator: alarm.comparison,
      threshold: alarm.threshold,
      period,
      evaluationPeriods: alarm.periods,
      treatMissingData: alarm.silence,
      alarmActions: [this.topic.arn],
      okActions: [this.topic.arn],
    });
  }

  private declaredAlarms(): Alarm[] {
    const { emr } = this.props.environment;
    const ninetyPercent = Math.round(emr.maximumCapacity.cpu * 0.9 * 10) / 10;
    return [
      {
        name: 'failed-runs',
        description: 'At least one job run failed. dataplat runs shows which.',
        metric: this.spark('FailedJobs'),
        statistic: 'Sum',
        comparison: 'GreaterThanOrEqualToThreshold',
        threshold: 1,
        periods: 1,
        silence: 'notBreaching',
      },
      {
        name: 'waiting-runs',
        description: 'Job runs have been waiting for half an hour: too little capacity, or a run that hangs.',
        metric: this.spark('PendingJobs'),
        statistic: 'Maximum',
        comparison: 'GreaterThanOrEqualToThreshold',
        threshold: 1,
        periods: 6,
        silence: 'notBreaching',
      },
      {
        name: 'capacity',
        description: 'Nine tenths of the maximum capacity have been in use for half an hour.',
        metric: this.spark('CPUAllocated'),
        statistic: 'Average',
        comparison: 'GreaterThanOrEqualToThreshold',
        threshold: ninetyPercent,
        periods: 6,
        silence: 'notBreaching',
      },
      {
        name: 'airflow-heartbeat',
        description: "Airflow's scheduler is silent: no DAG starts.",
        metric: this.airflow('SchedulerHeartbeat', 'Scheduler'),
        statistic: 'Sum',
        comparison: 'LessThanThreshold',
        threshold: 1,
        periods: 2,
        silence: 'breaching',
      },
      {
        name: 'airflow-imports',
        description: 'A DAG file cannot be read.',
        metric: this.airflow('ImportErrors', 'DAG Processing'),
        statistic: 'Maximum',
        comparison: 'GreaterThanThreshold',
        threshold: 0,
        periods: 2,
        silence: 'notBreaching',
      },
    ];
  }

  private spark(name: string): Metric {
    return {
      namespace: 'AWS/EMRServerless',
      name,
      dimensions: { ApplicationId: this.props.applicationId },
    };
  }

  private airflow(name: string, part: string): Metric {
    return {
      namespace: 'AmazonMWAA',
      name,
      dimensions: { Function: part, Environment: names.airflow(this.props.environment) },
    };
  }

  private dashboardBody(): object {
    const spark = (name: string) => this.spark(name);
    return {
      widgets: [
        this.graph(0, 0, 'Job runs', 'Sum', ['SubmittedJobs', 'SuccessJobs', 'FailedJobs'].map(spark)),
        this.graph(12, 0, 'Waiting and running', 'Maximum', ['PendingJobs', 'RunningJobs'].map(spark)),
        this.graph(0, 6, 'Capacity in use', 'Average', ['CPUAllocated', 'MemoryAllocated'].map(spark)),
        this.graph(12, 6, 'Airflow', 'Sum', [
          this.airflow('SchedulerHeartbeat', 'Scheduler'),
          this.airflow('QueuedTasks', 'Executor'),
          this.airflow('RunningTasks', 'Executor'),
        ]),
      ],
    };
  }

  private graph(x: number, y: number, title: string, stat: Alarm['statistic'], metrics: Metric[]): object {
    return {
      type: 'metric',
      x,
      y,
      width: 12,
      height: 6,
      properties: {
        title,
        stat,
        period,
        region: this.props.environment.region,
        metrics: metrics.map(({ namespace, name, dimensions }) => [
          namespace,
          name,
          ...Object.entries(dimensions).flat(),
        ]),
      },
    };
  }
}
