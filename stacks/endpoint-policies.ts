import { takesScheduledSnapshots } from '../src/model/access.js';
import type { Environment } from '../src/model/environment.js';
import { names } from '../src/model/names.js';
import { actionPrefix } from './endpoint-services.js';
import { policy, type Statement } from './policy.js';

/**
 * The policy of an interface endpoint: through it goes who belongs to this account, to what belongs to this account.
 * Stolen credentials of another account are of no use here, nor is another account a place to carry data to.
 */
export function interfacePolicy(environment: Environment, service: string): string {
  return policy(interfaceStatements(environment, service));
}

function interfaceStatements({ account, region }: Environment, service: string): Statement[] {
  const prefix = actionPrefix(service);
  const ours = (resource: boolean): Statement => ({
    Sid: 'ThisAccount',
    Effect: 'Allow',
    Principal: '*',
    Action: [`${prefix}:*`],
    Resource: '*',
    Condition: {
      StringEquals: { 'aws:PrincipalAccount': account },
      // Absent where an action names no resource.
      ...(resource && { StringEqualsIfExists: { 'aws:ResourceAccount': account } }),
    },
  });
  switch (prefix) {
    // MWAA's images are AWS's, and so is who pulls them; nothing can be carried out by a pull.
    case 'ecr':
      return [
        {
          Sid: 'Pull',
          Effect: 'Allow',
          Principal: '*',
          Action: [
            'ecr:BatchCheckLayerAvailability',
            'ecr:BatchGetImage',
            'ecr:GetAuthorizationToken',
            'ecr:GetDownloadUrlForLayer',
          ],
          Resource: '*',
        },
      ];
    // The queue of MWAA's workers is in an account of AWS.
    case 'sqs':
      return [
        ours(true),
        {
          Sid: 'AirflowQueue',
          Effect: 'Allow',
          Principal: '*',
          Action: ['sqs:*'],
          Resource: `arn:aws:sqs:${region}:*:airflow-celery-*`,
          Condition: { StringEquals: { 'aws:PrincipalAccount': account } },
        },
      ];
    // What MWAA's own agents call beside the environment is AWS's.
    case 'airflow':
      return [ours(false)];
    default:
      return [ours(true)];
  }
}

/** The policy of S3's gateway endpoint: this environment's buckets, and what AWS's own images fetch and deliver. */
export function gatewayPolicy(environment: Environment): string {
  const { account, region } = environment;
  const ofAccount = { StringEquals: { 'aws:PrincipalAccount': account } };
  const buckets = [...names.buckets(environment), ...bucketsOfSnapshots(environment)].map(
    (bucket) => `arn:aws:s3:::${bucket}`,
  );
  return policy([
    {
      Sid: 'ThisEnvironment',
      Effect: 'Allow',
      Principal: '*',
      Action: ['s3:*'],
      Resource: buckets.flatMap((arn) => [arn, `${arn}/*`]),
      Condition: ofAccount,
    },
    {
      // MWAA looks whether the account is closed to the public.
      Sid: 'AccountSettings',
      Effect: 'Allow',
      Principal: '*',
      Action: ['s3:GetAccountPublicAccessBlock'],
      Resource: '*',
      Condition: ofAccount,
    },
    {
      // Packages of Amazon Linux 2023 and EMR, layers of container images. Read alone: nothing can be carried there.
      Sid: 'AwsRepositories',
      Effect: 'Allow',
      Principal: '*',
      Action: ['s3:GetObject'],
      Resource: [
        `arn:aws:s3:::al2023-repos-${region}-de612dc2/*`,
        `arn:aws:s3:::repo.${region}.emr.amazonaws.com/*`,
        `arn:aws:s3:::prod-${region}-starport-layer-bucket/*`,
      ],
    },
    {
      // Where EMR keeps what its Spark UI shows after a run.
      Sid: 'SparkHistory',
      Effect: 'Allow',
      Principal: '*',
      Action: ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'],
      Resource: `arn:aws:s3:::prod.${region}.appinfo.src/*`,
    },
    ...stageStatements(environment),
  ]);
}

/** What Airflow reaches when it takes snapshots; the endpoint does not lead to another region. */
function bucketsOfSnapshots(environment: Environment): string[] {
  const { region, snapshots, state } = environment;
  if (!snapshots || !takesScheduledSnapshots(environment)) return [];
  return [snapshots, ...(state.backend === 's3' ? [state] : [])]
    .filter((one) => (one.region ?? region) === region)
    .map(({ bucket }) => bucket);
}

/**
 * Large results of Snowflake are fetched from a bucket of its own, by addresses that Snowflake signs with its own
 * credentials: so whoever asks is of another account. Read alone: nothing can be carried there.
 */
function stageStatements({ sources }: Environment): Statement[] {
  const buckets = Object.values(sources).flatMap((connector) =>
    connector.kind === 'snowflake' && connector.stageBucket !== undefined ? [connector.stageBucket] : [],
  );
  return buckets.length === 0
    ? []
    : [
        {
          Sid: 'SnowflakeResults',
          Effect: 'Allow',
          Principal: '*',
          Action: ['s3:GetObject'],
          Resource: [...new Set(buckets)].sort().map((bucket) => `arn:aws:s3:::${bucket}/*`),
        },
      ];
}
