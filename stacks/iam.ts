import { Construct, IamRole, IamRolePolicy, LakeformationPermissions } from './constructs.cjs';
import type { Dataset } from '../src/model/dataset.js';
import type { Environment } from '../src/model/environment.js';
import type { BucketKind, Layer } from '../src/model/layers.js';
import { sourceIdOf, type Job, type Source } from '../src/model/lineage.js';
import { names } from '../src/model/names.js';
import type { Platform } from '../src/model/platform.js';
import { keyOf, type KeyName } from './encryption.js';
import { logGroupArn } from './log-groups.js';
import { policy, trust, type Statement } from './policy.js';
import { maskingKeyName, needsMaskingKey } from './secrets.js';

export type KeyArns = Readonly<Record<KeyName, string>>;

export interface JobRolesProps {
  readonly platform: Platform;
  readonly keyArns: KeyArns;
}

/** One role a job: it reads what the graph says it reads, writes what it writes, and nothing else. */
export class JobRoles extends Construct {
  /** By the job's id. */
  readonly roles: ReadonlyMap<string, IamRole>;

  constructor(scope: Construct, id: string, { platform, keyArns }: JobRolesProps) {
    super(scope, id);
    const { environment } = platform;
    this.roles = new Map(
      platform.graph.order.map((job) => {
        const role = new IamRole(this, job.id, {
          name: names.jobRole(environment, job),
          description: job.description,
          assumeRolePolicy: trust(['emr-serverless.amazonaws.com'], environment.account),
        });
        new IamRolePolicy(this, `${job.id}_policy`, {
          name: 'job',
          role: role.name,
          policy: policy(jobStatements(platform, job, keyArns)),
        });
        this.grantCatalog(platform, job, role);
        return [job.id, role] as const;
      }),
    );
  }

  /** The catalog asks Lake Formation as well as IAM. */
  private grantCatalog(platform: Platform, job: Job, role: IamRole): void {
    const { environment } = platform;
    const { reads, writes } = accessOf(platform, job);
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
        permissions: writes.includes(dataset)
          ? ['ALTER', 'DELETE', 'DESCRIBE', 'INSERT', 'SELECT']
          : ['DESCRIBE', 'SELECT'],
        table: { databaseName: names.database(environment, dataset.layer), name: names.table(dataset) },
      });
    }
  }
}

interface JobAccess {
  readonly sources: readonly Source[];
  readonly reads: readonly Dataset[];
  readonly writes: readonly Dataset[];
}

function accessOf({ datasets, sources }: Platform, job: Job): JobAccess {
  const sourceIds = job.inputs.map(sourceIdOf);
  return {
    sources: sources.filter((source) => sourceIds.includes(source.id)),
    reads: datasets.filter((dataset) => job.inputs.includes(dataset.id)),
    writes: datasets.filter((dataset) => job.outputs.includes(dataset.id)),
  };
}

/** A folder of a bucket. */
interface Folder {
  readonly bucket: BucketKind;
  /** Ends with a slash; empty for the whole bucket. */
  readonly path: string;
}

/** What a job may do: its policy, in statements. */
export function jobStatements(platform: Platform, job: Job, keyArns: KeyArns): Statement[] {
  const { environment } = platform;
  const { sources, reads, writes } = accessOf(platform, job);
  const table = (dataset: Dataset): Folder => ({ bucket: dataset.layer, path: `${names.table(dataset)}/` });
  const readFolders: Folder[] = [
    ...sources.map((source): Folder => ({ bucket: 'landing', path: folderOf(source) })),
    ...reads.map(table),
    { bucket: 'artifacts', path: 'releases/' },
  ];
  const writeFolders: Folder[] = writes.flatMap((dataset) => [
    table(dataset),
    { bucket: dataset.layer, path: `${names.quarantineTable(dataset)}/` },
  ]);
  const arn = ({ bucket, path }: Folder): string =>
    `arn:aws:s3:::${names.bucket(environment, bucket)}/${path}*`;
  const keys = (folders: readonly Folder[]): string[] => [
    ...new Set(folders.map(({ bucket }) => keyArns[keyOf(bucket)])),
  ];

  return [
    { Sid: 'Read', Effect: 'Allow', Action: ['s3:GetObject'], Resource: readFolders.map(arn) },
    ...(writeFolders.length === 0
      ? []
      : [
          {
            Sid: 'Write',
            Effect: 'Allow' as const,
            Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
            Resource: writeFolders.map(arn),
          },
        ]),
    ...listStatements(environment, [...readFolders, ...writeFolders]),
    {
      Sid: 'DecryptInputs',
      Effect: 'Allow',
      Action: ['kms:Decrypt'],
      Resource: keys(readFolders),
    },
    {
      Sid: 'EncryptOutputs',
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      // Run logs are encrypted with the key of operations.
      Resource: keys([...writeFolders, { bucket: 'logs', path: 'emr/' }]),
    },
    ...catalogStatements(environment, reads, writes),
    ...logStatements(environment),
    ...(needsMaskingKey(platform, job) ? [maskingStatement(environment)] : []),
  ];
}

/** A source's folder up to the date, which is another every day. */
function folderOf(source: Source): string {
  return (source.path.split('{')[0] ?? '').replace(/[^/]*$/, '');
}

