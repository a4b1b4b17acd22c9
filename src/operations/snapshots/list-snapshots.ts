import type { AccountAccess } from '../account-access.js';
import { sizeOf } from '../../model/snapshots/manifest.js';
import type { Operation } from '../events.js';
import { snapshotStore, storedSnapshots } from './store.js';

/** A snapshot in a listing. */
export interface SnapshotRow {
  readonly snapshot: string;
  readonly takenAt?: string;
  readonly by?: string;
  readonly tables?: number;
  readonly files?: number;
  readonly bytes?: number;
  readonly release?: string | null;
  /** What it lacks, in sentences. */
  readonly missing?: readonly string[];
  /** Why it cannot be used, where it cannot. */
  readonly problem?: string;
}

export interface SnapshotList {
  readonly environment: string;
  readonly bucket: string;
  readonly snapshots: readonly SnapshotRow[];
}

/** The snapshots of an environment, the newest first. @throws DataplatError DP1007, DP9002 */
export async function* listSnapshots({ platform, aws }: AccountAccess): Operation<SnapshotList> {
  const store = snapshotStore(platform.environment, aws);
  const found = await storedSnapshots(store);
  const snapshots = found.map(({ id, manifest }): SnapshotRow => {
    if (typeof manifest === 'string') return { snapshot: id, problem: manifest };
    const { takenAt, by, tables, release, missing } = manifest;
    return {
      snapshot: id,
      takenAt,
      by,
      ...sizeOf(tables),
      release,
      missing,
    };
  });
  yield {
    type: 'result',
    result: { environment: platform.environment.name, bucket: store.bucket, snapshots },
  };
}
