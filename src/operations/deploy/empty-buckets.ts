import { bucketKinds } from '../../model/layers.js';
import { names } from '../../model/names.js';
import { isAws } from '../../aws/failures.js';
import type { EnvironmentAccess } from '../environment-access.js';
import { step, type Steps } from '../events.js';

/** Removes every version of every object from the environment's buckets: S3 destroys only empty ones. */
export async function* emptyBuckets({ platform, aws }: EnvironmentAccess): Steps<void> {
  const s3 = await aws.clients.s3();
  yield* step('empty', 'Empty the buckets', async function* () {
    let removed = 0;
    for (const kind of bucketKinds) {
      const Bucket = names.bucket(platform.environment, kind);
      for (;;) {
        // The first page each time, because each page is removed before the next is asked for.
        const page = await s3.listObjectVersions({ Bucket, MaxKeys: 1000 }).catch((error: unknown) => {
          if (isAws(error, 'NoSuchBucket')) return undefined;
          throw error;
        });
        const objects = [...(page?.Versions ?? []), ...(page?.DeleteMarkers ?? [])].map(
          ({ Key, VersionId }) => ({
            Key: Key ?? '',
            ...(VersionId !== undefined && { VersionId }),
          }),
        );
        if (objects.length === 0) break;
        const { Errors } = await s3.deleteObjects({ Bucket, Delete: { Objects: objects, Quiet: true } });
        if (Errors && Errors.length > 0)
          throw new Error(`${Bucket}/${Errors[0]?.Key}: ${Errors[0]?.Message}`);
        removed += objects.length;
        yield { detail: Bucket, done: removed };
      }
    }
  });
}
