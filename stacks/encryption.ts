import { Construct, KmsAlias, KmsKey } from './constructs.cjs';
import { administratorsOf, askers, keyUsers, roleTags, secretWriters } from '../src/model/access.js';
import type { Environment } from '../src/model/environment.js';
import { bucketsOf, keyNames, type KeyName } from '../src/model/keys.js';
import { names } from '../src/model/names.js';
import type { Platform } from '../src/model/platform.js';
import { onBehalfOf, policy, type Statement } from './policy.js';

export type KeyArns = Readonly<Record<KeyName, string>>;

export interface EncryptionProps {
  readonly platform: Platform;
}

/** The keys: who may not use a layer's key cannot read the layer, whatever a bucket policy says. */
export class Encryption extends Construct {
  readonly keys: Readonly<Record<KeyName, KmsKey>>;

  constructor(scope: Construct, id: string, { platform }: EncryptionProps) {
    super(scope, id);
    const { environment } = platform;
    const made = keyNames.map((name) => {
      const key = new KmsKey(this, name, {
        description: `${environment.prefix} ${name}`,
        enableKeyRotation: true,
        deletionWindowInDays: environment.protected ? 30 : 7,
        policy: policy(keyStatements(platform, name)),
      });
      new KmsAlias(this, `${name}_alias`, {
        name: `alias/${environment.prefix}-${name}`,
        targetKeyId: key.keyId,
      });
      return [name, key] as const;
    });
    this.keys = Object.fromEntries(made) as Record<KeyName, KmsKey>;
  }

  /** The keys' ARNs, by their names. */
  get arns(): KeyArns {
    return Object.fromEntries(keyNames.map((name) => [name, this.keys[name].arn])) as KeyArns;
  }
}

/**
 * Who administers a key does not use it, and who uses it does so through the services that keep what it encrypts. A
 * principal needs a policy of its own as well: the key's policy says who may be allowed. Roles are named by conditions,
 * for those of a later stack are not there yet when the key is made.
 */
export function keyStatements(platform: Platform, key: KeyName): Statement[] {
  const { environment } = platform;
  const { region } = environment;
  const services = key === 'operations' ? ['s3', 'secretsmanager', 'sqs', 'emr-serverless'] : ['s3'];
  const through = {
    StringEquals: { 'kms:ViaService': services.map((service) => `${service}.${region}.amazonaws.com`) },
  };
  const { readers, writers } = keyUsers(platform, key);
  // Their roles bear the names of the buckets that they touch, so that this is no list of all of them.
  const jobs = (sid: string, actions: readonly string[], tag: string): Statement =>
    inAccount(environment, sid, actions, [names.jobRoleArns(environment)], {
      ...through,
      StringLike: { [`aws:PrincipalTag/${tag}`]: bucketsOf(key).map((kind) => `*${kind}*`) },
    });
  return [
    inAccount(environment, 'Administration', administration, administratorsOf(platform)),
    ...(readers.length === 0 ? [] : [inAccount(environment, 'Reading', reading, readers, through)]),
    ...(writers.length === 0 ? [] : [inAccount(environment, 'Writing', writing, writers, through)]),
    jobs('ReadingJobs', reading, roleTags.reads),
    jobs('WritingJobs', writing, roleTags.writes),
    ...(key === 'operations' ? operationsStatements(platform) : []),
  ];
}

const reading = ['kms:Decrypt', 'kms:DescribeKey'];
const writing = ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*'];

/** Everything about a key but what is done with it, and no grants, by which one could give oneself its use. */
const administration = [
  'kms:CancelKeyDeletion',
  'kms:CreateAlias',
  'kms:DeleteAlias',
  'kms:DescribeKey',
  'kms:DisableKey',
  'kms:DisableKeyRotation',
  'kms:EnableKey',
  'kms:EnableKeyRotation',
  'kms:GetKeyPolicy',
  'kms:GetKeyRotationStatus',
  'kms:ListAliases',
  'kms:ListGrants',
  'kms:ListKeyPolicies',
  'kms:ListKeyRotations',
  'kms:ListResourceTags',
  'kms:PutKeyPolicy',
  'kms:RevokeGrant',
  'kms:RotateKeyOnDemand',
  'kms:ScheduleKeyDeletion',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:UpdateAlias',
  'kms:UpdateKeyDescription',
];

