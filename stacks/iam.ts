import { Construct, type IamRole, LakeformationPermissions } from './constructs.cjs';
import {
  logFolder,
  readFolders,
  takesScheduledSnapshots,
  tagsOf,
  writeFolders,
  type Folder,
  type JobAccess,
  type JobsAccess,
} from '../src/model/access.js';
import type { Dataset } from '../src/model/dataset.js';
import type { Environment } from '../src/model/environment.js';
import { keyOf } from '../src/model/keys.js';
import { layers, type BucketKind, type Layer } from '../src/model/layers.js';
import type { Job } from '../src/model/lineage.js';
import { names } from '../src/model/names.js';
import type { Platform } from '../src/model/platform.js';
import type { Secret } from '../src/model/secrets.js';
import { airflowQueueActions } from './airflow-queue.js';
import type { KeyArns } from './encryption.js';
import { logGroupArn } from './log-groups.js';
import type { Statement } from './policy.js';
import { ServiceRole } from './roles.js';
import { takingOnSnapshots } from './snapshots-role.js';

export interface JobRolesProps {
  readonly platform: Platform;
  readonly access: JobsAccess;
  /** What each job may do, by its id. */
  readonly statements: ReadonlyMap<string, readonly Statement[]>;
}

/** One role a job: it reads what the graph says it reads, writes what it writes, and nothing else. */
export class JobRoles extends Construct {
  /** By the job's id. */
  readonly roles: ReadonlyMap<string, IamRole>;

  constructor(scope: Construct, id: string, { platform, access, statements }: JobRolesProps) {
    super(scope, id);
    const { environment } = platform;
    this.roles = new Map(
      platform.graph.order.map((job) => {
        const touched = access.of(job);
        const { role } = new ServiceRole(this, job.id, {
          environment,
          name: names.jobRole(environment, job),
          description: job.description,
          services: ['emr-serverless.amazonaws.com'],
          sourceArns: [`arn:aws:emr-serverless:${environment.region}:${environment.account}:/applications/*`],
          statements: statements.get(job.id) ?? [],
          tags: tagsOf(touched, job, access.secretsFor(job)),
        });
        this.grantCatalog(environment, job, touched, role);
        return [job.id, role] as const;
      }),
    );
  }

  /** The catalog asks Lake Formation as well as IAM. */
  private grantCatalog(
    environment: Environment,
    job: Job,
    { reads, writes }: JobAccess,
    role: IamRole,
  ): void {
    const written = new Set(writes);
    for (const layer of new Set([...reads, ...writes].map((dataset) => dataset.layer))) {
      new LakeformationPermissions(this, `${job.id}_${layer}`, {
        principal: role.arn,
        permissions: ['DESCRIBE'],
        database: { name: names.database(environment, layer) },
      });
    }
    for (const dataset of new Set([...reads, ...writes])) {
      new LakeformationPermissions(this, `${job.id}_${dataset.id}`, {
        principal: role.arn,
        permissions: written.has(dataset)
          ? ['ALTER', 'DELETE', 'DESCRIBE', 'INSERT', 'SELECT']
          : ['DESCRIBE', 'SELECT'],
        table: { databaseName: names.database(environment, dataset.layer), name: names.table(dataset) },
      });
    }
  }
}

