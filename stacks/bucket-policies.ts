import { Construct, type S3Bucket, S3BucketPolicy } from './constructs.cjs';
import { administratorsOf, askers, bucketUsers, roleTags } from '../src/model/access.js';
import { keyOf } from '../src/model/keys.js';
import { bucketKinds, replicatedKinds, type BucketKind } from '../src/model/layers.js';
import { logFolders } from '../src/model/log-folders.js';
import { names } from '../src/model/names.js';
import type { Platform } from '../src/model/platform.js';
import type { KeyArns } from './encryption.js';
import { onBehalfOf, policy, tlsOnly, type Statement } from './policy.js';

export interface BucketPoliciesProps {
  readonly platform: Platform;
  readonly buckets: Readonly<Record<BucketKind, S3Bucket>>;
  readonly keyArns: KeyArns;
}

/** Who reaches a bucket, and how. */
export class BucketPolicies extends Construct {
  readonly policies: Readonly<Record<BucketKind, S3BucketPolicy>>;

  constructor(scope: Construct, id: string, { platform, buckets, keyArns }: BucketPoliciesProps) {
    super(scope, id);
    this.policies = Object.fromEntries(
      bucketKinds.map((kind) => [
        kind,
        new S3BucketPolicy(this, kind, {
          bucket: buckets[kind].bucket,
          policy: policy(bucketStatements(platform, kind, keyArns)),
        }),
      ]),
    ) as Record<BucketKind, S3BucketPolicy>;
  }
}

const reading = [
  's3:GetObject',
  's3:GetObjectAttributes',
  's3:GetObjectLegalHold',
  's3:GetObjectRetention',
  's3:GetObjectTagging',
  's3:GetObjectVersion*',
];
const listing = [
  's3:GetBucketLocation',
  's3:ListBucket',
  's3:ListBucketMultipartUploads',
  's3:ListBucketVersions',
  's3:ListMultipartUploadParts',
];
const writing = [
  's3:AbortMultipartUpload',
  's3:PutObject',
  's3:PutObjectTagging',
  's3:ReplicateDelete',
  's3:ReplicateObject',
  's3:ReplicateTags',
  's3:RestoreObject',
];
const deleting = ['s3:DeleteObject*'];

/**
 * A bucket is closed to all but those whom the declaration names, whatever IAM allows elsewhere. Everything here denies:
 * whoever is not denied still needs a policy of his own.
 */
export function bucketStatements(platform: Platform, kind: BucketKind, keyArns: KeyArns): Statement[] {
  const { environment } = platform;
  const arn = `arn:aws:s3:::${names.bucket(environment, kind)}`;
  const both = [arn, `${arn}/*`];
  const administrators = administratorsOf(platform);
  const { readers, writers } = bucketUsers(platform, kind);
  const jobs = names.jobRoleArns(environment);
  const deny = (
    sid: string,
    what: Pick<Statement, 'Action' | 'NotAction' | 'Resource' | 'NotResource'>,
    condition: NonNullable<Statement['Condition']>,
  ): Statement => ({ Sid: sid, Effect: 'Deny', Principal: '*', ...what, Condition: condition });
  const unless = (arns: readonly string[]): NonNullable<Statement['Condition']> => ({
    ArnNotLike: { 'aws:PrincipalArn': [...new Set(arns)].sort() },
    // Services of AWS in their own name: what they may do, statements that allow it say.
    Bool: { 'aws:PrincipalIsAWSService': 'false' },
  });
  /** One pattern lets every job in; of these, a job whose role does not bear the bucket's name is kept out again. */
  const unlessTagged = (tag: string): NonNullable<Statement['Condition']> => ({
    ArnLike: { 'aws:PrincipalArn': jobs },
    StringNotLike: { [`aws:PrincipalTag/${tag}`]: `*${kind}*` },
  });
  return [
    tlsOnly(['s3:*'], both),
    deny('Tls12', { Action: ['s3:*'], Resource: both }, { NumericLessThan: { 's3:TlsVersion': '1.2' } }),
    deny(
      'NamedOnly',
      { Action: ['s3:*'], Resource: both },
      // AWS alone takes on roles that are linked to its services; AWS Config reads a bucket's settings by one.
      unless([...readers, ...writers, jobs, ...administrators, serviceLinked(environment.account)]),
    ),
    deny('ItsJobsOnly', { Action: ['s3:*'], Resource: both }, unlessTagged(roleTags.reads)),
    deny(
      'ItsWritingJobsOnly',
      { Action: [...writing, ...deleting], Resource: both },
      unlessTagged(roleTags.writes),
    ),
    deny(
      'ReadersOnly',
      { Action: reading, Resource: `${arn}/*` },
      unless([...readers, ...writers, jobs, ...(kind === 'logs' ? environment.access.deployers : [])]),
    ),
    deny('WritersOnly', { Action: writing, Resource: both }, unless([...writers, jobs])),
    deny(
      'DeletersOnly',
      { Action: deleting, Resource: `${arn}/*` },
      unless([...writers, jobs, ...administrators]),
    ),
    deny(
      'AdministratorsOnly',
      {
        NotAction: [...reading, ...listing, ...writing, ...deleting, 's3:GetBucket*', 's3:Get*Configuration'],
        Resource: both,
      },
      unless(administrators),
    ),
    ...encryptionStatements(kind, arn, keyArns[keyOf(kind)]),
    ...(kind === 'logs' ? logsStatements(platform, arn, deny) : []),
  ];
}