function listStatements(environment: Environment, folders: readonly Folder[]): Statement[] {
  return [...new Set(folders.map(({ bucket }) => bucket))].map((bucket) => ({
    Sid: `List${bucket.charAt(0).toUpperCase()}${bucket.slice(1)}`,
    Effect: 'Allow',
    Action: ['s3:ListBucket'],
    Resource: `arn:aws:s3:::${names.bucket(environment, bucket)}`,
    Condition: {
      StringLike: {
        's3:prefix': folders
          .filter((folder) => folder.bucket === bucket)
          .flatMap(({ path }) => [path.replace(/\/$/, ''), `${path}*`]),
      },
    },
  }));
}

function catalogStatements(
  environment: Environment,
  reads: readonly Dataset[],
  writes: readonly Dataset[],
): Statement[] {
  const catalog = `arn:aws:glue:${environment.region}:${environment.account}`;
  const database = (layer: Layer): string => `${catalog}:database/${names.database(environment, layer)}`;
  const arns = (datasets: readonly Dataset[]): string[] => [
    `${catalog}:catalog`,
    ...new Set(datasets.map((dataset) => database(dataset.layer))),
    ...datasets.map(
      (dataset) => `${catalog}:table/${names.database(environment, dataset.layer)}/${names.table(dataset)}`,
    ),
  ];
  const all = [...new Set([...reads, ...writes])];
  return [
    ...(all.length === 0
      ? []
      : [
          {
            Sid: 'ReadCatalog',
            Effect: 'Allow' as const,
            Action: ['glue:GetDatabase', 'glue:GetTable', 'glue:GetPartitions'],
            // Spark looks for its database "default" before any other.
            Resource: [...arns(all), `${catalog}:database/default`],
          },
        ]),
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

function logStatements(environment: Environment): Statement[] {
  return [
    {
      Sid: 'RunLogs',
      Effect: 'Allow',
      Action: ['s3:PutObject'],
      Resource: `arn:aws:s3:::${names.bucket(environment, 'logs')}/emr/*`,
    },
    {
      Sid: 'LogGroup',
      Effect: 'Allow',
      Action: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
      Resource: `${logGroupArn(environment, names.jobLogGroup(environment))}:*`,
    },
    { Sid: 'FindLogGroup', Effect: 'Allow', Action: ['logs:DescribeLogGroups'], Resource: '*' },
  ];
}

function maskingStatement(environment: Environment): Statement {
  return {
    Sid: 'MaskingKey',
    Effect: 'Allow',
    Action: ['secretsmanager:GetSecretValue'],
    // Secrets Manager puts six characters of its own behind the name.
    Resource: `arn:aws:secretsmanager:${environment.region}:${environment.account}:secret:${maskingKeyName(environment)}-??????`,
  };
}

export interface AirflowRoleProps {
  readonly platform: Platform;
  readonly applicationArn: string;
  readonly operationsKeyArn: string;
}

/** What Airflow may do: run DAGs, and start the jobs of this environment with their own roles. */
export class AirflowRole extends Construct {
  readonly role: IamRole;
  readonly policy: IamRolePolicy;

  constructor(scope: Construct, id: string, props: AirflowRoleProps) {
    super(scope, id);
    const { environment } = props.platform;
    this.role = new IamRole(this, 'role', {
      name: `${environment.prefix}-airflow`,
      description: 'Airflow schedules the jobs',
      assumeRolePolicy: trust(['airflow.amazonaws.com', 'airflow-env.amazonaws.com'], environment.account),
    });
    this.policy = new IamRolePolicy(this, 'policy', {
      name: 'airflow',
      role: this.role.name,
      policy: policy([...serviceStatements(props), ...orchestrationStatements(props)]),
    });
  }
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
      Action: ['s3:GetAccountPublicAccessBlock', 'logs:DescribeLogGroups', 'cloudwatch:PutMetricData'],
      Resource: '*',
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
      Action: [
        'sqs:ChangeMessageVisibility',
        'sqs:DeleteMessage',
        'sqs:GetQueueAttributes',
        'sqs:GetQueueUrl',
        'sqs:ReceiveMessage',
        'sqs:SendMessage',
      ],
      Resource: `arn:aws:sqs:${region}:*:airflow-celery-*`,
    },
    {
      Sid: 'Key',
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey*', 'kms:Encrypt'],
      Resource: operationsKeyArn,
      Condition: {
        StringLike: { 'kms:ViaService': [`sqs.${region}.amazonaws.com`, `s3.${region}.amazonaws.com`] },
      },
    },
  ];
}

function orchestrationStatements({ platform, applicationArn }: AirflowRoleProps): Statement[] {
  const { environment, graph } = platform;
  return [
    {
      Sid: 'Application',
      Effect: 'Allow',
      Action: [
        'emr-serverless:GetApplication',
        'emr-serverless:StartApplication',
        'emr-serverless:StartJobRun',
      ],
      Resource: applicationArn,
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
      Resource: graph.order.map((job) => names.jobRoleArn(environment, job)),
      Condition: { StringEquals: { 'iam:PassedToService': 'emr-serverless.amazonaws.com' } },
    },
    {
      Sid: 'Parameters',
      Effect: 'Allow',
      Action: ['ssm:GetParameter', 'ssm:GetParameters', 'ssm:GetParametersByPath'],
      Resource: `arn:aws:ssm:${environment.region}:${environment.account}:parameter/dataplat/${environment.name}/*`,
    },
  ];
}