/** What a job may do: its policy, in statements. */
export function jobStatements(
  environment: Environment,
  job: Job,
  access: JobsAccess,
  keyArns: KeyArns,
): Statement[] {
  const touched = access.of(job);
  const { reads, writes } = touched;
  const [reading, writing] = [readFolders(touched), writeFolders(touched, job)];
  const logs = logFolder(job);
  const arn = ({ bucket, path }: Folder): string =>
    `arn:aws:s3:::${names.bucket(environment, bucket)}/${path}*`;
  const keys = (folders: readonly Folder[]): string[] => [
    ...new Set(folders.map(({ bucket }) => keyArns[keyOf(bucket)])),
  ];
  // Through what keeps the encrypted thing, never by itself.
  const through = (...services: string[]): NonNullable<Statement['Condition']> => ({
    StringEquals: { 'kms:ViaService': services.map((one) => `${one}.${environment.region}.amazonaws.com`) },
  });

  return [
    { Sid: 'Read', Effect: 'Allow', Action: ['s3:GetObject'], Resource: reading.map(arn) },
    ...(writing.length === 0
      ? []
      : [
          {
            Sid: 'Write',
            Effect: 'Allow' as const,
            Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
            Resource: writing.map(arn),
          },
        ]),
    { Sid: 'RunLogs', Effect: 'Allow', Action: ['s3:PutObject'], Resource: arn(logs) },
    ...nameStatements(environment, [...reading, ...writing]),
    ...listStatements(environment, [...reading, ...writing]),
    {
      Sid: 'DecryptInputs',
      Effect: 'Allow',
      Action: ['kms:Decrypt'],
      Resource: keys(reading),
      Condition: through('s3'),
    },
    {
      Sid: 'EncryptOutputs',
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      // Run logs are encrypted with the key of operations.
      Resource: keys([...writing, logs]),
      Condition: through('s3', 'secretsmanager'),
    },
    ...catalogStatements(environment, reads, writes),
    ...logStatements(environment, job),
    ...secretStatements(environment, access.secretsFor(job)),
  ];
}

/** Names below a bucket that a statement lists at the most: a statement alone must fit into a policy. */
const listed = 20;

/** Buckets that Spark reads or writes folders of, a table's or a delivery's. */
const lakeBuckets: readonly BucketKind[] = ['landing', ...layers];

/**
 * Before it lists a folder Spark asks for an object of the folder's name, and before a table's first write for its
 * `_delta_log`. There is none, and S3 says so to whoever may list the bucket; to all others it says that they may not, and
 * the job would end there. That question names no prefix, so no condition on one would let it through. What the job learns
 * by this are names of other files in the bucket, never what is in them.
 */
function nameStatements(environment: Environment, folders: readonly Folder[]): Statement[] {
  const touched = new Set(folders.map(({ bucket }) => bucket));
  const buckets = lakeBuckets.filter((bucket) => touched.has(bucket));
  return buckets.length === 0
    ? []
    : [
        {
          Sid: 'ListLake',
          Effect: 'Allow',
          Action: ['s3:ListBucket'],
          Resource: buckets.map((bucket) => `arn:aws:s3:::${names.bucket(environment, bucket)}`),
        },
      ];
}

/** Of the other buckets a job lists its own folders alone. */
function listStatements(environment: Environment, all: readonly Folder[]): Statement[] {
  const folders = all.filter(({ bucket }) => !lakeBuckets.includes(bucket));
  return [...new Set(folders.map(({ bucket }) => bucket))].flatMap((bucket) => {
    const paths = [...new Set(folders.filter((folder) => folder.bucket === bucket).map(({ path }) => path))];
    const title = `List${bucket.charAt(0).toUpperCase()}${bucket.slice(1)}`;
    return Array.from({ length: Math.ceil(paths.length / listed) }, (_, part): Statement => ({
      Sid: part === 0 ? title : `${title}${part + 1}`,
      Effect: 'Allow',
      Action: ['s3:ListBucket'],
      Resource: `arn:aws:s3:::${names.bucket(environment, bucket)}`,
      Condition: {
        StringLike: {
          's3:prefix': paths
            .slice(part * listed, (part + 1) * listed)
            .flatMap((path) => [path.replace(/\/$/, ''), `${path}*`]),
        },
      },
    }));
  });
}

