import { bucketKinds, layers, type BucketKind } from './layers.js';

/** A key for what is delivered, one a layer, and one for everything that is not the lake's data. */
export const keyNames = ['landing', ...layers, 'operations'] as const;
export type KeyName = (typeof keyNames)[number];

/** The key that encrypts a bucket. */
export function keyOf(bucket: BucketKind): KeyName {
  return bucket === 'artifacts' || bucket === 'logs' ? 'operations' : bucket;
}

/** The buckets that a key encrypts. */
export function bucketsOf(key: KeyName): BucketKind[] {
  return bucketKinds.filter((kind) => keyOf(kind) === key);
}
