import { type CloudwatchLogGroup, Construct, MwaaEnvironment } from './constructs.cjs';
import { names } from '../src/model/names.js';
import type { Environment } from '../src/model/environment.js';
import type { AirflowRole } from './iam.js';
import { logGroup } from './log-groups.js';
import type { Networking } from './networking.js';

/** What Airflow logs, by MWAA's own names of the log groups. */
const logs = ['DAGProcessing', 'Scheduler', 'Task', 'WebServer', 'Worker'] as const;

export interface OrchestrationProps {
  readonly environment: Environment;
  readonly networking: Networking;
  readonly execution: AirflowRole;
  readonly operationsKeyArn: string;
}

/** Airflow: in private subnets, DAGs from the artifacts bucket, every log kept. */
export class Orchestration extends Construct {
  readonly airflow: MwaaEnvironment;
  readonly logGroups: readonly CloudwatchLogGroup[];

  constructor(
    scope: Construct,
    id: string,
    { environment, networking, execution, operationsKeyArn }: OrchestrationProps,
  ) {
    super(scope, id);
    const name = names.airflow(environment);
    const { version, environmentClass, workers } = environment.airflow;
    this.logGroups = logs.map((kind) =>
      logGroup(this, `logs_${kind}`, { environment, name: `airflow-${name}-${kind}`, operationsKeyArn }),
    );
    const log = { enabled: true, logLevel: 'INFO' };
    this.airflow = new MwaaEnvironment(this, 'environment', {
      name,
      airflowVersion: version,
      environmentClass,
      minWorkers: workers.minimum,
      maxWorkers: workers.maximum,
      executionRoleArn: execution.role.arn,
      kmsKey: operationsKeyArn,
      sourceBucketArn: `arn:aws:s3:::${names.bucket(environment, 'artifacts')}`,
      dagS3Path: 'dags/',
      // Reached through AWS's API by who may; the web server has no address on the internet.
      webserverAccessMode: 'PRIVATE_ONLY',
      weeklyMaintenanceWindowStart: 'SUN:12:00',
      airflowConfigurationOptions: {
        // DAGs learn from this in which environment they run.
        'dataplat.environment': environment.name,
        'core.default_timezone': 'utc',
      },
      networkConfiguration: {
        subnetIds: networking.privateSubnets.slice(0, 2).map((subnet) => subnet.id), // MWAA takes exactly two
        securityGroupIds: [networking.airflow.id],
      },
      loggingConfiguration: {
        dagProcessingLogs: log,
        schedulerLogs: log,
        taskLogs: log,
        webserverLogs: log,
        workerLogs: log,
      },
      dependsOn: [execution.policy, ...networking.ways, ...this.logGroups],
    });
  }
}
