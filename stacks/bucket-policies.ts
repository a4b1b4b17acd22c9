import { Construct, type S3Bucket, S3BucketPolicy } from './constructs.cjs';
import type { Environment } from '../src/model/environment.js';
import { bucketKinds, type BucketKind } from '../src/model/layers.js';
import { names } from '../src/model/names.js';
import type { Platform } from '../src/model/platform.js';
import { policy, type Statement } from './policy.js';

/** Where the logs bucket keeps S3's own access logs. */
export const accessLogs = 's3-access/';

export interface BucketPoliciesProps {
  readonly platform: Platform;
  readonly buckets: Readonly<Record<BucketKind, S3Bucket>>;
}

/** Who reaches a bucket, and how. */
export class BucketPolicies extends Construct {
  readonly policies: Readonly<Record<BucketKind, S3BucketPolicy>>;

  constructor(scope: Construct, id: string, { platform, buckets }: BucketPoliciesProps) {
    super(scope, id);
    this.policies = Object.fromEntries(
      bucketKinds.map((kind) => [
        kind,
        new S3BucketPolicy(this, kind, {
          bucket: buckets[kind].bucket,
          policy: policy(bucketStatements(platform.environment, kind)),
        }),
      ]),
    ) as Record<BucketKind, S3BucketPolicy>;
  }
}

function bucketStatements(environment: Environment, kind: BucketKind): Statement[] {
  const arn = `arn:aws:s3:::${names.bucket(environment, kind)}`;
  const tlsOnly: Statement = {
    Sid: 'TlsOnly',
    Effect: 'Deny',
    Principal: '*',
    Action: ['s3:*'],
    Resource: [arn, `${arn}/*`],
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
  const delivery: Statement = {
    Sid: 'AccessLogs',
    Effect: 'Allow',
    Principal: { Service: ['logging.s3.amazonaws.com'] },
    Action: ['s3:PutObject'],
    Resource: `${arn}/${accessLogs}*`,
    Condition: { StringEquals: { 'aws:SourceAccount': environment.account } },
  };
  return kind === 'logs' ? [tlsOnly, delivery] : [tlsOnly];
}
