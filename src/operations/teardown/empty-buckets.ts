import type { S3 } from '@aws-sdk/client-s3';
import { isAws } from '../../aws/failures.js';
import type { Environment } from '../../model/environment.js';
import { DataplatError } from '../../model/errors.js';
import { names } from '../../model/names.js';
import type { EnvironmentAccess } from '../environment-access.js';
import { step, type Steps } from '../events.js';

/** Removes every version of every object from the environment's buckets, copies included: S3 destroys only empty ones. */
export async function* emptyBuckets({ platform, aws }: EnvironmentAccess): Steps<void> {
  const { environment } = platform;
  const buckets = [
    ...names.buckets(environment).map((bucket) => ({ bucket, region: environment.region })),
    ...names
      .replicaBuckets(environment)
      .map((bucket) => ({ bucket, region: environment.lake.replication?.region })),
  ];
  yield* step('empty', 'Empty the buckets', async function* () {
    let removed = 0;
    for (const { bucket, region } of buckets) {
      const s3 = await aws.clients.s3(region);
      for (;;) {
        const objects = await somePage(s3, bucket);
        if (objects.length === 0) break;
        await remove(s3, bucket, objects, environment, removed);
        removed += objects.length;
        yield { detail: bucket, done: removed };
      }
    }
  });
}

interface Version {
  readonly Key: string;
  readonly VersionId?: string;
}

/** The first page each time, because each page is removed before the next is asked for. */
async function somePage(s3: S3, Bucket: string): Promise<Version[]> {
  const page = await s3.listObjectVersions({ Bucket, MaxKeys: 1000 }).catch((error: unknown) => {
    if (isAws(error, 'NoSuchBucket')) return undefined;
    throw error;
  });
  return [...(page?.Versions ?? []), ...(page?.DeleteMarkers ?? [])].map(({ Key, VersionId }) => ({
    Key: Key ?? '',
    ...(VersionId !== undefined && { VersionId }),
  }));
}

async function remove(
  s3: S3,
  Bucket: string,
  objects: Version[],
  { lake: { objectLock } }: Environment,
  removedBefore: number,
): Promise<void> {
  const { Errors } = await s3.deleteObjects({
    Bucket,
    Delete: { Objects: objects, Quiet: true },
    // Who takes an environment down with its data means locked versions too; COMPLIANCE refuses all the same.
    ...(objectLock && { BypassGovernanceRetention: true }),
  });
  const [refused] = Errors ?? [];
  if (!refused) return;
  throw new DataplatError('DP4003', `S3 keeps ${Bucket}/${refused.Key}: ${refused.Message}`, {
    left: `${removedBefore} versions of objects are gone; every bucket is still there`,
    ...(objectLock && {
      next: ['wait until the lock of the last version has expired: lake.objectLock says after how many days'],
    }),
  });
}
