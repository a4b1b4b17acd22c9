import {
  type Construct,
  S3Bucket,
  S3BucketObjectLockConfigurationA,
  S3BucketOwnershipControls,
  S3BucketPublicAccessBlock,
  S3BucketServerSideEncryptionConfigurationA,
  S3BucketVersioningA,
  type TerraformProvider,
} from './constructs.cjs';
import type { Environment } from '../src/model/environment.js';

type ObjectLock = NonNullable<NonNullable<Environment['lake']['objectLock']>['landing']>;

export interface PrivateBucketProps {
  readonly name: string;
  /** None: S3's own key. */
  readonly keyArn?: string | undefined;
  /** Terraform empties it when it is destroyed. */
  readonly forceDestroy: boolean;
  /** How long no version may be deleted. */
  readonly lock?: ObjectLock | undefined;
  /** Locks are copied from another bucket; this one sets none of its own. */
  readonly takesLocks?: boolean;
  /** Of another region than the stack's. */
  readonly provider?: TerraformProvider;
}

export interface PrivateBucket {
  readonly bucket: S3Bucket;
  readonly versioning: S3BucketVersioningA;
}

/** A bucket that is closed to the public, knows no object owners, is encrypted, and keeps what is overwritten. */
export function privateBucket(
  scope: Construct,
  id: string,
  { name, keyArn, forceDestroy, lock, takesLocks = false, ...elsewhere }: PrivateBucketProps,
): PrivateBucket {
  const locked = lock !== undefined || takesLocks;
  const made = new S3Bucket(scope, id, {
    bucket: name,
    forceDestroy,
    // Set when a bucket is made: setting it later makes the bucket anew, which a deploy refuses.
    ...(locked && { objectLockEnabled: true }),
    ...elsewhere,
  });
  const { bucket } = made;
  new S3BucketPublicAccessBlock(scope, `${id}_private`, {
    bucket,
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
    ...elsewhere,
  });
  new S3BucketOwnershipControls(scope, `${id}_ownership`, {
    bucket,
    rule: { objectOwnership: 'BucketOwnerEnforced' },
    ...elsewhere,
  });
  new S3BucketServerSideEncryptionConfigurationA(scope, `${id}_encryption`, {
    bucket,
    rule: [
      keyArn === undefined
        ? { applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }
        : {
            applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: keyArn },
            // One call to KMS a few minutes instead of one an object.
            bucketKeyEnabled: true,
          },
    ],
    ...elsewhere,
  });
  const versioning = new S3BucketVersioningA(scope, `${id}_versioning`, {
    bucket,
    versioningConfiguration: { status: 'Enabled' },
    ...elsewhere,
  });
  if (lock) {
    new S3BucketObjectLockConfigurationA(scope, `${id}_lock`, {
      bucket,
      objectLockEnabled: 'Enabled',
      rule: { defaultRetention: { mode: lock.mode, days: lock.days } },
      dependsOn: [versioning],
      ...elsewhere,
    });
  }
  return { bucket: made, versioning };
}
