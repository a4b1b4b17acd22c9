import { type CloudwatchLogGroup, Construct, MwaaEnvironment, S3Object } from './constructs.cjs';
import { names } from '../src/model/names.js';
import type { Environment } from '../src/model/environment.js';
import type { AirflowFiles } from '../src/project/airflow-files.js';
import type { AirflowRole } from './iam.js';
import { literal } from './literal.js';
import { logGroup } from './log-groups.js';
import type { Networking } from './networking.js';

/** What Airflow logs, by MWAA's own names of the log groups. */
const logs = ['DAGProcessing', 'Scheduler', 'Task', 'WebServer', 'Worker'] as const;

export interface OrchestrationProps {
  readonly environment: Environment;
  readonly networking: Networking;
  readonly execution: AirflowRole;
  readonly operationsKeyArn: string;
  readonly files: AirflowFiles;
}

/** Airflow: in private subnets, DAGs from the artifacts bucket, every log kept. */
export class Orchestration extends Construct {
  readonly airflow: MwaaEnvironment;
  readonly logGroups: readonly CloudwatchLogGroup[];

  constructor(scope: Construct, id: string, props: OrchestrationProps) {
    super(scope, id);
    const { environment, networking, execution, operationsKeyArn, files } = props;
    const name = names.airflow(environment);
    const { airflow } = environment;
    this.logGroups = logs.map((kind) =>
      logGroup(this, `logs_${kind}`, { environment, name: `airflow-${name}-${kind}`, operationsKeyArn }),
    );
    const log = (kind: keyof typeof airflow.logLevels) => ({
      enabled: true,
      logLevel: airflow.logLevels[kind],
    });
    const startup =
      files.startupScript === undefined
        ? undefined
        : this.upload('startup_script', names.airflowStartupScript, props, {
            content: literal(files.startupScript),
          });
    const requirements =
      files.requirements === undefined
        ? undefined
        : this.upload('requirements', names.airflowRequirements, props, {
            content: literal(files.requirements),
          });
    const plugins =
      files.plugins === undefined
        ? undefined
        : this.upload('plugins', names.airflowPlugins, props, {
            // From where it is: the stack lies in cdktf.out/stacks/<stack>.
            source: `\${path.module}/../../../${files.plugins.path}`,
            sourceHash: files.plugins.hash,
          });
    this.airflow = new MwaaEnvironment(this, 'environment', {
      name,
      airflowVersion: airflow.version,
      environmentClass: airflow.environmentClass,
      minWorkers: airflow.workers.minimum,
      maxWorkers: airflow.workers.maximum,
      schedulers: airflow.schedulers,
      minWebservers: airflow.webservers.minimum,
      maxWebservers: airflow.webservers.maximum,
      executionRoleArn: execution.role.arn,
      kmsKey: operationsKeyArn,
      sourceBucketArn: `arn:aws:s3:::${names.bucket(environment, 'artifacts')}`,
      dagS3Path: names.airflowDags,
      // With their versions: MWAA does not look into the bucket for new ones, it must be told.
      ...(startup && { startupScriptS3Path: startup.key, startupScriptS3ObjectVersion: startup.versionId }),
      ...(requirements && {
        requirementsS3Path: requirements.key,
        requirementsS3ObjectVersion: requirements.versionId,
      }),
      ...(plugins && { pluginsS3Path: plugins.key, pluginsS3ObjectVersion: plugins.versionId }),
      // Reached through AWS's API by who may; the web server has no address on the internet.
      webserverAccessMode: 'PRIVATE_ONLY',
      // MWAA makes its endpoints in the subnets itself.
      endpointManagement: 'SERVICE',
      weeklyMaintenanceWindowStart: airflow.maintenanceWindow,
      airflowConfigurationOptions: {
        'core.default_timezone': 'utc',
        ...airflow.options,
        // DAGs learn from this in which environment they run.
        'dataplat.environment': environment.name,
      },
      networkConfiguration: {
        subnetIds: networking.privateSubnets.slice(0, 2).map((subnet) => subnet.id), // MWAA takes exactly two
        securityGroupIds: [networking.airflow.id],
      },
      loggingConfiguration: {
        dagProcessingLogs: log('dagProcessing'),
        schedulerLogs: log('scheduler'),
        taskLogs: log('task'),
        webserverLogs: log('webserver'),
        workerLogs: log('worker'),
      },
      dependsOn: [...execution.policies, ...networking.ways, ...this.logGroups],
    });
  }

  /** A file that MWAA reads at its start; a change of it is a new version, and with that a change of the environment. */
  private upload(
    id: string,
    key: string,
    { environment, operationsKeyArn }: OrchestrationProps,
    from: { readonly content: string } | { readonly source: string; readonly sourceHash: string },
  ): S3Object {
    return new S3Object(this, id, {
      bucket: names.bucket(environment, 'artifacts'),
      key,
      kmsKeyId: operationsKeyArn,
      // An object takes ten tags at the most, fewer than an environment may declare.
      overrideProvider: { defaultTags: { tags: {} } },
      ...from,
    });
  }
}
