import {
  Construct,
  S3Bucket,
  S3BucketLifecycleConfiguration,
  type S3BucketLifecycleConfigurationRule,
  S3BucketLoggingA,
  S3BucketOwnershipControls,
  S3BucketPublicAccessBlock,
  S3BucketServerSideEncryptionConfigurationA,
  S3BucketVersioningA,
} from './constructs.cjs';
import type { Environment } from '../src/model/environment.js';
import { keyOf } from '../src/model/keys.js';
import { bucketKinds, type BucketKind } from '../src/model/layers.js';
import { names } from '../src/model/names.js';
import type { Platform } from '../src/model/platform.js';
import { accessLogs, BucketPolicies } from './bucket-policies.js';
import type { Encryption } from './encryption.js';

export interface StorageProps {
  readonly platform: Platform;
  readonly encryption: Encryption;
}

/** The buckets: private, versioned, encrypted, reached over TLS alone, each with its access logged. */
export class Storage extends Construct {
  readonly buckets: Readonly<Record<BucketKind, S3Bucket>>;
  private readonly environment: Environment;

  constructor(scope: Construct, id: string, { platform, encryption }: StorageProps) {
    super(scope, id);
    const { environment } = platform;
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
    const { policies } = new BucketPolicies(this, 'policy', {
      platform,
      buckets: this.buckets,
      keyArns: encryption.arns,
    });
    for (const kind of bucketKinds.filter((other) => other !== 'logs')) {
      new S3BucketLoggingA(this, `${kind}_logging`, {
        bucket: this.buckets[kind].bucket,
        targetBucket: this.buckets.logs.bucket,
        targetPrefix: `${accessLogs}${kind}/`,
        dependsOn: [policies.logs],
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
