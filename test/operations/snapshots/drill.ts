import type { Manifest } from '../../../src/model/snapshots/manifest.js';
import {
  restoreSnapshot,
  type RestoreOptions,
  type RestoreResult,
} from '../../../src/operations/snapshots/restore-snapshot.js';
import { readable, storedSnapshots } from '../../../src/operations/snapshots/store.js';
import { takeSnapshot, type SnapshotResult } from '../../../src/operations/snapshots/take-snapshot.js';
import { verifySnapshot, type VerifyResult } from '../../../src/operations/snapshots/verify-snapshot.js';
import { collect } from '../collect.js';
import type { MemoryLake } from './memory-lake.js';

const atOnce = (): Promise<void> => Promise.resolve();

export async function take(
  { access, store }: MemoryLake,
  options: { without?: string[]; full?: boolean } = {},
): Promise<SnapshotResult> {
  return (await collect(takeSnapshot({ access, store, pause: atOnce, ...options }))).result;
}

/** The whole snapshots, the newest first. */
export async function listedIn({ store }: MemoryLake): Promise<Manifest[]> {
  return readable(await storedSnapshots(store));
}

export async function verify(
  { access, store }: MemoryLake,
  snapshot = 'latest',
  options: { restored?: boolean } = {},
): Promise<VerifyResult> {
  return (await collect(verifySnapshot({ access, store, snapshot, ...options }))).result;
}

export async function restoreInto(
  { access, store }: MemoryLake,
  options: Partial<RestoreOptions> = {},
): Promise<RestoreResult> {
  const consent = (): Promise<boolean> => Promise.resolve(true);
  return (await collect(restoreSnapshot({ access, store, snapshot: 'latest', consent, ...options }))).result;
}
