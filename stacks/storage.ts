import {
  Construct,
  S3Bucket,
  S3BucketLifecycleConfiguration,
  type S3BucketLifecycleConfigurationRule,
  S3BucketLoggingA,
  S3BucketOwnershipControls,
  S3BucketPolicy,
  S3BucketPublicAccessBlock,
  S3BucketServerSideEncryptionConfigurationA,
  S3BucketVersioningA,
} from './constructs.cjs';
import type { Environment } from '../src/model/environment.js';
import { bucketKinds, type BucketKind } from '../src/model/layers.js';
import { names } from '../src/model/names.js';
import { keyOf, type Encryption } from './encryption.js';
import { policy, type Statement } from './policy.js';

/** Where the logs bucket keeps S3's own access logs. */
const accessLogs = 's3-access/';

export interface StorageProps {
  readonly environment: Environment;
  readonly encryption: Encryption;
}

/** The buckets: private, versioned, encrypted, reached over TLS alone, each with its access logged. */
export class Storage extends Construct {
  readonly buckets: Readonly<Record<BucketKind, S3Bucket>>;
  private readonly environment: Environment;

  constructor(scope: Construct, id: string, { environment, encryption }: StorageProps) {
    super(scope, id);
    this.environment = environment;
    this.buckets = Object.fromEntries(bucketKinds.map((kind) => [kind, this.bucket(kind)])) as Record<
      BucketKind,
      S3Bucket
    >;
    for (const kind of bucketKinds) {
      this.close(kind);
      this.encrypt(kind, encryption);
      const versioning = this.version(kind);
      if (environment.lake.lifecycleRules) this.expire(kind, versioning);
    }
    const logs = this.restrict('logs');
    for (const kind of bucketKinds.filter((other) => other !== 'logs')) {
      this.restrict(kind);
      new S3BucketLoggingA(this, `${kind}_logging`, {
        bucket: this.buckets[kind].bucket,
        targetBucket: this.buckets.logs.bucket,
        targetPrefix: `${accessLogs}${kind}/`,
        dependsOn: [logs],
      });
    }
  }

  private bucket(kind: BucketKind): S3Bucket {
    return new S3Bucket(this, kind, {
      bucket: names.bucket(this.environment, kind),
      // Releases and logs can be made again; data is never emptied by Terraform, only by who asks for it.
      forceDestroy: (kind === 'artifacts' || kind === 'logs') && !this.environment.protected,
    });
  }

  private close(kind: BucketKind): void {
    new S3BucketPublicAccessBlock(this, `${kind}_private`, {
      bucket: this.buckets[kind].bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    new S3BucketOwnershipControls(this, `${kind}_ownership`, {
      bucket: this.buckets[kind].bucket,
      rule: { objectOwnership: 'BucketOwnerEnforced' },
    });
  }

  private encrypt(kind: BucketKind, encryption: Encryption): void {
    new S3BucketServerSideEncryptionConfigurationA(this, `${kind}_encryption`, {
      bucket: this.buckets[kind].bucket,
      rule: [
        kind === 'logs'
          ? // S3 delivers access logs to no bucket whose default is a KMS key. What is worth more in this bucket,
            // results of queries first of all, names the key itself.
            { applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }
          : {
              applyServerSideEncryptionByDefault: {
                sseAlgorithm: 'aws:kms',
                kmsMasterKeyId: encryption.keys[keyOf(kind)].arn,
              },
              // One call to KMS a few minutes instead of one an object.
              bucketKeyEnabled: true,
            },
      ],
    });
  }

  private version(kind: BucketKind): S3BucketVersioningA {
    return new S3BucketVersioningA(this, `${kind}_versioning`, {
      bucket: this.buckets[kind].bucket,
      versioningConfiguration: { status: 'Enabled' },
    });
  }

  private restrict(kind: BucketKind): S3BucketPolicy {
    const arn = `arn:aws:s3:::${names.bucket(this.environment, kind)}`;
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
      Condition: { StringEquals: { 'aws:SourceAccount': this.environment.account } },
    };
    return new S3BucketPolicy(this, `${kind}_policy`, {
      bucket: this.buckets[kind].bucket,
      policy: policy(kind === 'logs' ? [tlsOnly, delivery] : [tlsOnly]),
    });
  }

  private expire(kind: BucketKind, versioning: S3BucketVersioningA): void {
    new S3BucketLifecycleConfiguration(this, `${kind}_lifecycle`, {
      bucket: this.buckets[kind].bucket,
      rule: lifecycleRules(kind, this.environment),
      dependsOn: [versioning],
    });
  }
}

function lifecycleRules(kind: BucketKind, { lake, logs }: Environment): S3BucketLifecycleConfigurationRule[] {
  const everything = [{ prefix: '' }];
  const expiry = { landing: lake.landingRetentionDays, logs: logs.retentionDays }[kind as string];
  return [
    {
      id: 'remains',
      status: 'Enabled',
      filter: everything,
      noncurrentVersionExpiration: [{ noncurrentDays: lake.noncurrentVersionDays }],
      abortIncompleteMultipartUpload: [{ daysAfterInitiation: 7 }],
    },
    ...(expiry === undefined
      ? []
      : [{ id: 'expiry', status: 'Enabled', filter: everything, expiration: [{ days: expiry }] }]),
    // Delta deletes its files itself; the rest of a table only gets colder.
    ...(kind === 'bronze' || kind === 'silver' || kind === 'gold'
      ? [
          {
            id: 'tiering',
            status: 'Enabled',
            filter: everything,
            transition: [{ days: 30, storageClass: 'INTELLIGENT_TIERING' }],
          },
        ]
      : []),
  ];
}
