import {
  Construct,
  type S3Bucket,
  S3BucketLifecycleConfiguration,
  S3BucketLoggingA,
  S3BucketNotification,
  type S3BucketVersioningA,
} from './constructs.cjs';
import type { Environment } from '../src/model/environment.js';
import { keyOf } from '../src/model/keys.js';
import { bucketKinds, type BucketKind } from '../src/model/layers.js';
import { logFolders } from '../src/model/log-folders.js';
import { names } from '../src/model/names.js';
import type { Platform } from '../src/model/platform.js';
import { BucketPolicies } from './bucket-policies.js';
import type { Encryption } from './encryption.js';
import { inventories } from './inventory.js';
import { lifecycleRules } from './lifecycle-rules.js';
import { privateBucket, type PrivateBucket } from './private-bucket.js';

export interface StorageProps {
  readonly platform: Platform;
  readonly encryption: Encryption;
}

/** The buckets: private, versioned, encrypted, reached over TLS alone, each with its access logged. */
export class Storage extends Construct {
  readonly buckets: Readonly<Record<BucketKind, S3Bucket>>;
  readonly versioning: Readonly<Record<BucketKind, S3BucketVersioningA>>;
  private readonly environment: Environment;

  constructor(scope: Construct, id: string, { platform, encryption }: StorageProps) {
    super(scope, id);
    const { environment } = platform;
    this.environment = environment;
    const made = new Map(bucketKinds.map((kind) => [kind, this.bucket(kind, encryption)]));
    const each = <Part>(part: (bucket: PrivateBucket) => Part): Record<BucketKind, Part> =>
      Object.fromEntries([...made].map(([kind, bucket]) => [kind, part(bucket)])) as Record<BucketKind, Part>;
    this.buckets = each(({ bucket }) => bucket);
    this.versioning = each(({ versioning }) => versioning);

    if (environment.lake.lifecycleRules) for (const kind of bucketKinds) this.expire(kind);
    const { policies } = new BucketPolicies(this, 'policy', {
      platform,
      buckets: this.buckets,
      keyArns: encryption.arns,
    });
    for (const kind of bucketKinds.filter((other) => other !== 'logs')) {
      new S3BucketLoggingA(this, `${kind}_logging`, {
        bucket: this.buckets[kind].bucket,
        targetBucket: this.buckets.logs.bucket,
        targetPrefix: `${logFolders.access}${kind}/`,
        dependsOn: [policies.logs],
      });
    }
    // A delivery is an event, so that something may wait for it. The layers are written by jobs, which tell themselves.
    new S3BucketNotification(this, 'landing_events', {
      bucket: this.buckets.landing.bucket,
      eventbridge: true,
    });
    inventories(this, this.buckets, environment, policies.logs);
  }

  private bucket(kind: BucketKind, encryption: Encryption): PrivateBucket {
    const { environment } = this;
    return privateBucket(this, kind, {
      name: names.bucket(environment, kind),
      // S3 delivers access logs to no bucket whose default is a KMS key. What is worth more in that bucket, results of
      // queries first of all, names the key itself.
      keyArn: kind === 'logs' ? undefined : encryption.keys[keyOf(kind)].arn,
      // Releases and logs can be made again; data is never emptied by Terraform, only by who asks for it.
      forceDestroy: (kind === 'artifacts' || kind === 'logs') && !environment.protected,
      lock: kind === 'landing' ? environment.lake.objectLock?.landing : undefined,
    });
  }

  private expire(kind: BucketKind): void {
    new S3BucketLifecycleConfiguration(this, `${kind}_lifecycle`, {
      bucket: this.buckets[kind].bucket,
      rule: lifecycleRules(kind, this.environment),
      dependsOn: [this.versioning[kind]],
    });
  }
}