function inAccount(
  { account }: Environment,
  sid: string,
  actions: readonly string[],
  arns: readonly string[],
  condition: NonNullable<Statement['Condition']> = {},
): Statement {
  return {
    Sid: sid,
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${account}:root` },
    Action: actions,
    Resource: '*',
    Condition: { ...condition, ArnLike: { 'aws:PrincipalArn': arns } },
  };
}

/** The key of the copies: S3 alone uses it, by the role that copies. Who is to read them, an administrator adds. */
export function replicaKeyStatements(platform: Platform, region: string): Statement[] {
  const { environment } = platform;
  return [
    inAccount(environment, 'Administration', administration, administratorsOf(platform)),
    inAccount(
      environment,
      'Copying',
      ['kms:Encrypt', 'kms:GenerateDataKey'],
      [names.replicationRoleArn(environment)],
      { StringEquals: { 'kms:ViaService': `s3.${region}.amazonaws.com` } },
    ),
  ];
}

function operationsStatements(platform: Platform): Statement[] {
  const { environment } = platform;
  const people = askers(platform);
  const results = names.queryResults(environment).replace('s3://', 'arn:aws:s3:::');
  return [
    ...(people.length === 0
      ? []
      : [
          // Who asks Athena writes and reads the results, and nothing else that this key encrypts.
          inAccount(environment, 'QueryResults', ['kms:Decrypt', 'kms:GenerateDataKey'], people, {
            StringEquals: { 'kms:ViaService': `s3.${environment.region}.amazonaws.com` },
            StringLike: { 'kms:EncryptionContext:aws:s3:arn': `${results}*` },
          }),
        ]),
    // Who puts a secret's value in encrypts it; he uses the key for that and for nothing else.
    inAccount(environment, 'SecretValues', ['kms:Decrypt', 'kms:GenerateDataKey'], secretWriters(platform), {
      StringEquals: { 'kms:ViaService': `secretsmanager.${environment.region}.amazonaws.com` },
    }),
    // MWAA takes its share of the key by grants, which who makes the environment gives in its name: for an AWS service, or
    // through MWAA. Its guide does not say how each is asked for, so either will do, and the uses that it tries first.
    inAccount(environment, 'Airflow', ['kms:CreateGrant'], environment.access.deployers, {
      Bool: { 'kms:GrantIsForAWSResource': 'true' },
    }),
    inAccount(environment, 'ThroughAirflow', ['kms:CreateGrant', ...writing], environment.access.deployers, {
      StringEquals: { 'kms:ViaService': `airflow.${environment.region}.amazonaws.com` },
    }),
    ...serviceStatements(environment),
  ];
}

/** Services that encrypt or decrypt in their own name: log groups, and alarms on their way to people. */
function serviceStatements(environment: Environment): Statement[] {
  const { account, prefix, region } = environment;
  return [
    {
      Sid: 'LogGroups',
      Effect: 'Allow',
      Principal: { Service: [`logs.${region}.amazonaws.com`] },
      Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
      Resource: '*',
      // The log group and with it its account: CloudWatch Logs says whom it works for in no other way.
      Condition: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': [
            `arn:aws:logs:${region}:${account}:log-group:/${prefix}/*`,
            `arn:aws:logs:${region}:${account}:log-group:airflow-${names.airflow(environment)}-*`,
          ],
        },
      },
    },
    {
      // It encrypts runs' logs itself, beside the role that they run with. Source: AWS, EMR Serverless, "Encrypting logs".
      Sid: 'RunLogs',
      Effect: 'Allow',
      Principal: { Service: ['emr-serverless.amazonaws.com'] },
      Action: using,
      Resource: '*',
      Condition: onBehalfOf(environment, [`arn:aws:emr-serverless:${region}:${account}:/applications/*`]),
    },
    {
      Sid: 'Alarms',
      Effect: 'Allow',
      Principal: { Service: ['budgets.amazonaws.com', 'cloudwatch.amazonaws.com', 'sns.amazonaws.com'] },
      Action: using,
      Resource: '*',
      Condition: onBehalfOf(environment, [
        `arn:aws:budgets::${account}:*`,
        `arn:aws:cloudwatch:${region}:${account}:alarm:*`,
        `arn:aws:sns:${region}:${account}:${prefix}-*`,
      ]),
    },
    {
      // It names the account that it works for, and not always the thing.
      Sid: 'CostAnomalies',
      Effect: 'Allow',
      Principal: { Service: ['costalerts.amazonaws.com'] },
      Action: using,
      Resource: '*',
      Condition: { StringEquals: { 'aws:SourceAccount': account } },
    },
    // EventBridge says of neither whom it works for, so that what it encrypts binds it: the one topic and the one queue.
    // Source: AWS, key management of SNS and of SQS.
    ...eventTargets(environment).map(([sid, key, arn]): Statement => ({
      Sid: sid,
      Effect: 'Allow',
      Principal: { Service: ['events.amazonaws.com'] },
      Action: using,
      Resource: '*',
      Condition: { StringEquals: { [`kms:EncryptionContext:${key}`]: arn } },
    })),
  ];
}

/** What a service does with the key of what it sends to. */
const using = ['kms:Decrypt', 'kms:GenerateDataKey*'];

/** Where rules send, by the key of the encryption context that names it. */
function eventTargets(environment: Environment): [sid: string, key: string, arn: string][] {
  const { account, region } = environment;
  return [
    ['Events', 'aws:sns:topicArn', `arn:aws:sns:${region}:${account}:${names.eventTopic(environment)}`],
    [
      'UndeliveredEvents',
      'aws:sqs:arn',
      `arn:aws:sqs:${region}:${account}:${names.undelivered(environment)}`,
    ],
  ];
}
