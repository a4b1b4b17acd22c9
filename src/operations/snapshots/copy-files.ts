import pLimit from 'p-limit';
import { s3Connections } from '../../aws/clients.js';
import type { FoundObject } from '../../aws/objects.js';
import { snapshotKeys, type KeptFile } from '../../model/snapshots/manifest.js';
import type { NeededFile } from './lake-tables.js';
import type { SnapshotStore } from './store.js';

/** How far the copying is. */
export interface CopyCount {
  copied: number;
  copiedBytes: number;
  /** Those that an earlier snapshot, or one that was cut short, has left there. */
  reused: number;
}

/** How the files of one snapshot are copied, those of all of its tables. */
export interface Copying {
  readonly limit: ReturnType<typeof pLimit>;
  readonly count: CopyCount;
  /** Copy also what is in the store already. */
  readonly full: boolean;
  readonly signal?: AbortSignal;
}

export function newCopying(full: boolean, signal?: AbortSignal): Copying {
  const count = { copied: 0, copiedBytes: 0, reused: 0 };
  return { limit: pLimit(s3Connections), count, full, ...(signal && { signal }) };
}

/**
 * Copies what is not in the store yet of a table's files.
 * @param known what an earlier snapshot has of them, by path
 * @throws ObjectChanged where a file was written over or removed since it was looked at
 */
export async function keepFiles(
  store: SnapshotStore,
  folder: string,
  files: readonly NeededFile[],
  known: ReadonlyMap<string, KeptFile>,
  { limit, count, full, signal }: Copying,
): Promise<KeptFile[]> {
  const isKnown = (file: NeededFile): KeptFile | undefined => {
    const kept = known.get(file.path);
    return kept?.etag === file.etag && kept.size === file.size ? kept : undefined;
  };
  const missing = files.filter((file) => !isKnown(file));
  const left = full || missing.length === 0 ? new Map<string, FoundObject>() : await leftThere(store, folder);
  return Promise.all(
    files.map(async (file) => {
      const kept = isKnown(file);
      if (kept) {
        count.reused += 1;
        return kept;
      }
      return limit(() => {
        signal?.throwIfAborted();
        return keepFile(store, folder, file, left, count);
      });
    }),
  );
}

async function keepFile(
  { bucket, environment, copies }: SnapshotStore,
  folder: string,
  file: NeededFile,
  left: ReadonlyMap<string, FoundObject>,
  count: CopyCount,
): Promise<KeptFile> {
  const { path, size, etag } = file;
  const to = { bucket, key: snapshotKeys.file(environment, folder, file) };
  const found = left.get(to.key)?.size === size ? await copies.checksum(to) : undefined;
  if (found) count.reused += 1;
  const checksum = found ?? (await copies.copy(file, to));
  if (!found) {
    count.copied += 1;
    count.copiedBytes += size;
  }
  return { path, size, etag, ...checksum };
}

/** What the store has of a folder, whether or not a snapshot names it. */
async function leftThere(
  { bucket, environment, objects }: SnapshotStore,
  folder: string,
): Promise<Map<string, FoundObject>> {
  const found = await objects.list(bucket, snapshotKeys.folder(environment, folder));
  return new Map(found.map((file) => [file.key, file]));
}