function catalogStatements(
  environment: Environment,
  reads: readonly Dataset[],
  writes: readonly Dataset[],
): Statement[] {
  const catalog = `arn:aws:glue:${environment.region}:${environment.account}`;
  const database = (layer: Layer): string => `${catalog}:database/${names.database(environment, layer)}`;
  const written = new Set(writes);
  const arns = (datasets: readonly Dataset[]): string[] => [
    `${catalog}:catalog`,
    ...new Set(datasets.map((dataset) => database(dataset.layer))),
    ...datasets.flatMap((dataset) => {
      const tables = written.has(dataset)
        ? [names.table(dataset), names.quarantineTable(dataset)]
        : [names.table(dataset)];
      return tables.map((table) => `${catalog}:table/${names.database(environment, dataset.layer)}/${table}`);
    }),
  ];
  const all = [...new Set([...reads, ...writes])];
  return [
    {
      Sid: 'ReadCatalog',
      Effect: 'Allow',
      Action: ['glue:GetDatabase', 'glue:GetTable', 'glue:GetPartitions'],
      // Spark looks for its database "default" before any other, in a job that knows no table too.
      Resource: [...arns(all), `${catalog}:database/default`],
    },
    ...(writes.length === 0
      ? []
      : [
          {
            Sid: 'WriteCatalog',
            Effect: 'Allow' as const,
            Action: ['glue:UpdateTable'],
            Resource: arns(writes),
          },
        ]),
    // Names no resource: Lake Formation decides by its grants whose data it lends credentials for.
    { Sid: 'LakeFormation', Effect: 'Allow', Action: ['lakeformation:GetDataAccess'], Resource: '*' },
  ];
}

/** A job writes log streams that begin with its id; of the others it knows the names. */
function logStatements(environment: Environment, job: Job): Statement[] {
  const group = logGroupArn(environment, names.jobLogGroup(environment));
  return [
    {
      Sid: 'LogStreams',
      Effect: 'Allow',
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: `${group}:log-stream:${job.id}/*`,
    },
    { Sid: 'LogGroup', Effect: 'Allow', Action: ['logs:DescribeLogStreams'], Resource: `${group}:*` },
    {
      Sid: 'FindLogGroup',
      Effect: 'Allow',
      Action: ['logs:DescribeLogGroups'],
      Resource: logGroupArn(environment, '*'),
    },
  ];
}

function secretStatements(environment: Environment, secrets: readonly Secret[]): Statement[] {
  return secrets.length === 0
    ? []
    : [
        {
          Sid: 'Secrets',
          Effect: 'Allow',
          Action: ['secretsmanager:GetSecretValue'],
          Resource: secrets.map(({ name }) => secretArn(environment, name)),
        },
      ];
}

/** Secrets Manager puts six characters of its own behind the name. */
function secretArn({ region, account }: Environment, name: string): string {
  return `arn:aws:secretsmanager:${region}:${account}:secret:${name}-??????`;
}

export interface AirflowRoleProps {
  readonly platform: Platform;
  readonly applicationArn: string;
  readonly operationsKeyArn: string;
}

/** Airflow's role: it runs DAGs, and starts the jobs of this environment with their own roles. */
export class AirflowRole extends ServiceRole {
  constructor(scope: Construct, id: string, props: AirflowRoleProps) {
    const { environment } = props.platform;
    const { region, account } = environment;
    super(scope, id, {
      environment,
      name: names.airflowRole(environment),
      description: 'Airflow schedules the jobs',
      services: ['airflow.amazonaws.com', 'airflow-env.amazonaws.com'],
      sourceArns: [`arn:aws:airflow:${region}:${account}:environment/${names.airflow(environment)}`],
      statements: airflowStatements(props),
    });
  }
}

/** What Airflow may do: its policy, in statements. */
export function airflowStatements(props: AirflowRoleProps): Statement[] {
  return [...serviceStatements(props), ...orchestrationStatements(props)];
}

