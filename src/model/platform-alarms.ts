import type { Alarm } from './alarm.js';
import type { Environment } from './environment.js';
import { ruleMetric, type Metric } from './metrics.js';
import { names } from './names.js';

/** What AWS made up as it made the platform. */
export interface Deployed {
  readonly applicationId: string;
  /** Of the NAT gateways, where there are any. */
  readonly natGatewayIds: readonly string[];
}

const half = { periodSeconds: 300, periods: 6, wrongPeriods: 6 } as const;
const often = { periodSeconds: 300, periods: 1, wrongPeriods: 1 } as const;
const platform = { scope: 'platform' } as const;

/** What all layers share: Airflow, Spark, the network, the way of the alarms themselves, who may do what. */
export function platformAlarms(environment: Environment, deployed: Deployed): Alarm[] {
  return [
    ...airflowAlarms(environment),
    ...sparkAlarms(environment, deployed),
    ...deployed.natGatewayIds.flatMap(natAlarms),
    ...safetyAlarms(environment),
  ];
}

/** A metric of MWAA, which names the part of Airflow that it is about. */
export function airflowMetric(environment: Environment, part: string, name: string): Metric {
  return {
    namespace: 'AmazonMWAA',
    name,
    dimensions: { Function: part, Environment: names.airflow(environment) },
  };
}

/** A metric of the Spark application; from release 7.10 on they carry its name beside its id. */
export function applicationMetric(
  environment: Environment,
  { applicationId }: Pick<Deployed, 'applicationId'>,
  name: string,
): Metric {
  return {
    namespace: 'AWS/EMRServerless',
    name,
    dimensions: { ApplicationId: applicationId, ApplicationName: names.application(environment) },
  };
}

/** vCPUs in use come apart by what a worker does and whether it was kept ready: the four together are all. */
export function allocatedCpu(
  environment: Environment,
  deployed: Pick<Deployed, 'applicationId'>,
): Extract<Alarm['measured'], { expression: string }> {
  const parts = ['Spark_Driver', 'Spark_Executor'].flatMap((worker) =>
    ['PreInitCapacity', 'OnDemandCapacity'].map((capacity) => ({ worker, capacity })),
  );
  const metrics = Object.fromEntries(
    parts.map(({ worker, capacity }, index) => {
      const metric = applicationMetric(environment, deployed, 'CPUAllocated');
      return [
        `m${index + 1}`,
        {
          ...metric,
          dimensions: { WorkerType: worker, CapacityAllocationType: capacity, ...metric.dimensions },
        },
      ];
    }),
  );
  return {
    expression: Object.keys(metrics)
      .map((id) => `FILL(${id}, 0)`)
      .join(' + '),
    label: 'vCPUs in use',
    metrics,
    statistic: 'Sum',
  };
}

function airflowAlarms(environment: Environment): Alarm[] {
  const { environmentClass, workers } = environment.airflow;
  const atOnce = tasksAWorker[environmentClass] * workers.maximum;
  return [
    {
      ...platform,
      kind: 'airflow-scheduler',
      says: "Airflow's scheduler has been silent for ten minutes: no DAG starts.",
      measured: {
        metric: airflowMetric(environment, 'Scheduler', 'SchedulerHeartbeat'),
        statistic: 'Sum',
      },
      comparison: 'LessThanThreshold',
      threshold: 1,
      periodSeconds: 300,
      periods: 2,
      wrongPeriods: 2,
      silence: 'breaching',
    },
    {
      ...platform,
      kind: 'airflow-imports',
      says: 'A DAG file cannot be read.',
      measured: {
        metric: airflowMetric(environment, 'DAG Processing', 'ImportErrors'),
        statistic: 'Maximum',
      },
      comparison: 'GreaterThanThreshold',
      threshold: 0,
      periodSeconds: 300,
      periods: 2,
      wrongPeriods: 2,
      silence: 'notBreaching',
    },
    {
      ...platform,
      ...half,
      kind: 'airflow-queue',
      says: `For half an hour more tasks have been waiting than all of Airflow's workers take at once (${atOnce}).`,
      measured: { metric: airflowMetric(environment, 'Executor', 'QueuedTasks'), statistic: 'Minimum' },
      comparison: 'GreaterThanThreshold',
      threshold: atOnce,
      silence: 'notBreaching',
    },
  ];
}