function serviceLinked(account: string): string {
  return `arn:aws:iam::${account}:role/aws-service-role/*`;
}

/**
 * An upload that says nothing of encryption gets the bucket's key. One that says something must say that key: with
 * "aws:kms" and no key S3 would take its own, and a customer's own key nobody else could open.
 */
function encryptionStatements(kind: BucketKind, arn: string, keyArn: string): Statement[] {
  const keyHeader = 's3:x-amz-server-side-encryption-aws-kms-key-id';
  const upload = { Effect: 'Deny', Principal: '*', Action: ['s3:PutObject'], Resource: `${arn}/*` } as const;
  const notItsKey = { StringNotEquals: { [keyHeader]: keyArn } };
  return [
    {
      ...upload,
      Sid: 'ItsKeyOnly',
      Condition: {
        ...notItsKey,
        // The logs bucket's own default is S3's key, for access logs: there, only another key is wrong.
        Null: { [kind === 'logs' ? keyHeader : 's3:x-amz-server-side-encryption']: 'false' },
      },
    },
    {
      ...upload,
      Sid: 'NoForeignKey',
      Condition: { Null: { 's3:x-amz-server-side-encryption-customer-algorithm': 'false' } },
    },
  ];
}

function logsStatements(
  platform: Platform,
  arn: string,
  deny: (
    sid: string,
    what: Pick<Statement, 'Action' | 'NotResource' | 'Resource'>,
    condition: NonNullable<Statement['Condition']>,
  ) => Statement,
): Statement[] {
  const { environment } = platform;
  const people = askers(platform);
  return [
    ...(people.length === 0
      ? []
      : [
          deny(
            'ResultsOnly',
            {
              Action: [...reading, ...writing, ...deleting],
              NotResource: [arn, `${arn}/${logFolders.queryResults}*`],
            },
            {
              ArnLike: { 'aws:PrincipalArn': people },
              ArnNotLike: { 'aws:PrincipalArn': administratorsOf(platform) },
            },
          ),
        ]),
    {
      Sid: 'AccessLogs',
      Effect: 'Allow',
      Principal: { Service: ['logging.s3.amazonaws.com'] },
      Action: ['s3:PutObject'],
      Resource: `${arn}/${logFolders.access}*`,
      Condition: onBehalfOf(
        environment,
        bucketKinds.map((kind) => `arn:aws:s3:::${names.bucket(environment, kind)}`),
      ),
    },
    ...(environment.lake.inventory === 'none'
      ? []
      : [
          {
            Sid: 'Inventory',
            Effect: 'Allow' as const,
            Principal: { Service: ['s3.amazonaws.com'] },
            Action: ['s3:PutObject'],
            Resource: `${arn}/${logFolders.inventory}*`,
            Condition: onBehalfOf(
              environment,
              replicatedKinds.map((source) => `arn:aws:s3:::${names.bucket(environment, source)}`),
            ),
          },
        ]),
  ];
}