/** What MWAA itself asks for. Source: AWS, "Amazon MWAA execution role". */
function serviceStatements({ platform, operationsKeyArn }: AirflowRoleProps): Statement[] {
  const { environment } = platform;
  const { region, account } = environment;
  const airflow = names.airflow(environment);
  const artifacts = `arn:aws:s3:::${names.bucket(environment, 'artifacts')}`;
  return [
    {
      Sid: 'Metrics',
      Effect: 'Allow',
      Action: ['airflow:PublishMetrics'],
      Resource: `arn:aws:airflow:${region}:${account}:environment/${airflow}`,
    },
    {
      Sid: 'Dags',
      Effect: 'Allow',
      Action: ['s3:GetObject*', 's3:GetBucket*', 's3:List*'],
      Resource: [artifacts, `${artifacts}/*`],
    },
    {
      Sid: 'Account',
      Effect: 'Allow',
      Action: ['s3:GetAccountPublicAccessBlock', 'cloudwatch:PutMetricData'],
      Resource: '*',
    },
    {
      Sid: 'FindLogGroup',
      Effect: 'Allow',
      Action: ['logs:DescribeLogGroups'],
      Resource: logGroupArn(environment, '*'),
    },
    {
      Sid: 'Logs',
      Effect: 'Allow',
      Action: [
        'logs:CreateLogStream',
        'logs:CreateLogGroup',
        'logs:PutLogEvents',
        'logs:GetLogEvents',
        'logs:GetLogRecord',
        'logs:GetLogGroupFields',
        'logs:GetQueryResults',
      ],
      Resource: logGroupArn(environment, `airflow-${airflow}-*`),
    },
    {
      // The queue is MWAA's own, in an account of AWS.
      Sid: 'Queue',
      Effect: 'Allow',
      Action: airflowQueueActions,
      Resource: `arn:aws:sqs:${region}:*:airflow-celery-*`,
    },
    {
      Sid: 'Key',
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey*', 'kms:Encrypt'],
      Resource: operationsKeyArn,
      Condition: {
        StringEquals: {
          // The last, for who starts a run must be able to use the key of its logs.
          'kms:ViaService': ['s3', 'sqs', 'sns', 'emr-serverless'].map(
            (one) => `${one}.${region}.amazonaws.com`,
          ),
        },
      },
    },
  ];
}

function orchestrationStatements({ platform, applicationArn }: AirflowRoleProps): Statement[] {
  const { environment } = platform;
  return [
    {
      Sid: 'Application',
      Effect: 'Allow',
      Action: [
        'emr-serverless:GetApplication',
        // A task that is tried again looks for the run that it has started before.
        'emr-serverless:ListJobRuns',
        'emr-serverless:StartApplication',
        'emr-serverless:StartJobRun',
      ],
      Resource: applicationArn,
    },
    {
      Sid: 'Announcements',
      Effect: 'Allow',
      Action: ['sns:Publish'],
      Resource: `arn:aws:sns:${environment.region}:${environment.account}:${names.eventTopic(environment)}`,
    },
    {
      Sid: 'Runs',
      Effect: 'Allow',
      Action: [
        'emr-serverless:CancelJobRun',
        'emr-serverless:GetDashboardForJobRun',
        'emr-serverless:GetJobRun',
        'emr-serverless:TagResource',
      ],
      Resource: `${applicationArn}/jobruns/*`,
    },
    {
      Sid: 'PassJobRoles',
      Effect: 'Allow',
      Action: ['iam:PassRole'],
      Resource: names.jobRoleArns(environment),
      Condition: { StringEquals: { 'iam:PassedToService': 'emr-serverless.amazonaws.com' } },
    },
    {
      Sid: 'Parameters',
      Effect: 'Allow',
      Action: ['ssm:GetParameter', 'ssm:GetParameters', 'ssm:GetParametersByPath'],
      Resource: `arn:aws:ssm:${environment.region}:${environment.account}:parameter/dataplat/${environment.name}/*`,
    },
    ...(takesScheduledSnapshots(environment) ? [takingOnSnapshots(environment)] : []),
  ];
}