/** How many tasks MWAA lets a worker of a class take at once. */
const tasksAWorker: Readonly<Record<Environment['airflow']['environmentClass'], number>> = {
  'mw1.micro': 3,
  'mw1.small': 5,
  'mw1.medium': 10,
  'mw1.large': 20,
  'mw1.xlarge': 40,
  'mw1.2xlarge': 80,
};

function sparkAlarms(environment: Environment, deployed: Deployed): Alarm[] {
  const { cpu } = environment.emr.maximumCapacity;
  return [
    {
      ...platform,
      ...half,
      kind: 'runs-waiting',
      says: 'Job runs have been waiting for half an hour: too little capacity, or a run that hangs.',
      measured: {
        metric: applicationMetric(environment, deployed, 'PendingJobs'),
        statistic: 'Minimum',
      },
      comparison: 'GreaterThanOrEqualToThreshold',
      threshold: 1,
      silence: 'notBreaching',
    },
    {
      ...platform,
      kind: 'emr-capacity',
      says: `Nine tenths of the ${cpu} vCPUs that Spark may have have been in use for half an hour.`,
      measured: allocatedCpu(environment, deployed),
      comparison: 'GreaterThanOrEqualToThreshold',
      threshold: Math.round(cpu * 0.9 * 10) / 10,
      // EMR says it once a minute: in a longer period the sum would be that of several minutes.
      periodSeconds: 60,
      periods: 30,
      wrongPeriods: 30,
      silence: 'notBreaching',
    },
    {
      ...platform,
      kind: 'emr-errors',
      says: 'Three runs and more failed at about the same time: rather for what they share than for what they do.',
      measured: { metric: applicationMetric(environment, deployed, 'FailedJobs'), statistic: 'Maximum' },
      comparison: 'GreaterThanOrEqualToThreshold',
      threshold: 3,
      periodSeconds: 60,
      periods: 15,
      wrongPeriods: 1,
      silence: 'notBreaching',
    },
  ];
}

function natAlarms(id: string, index: number): Alarm[] {
  const of = (name: string) => ({
    metric: { namespace: 'AWS/NATGateway', name, dimensions: { NatGatewayId: id } },
    statistic: 'Sum' as const,
  });
  const shared = { ...platform, subject: String(index), silence: 'notBreaching' } as const;
  return [
    {
      ...shared,
      ...often,
      kind: 'nat-ports',
      says: `NAT gateway ${index} has no port left for a new connection.`,
      measured: of('ErrorPortAllocation'),
      comparison: 'GreaterThanThreshold',
      threshold: 0,
    },
    {
      ...shared,
      kind: 'nat-drops',
      says: `NAT gateway ${index} has been dropping packets for a quarter of an hour.`,
      measured: of('PacketsDropCount'),
      comparison: 'GreaterThanThreshold',
      threshold: 0,
      periodSeconds: 300,
      periods: 3,
      wrongPeriods: 3,
    },
  ];
}

function safetyAlarms(environment: Environment): Alarm[] {
  return [
    {
      ...platform,
      ...often,
      kind: 'undelivered',
      says: 'A message about an event could not be delivered, and lies in the dead-letter queue.',
      measured: {
        metric: {
          namespace: 'AWS/SQS',
          name: 'ApproximateNumberOfMessagesVisible',
          dimensions: { QueueName: names.undelivered(environment) },
        },
        statistic: 'Maximum',
      },
      comparison: 'GreaterThanThreshold',
      threshold: 0,
      silence: 'notBreaching',
    },
    {
      ...platform,
      ...often,
      kind: 'access-denied',
      says: 'Lake Formation refused somebody.',
      measured: { metric: ruleMetric(names.eventRule(environment, 'access-denied')), statistic: 'Sum' },
      comparison: 'GreaterThanOrEqualToThreshold',
      threshold: 1,
      silence: 'notBreaching',
    },
    {
      ...platform,
      ...often,
      kind: 'key-endangered',
      says: 'A key of the lake was disabled, or is to be deleted: with it goes all that it encrypts.',
      measured: { metric: ruleMetric(names.eventRule(environment, 'key-endangered')), statistic: 'Sum' },
      comparison: 'GreaterThanOrEqualToThreshold',
      threshold: 1,
      silence: 'notBreaching',
      critical: true,
    },
  ];
}
