import { type Construct, type S3Bucket, S3BucketInventory, type S3BucketPolicy } from './constructs.cjs';
import type { Environment } from '../src/model/environment.js';
import { replicatedKinds, type BucketKind } from '../src/model/layers.js';
import { logFolders } from '../src/model/log-folders.js';
import { names } from '../src/model/names.js';

/** S3's own list of what is in the data buckets: size, age, class, encryption and whether the copy has arrived. */
export function inventories(
  scope: Construct,
  buckets: Readonly<Record<BucketKind, S3Bucket>>,
  environment: Environment,
  logsPolicy: S3BucketPolicy,
): void {
  const { inventory } = environment.lake;
  if (inventory === 'none') return;
  for (const kind of replicatedKinds) {
    new S3BucketInventory(scope, `${kind}_inventory`, {
      bucket: buckets[kind].bucket,
      name: 'everything',
      includedObjectVersions: 'All',
      schedule: { frequency: inventory === 'daily' ? 'Daily' : 'Weekly' },
      optionalFields: [
        'Size',
        'LastModifiedDate',
        'StorageClass',
        'EncryptionStatus',
        'ReplicationStatus',
        'ObjectLockMode',
        'ObjectLockRetainUntilDate',
        'IntelligentTieringAccessTier',
      ],
      destination: {
        bucket: {
          accountId: environment.account,
          bucketArn: `arn:aws:s3:::${names.bucket(environment, 'logs')}`,
          prefix: logFolders.inventory.replace(/\/$/, ''),
          format: 'Parquet',
          encryption: { sseS3: {} },
        },
      },
      dependsOn: [logsPolicy],
    });
  }
}
