import { Construct, IamPolicy } from './constructs.cjs';
import { takesScheduledSnapshots } from '../src/model/access.js';
import type { Environment } from '../src/model/environment.js';
import { keyNames } from '../src/model/keys.js';
import { bucketKinds, layers, replicatedKinds } from '../src/model/layers.js';
import { names } from '../src/model/names.js';
import { airflowQueueActions } from './airflow-queue.js';
import type { KeyArns } from './encryption.js';
import { policy, type Statement } from './policy.js';
import { boundaryArn } from './roles.js';
import { takingOnSnapshots } from './snapshots-role.js';

export interface BoundaryProps {
  readonly environment: Environment;
  readonly keyArns: KeyArns;
}

/**
 * What no role of the environment exceeds, whatever somebody adds to its policy: this environment's own things, and of
 * IAM nothing but handing the jobs' roles to EMR Serverless.
 */
export class Boundary extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, { environment, keyArns }: BoundaryProps) {
    super(scope, id);
    this.arn =
      environment.access.permissionsBoundary === undefined
        ? new IamPolicy(this, 'policy', {
            name: names.boundary(environment),
            description: `What no role of ${environment.prefix} can exceed`,
            policy: policy(boundaryStatements(environment, keyArns)),
          }).arn
        : boundaryArn(environment);
  }
}

export function boundaryStatements(environment: Environment, keyArns: KeyArns): Statement[] {
  const { account, prefix, region } = environment;
  const of = (service: string, resource: string): string =>
    `arn:aws:${service}:${region}:${account}:${resource}`;
  const allow = (
    sid: string,
    actions: readonly string[],
    resources: string | readonly string[],
  ): Statement => ({
    Sid: sid,
    Effect: 'Allow',
    Action: actions,
    Resource: resources,
  });
  const buckets = bucketKinds.map((kind) => `arn:aws:s3:::${names.bucket(environment, kind)}`);
  return [
    allow(
      'Objects',
      [
        's3:AbortMultipartUpload',
        's3:DeleteObject',
        's3:GetBucket*',
        's3:GetEncryptionConfiguration',
        's3:GetObject*',
        's3:GetReplicationConfiguration',
        's3:List*',
        's3:PutObject',
      ],
      buckets.flatMap((arn) => [arn, `${arn}/*`]),
    ),
    allow(
      'Keys',
      ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*'],
      keyNames.map((name) => keyArns[name]),
    ),
    allow(
      'Catalog',
      ['glue:GetDatabase', 'glue:GetPartitions', 'glue:GetTable', 'glue:UpdateTable'],
      [
        of('glue', 'catalog'),
        of('glue', 'database/default'),
        ...layers.flatMap((layer) => {
          const database = names.database(environment, layer);
          return [of('glue', `database/${database}`), of('glue', `table/${database}/*`)];
        }),
      ],
    ),
    allow('Secrets', ['secretsmanager:GetSecretValue'], of('secretsmanager', `secret:${prefix}/*`)),
    allow(
      'Logs',
      [
        'logs:CreateLogGroup',
        'logs:CreateLogStream',
        'logs:DescribeLogStreams',
        'logs:GetLogEvents',
        'logs:GetLogGroupFields',
        'logs:GetLogRecord',
        'logs:GetQueryResults',
        'logs:PutLogEvents',
      ],
      [`log-group:/${prefix}/*`, `log-group:airflow-${names.airflow(environment)}-*`].map((group) =>
        of('logs', group),
      ),
    ),
    allow('FindLogGroup', ['logs:DescribeLogGroups'], of('logs', 'log-group:*')),
    allow(
      'Runs',
      [
        'emr-serverless:CancelJobRun',
        'emr-serverless:GetApplication',
        'emr-serverless:GetDashboardForJobRun',
        'emr-serverless:GetJobRun',
        'emr-serverless:ListJobRuns',
        'emr-serverless:StartApplication',
        'emr-serverless:StartJobRun',
        'emr-serverless:TagResource',
      ],
      of('emr-serverless', '/applications/*'),
    ),
    {
      ...allow('PassJobRoles', ['iam:PassRole'], names.jobRoleArns(environment)),
      Condition: { StringEquals: { 'iam:PassedToService': 'emr-serverless.amazonaws.com' } },
    },
    allow(
      'Parameters',
      ['ssm:GetParameter', 'ssm:GetParameters', 'ssm:GetParametersByPath'],
      of('ssm', `parameter/dataplat/${environment.name}/*`),
    ),
    allow('Announcements', ['sns:Publish'], of('sns', names.eventTopic(environment))),
    allow('Airflow', ['airflow:PublishMetrics'], of('airflow', `environment/${names.airflow(environment)}`)),
    // The queue of Airflow's workers is MWAA's own, in an account of AWS.
    allow('Queue', airflowQueueActions, `arn:aws:sqs:${region}:*:airflow-celery-*`),
    ...copyStatements(environment),
    ...(takesScheduledSnapshots(environment) ? [takingOnSnapshots(environment)] : []),
    // These know no resources.
    allow(
      'Account',
      ['cloudwatch:PutMetricData', 'lakeformation:GetDataAccess', 's3:GetAccountPublicAccessBlock'],
      '*',
    ),
  ];
}

/** To the other region S3 copies, by a key that is known here by its alias alone. */
function copyStatements(environment: Environment): Statement[] {
  const { replication } = environment.lake;
  return replication === undefined
    ? []
    : [
        {
          Sid: 'Copies',
          Effect: 'Allow',
          Action: ['s3:ReplicateDelete', 's3:ReplicateObject', 's3:ReplicateTags'],
          Resource: replicatedKinds.map((kind) => `arn:aws:s3:::${names.replicaBucket(environment, kind)}/*`),
        },
        {
          Sid: 'KeyOfCopies',
          Effect: 'Allow',
          Action: ['kms:Encrypt', 'kms:GenerateDataKey'],
          Resource: `arn:aws:kms:${replication.region}:${environment.account}:key/*`,
          Condition: {
            'ForAnyValue:StringEquals': { 'kms:ResourceAliases': names.replicaKeyAlias(environment) },
          },
        },
      ];
}
