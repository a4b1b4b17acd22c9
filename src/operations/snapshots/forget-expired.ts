import pLimit from 'p-limit';
import type { Environment } from '../../model/environment.js';
import { listingsOf, snapshotKeys, type Manifest } from '../../model/snapshots/manifest.js';
import { expired } from '../../model/snapshots/retention.js';
import { step, type Steps } from '../events.js';
import { keptFiles, readable, removeManifest, storedSnapshots, type SnapshotStore } from './store.js';

/** What nobody needs any more is left for so long: a snapshot that is being taken has it in no manifest yet. */
const graceMilliseconds = 86_400_000;

/**
 * Removes the snapshots that are kept no longer, and then what no other one has. A snapshot that cannot be read is not
 * counted, and as long as there is one nothing that it might need is removed.
 * @param known the snapshots that there are, as far as that is known already
 * @returns the ids of the removed ones
 */
export async function* forgetExpired(
  store: SnapshotStore,
  { snapshots }: Pick<Environment, 'snapshots'>,
  known: readonly Manifest[],
  now = Date.now(),
): Steps<string[]> {
  if (!snapshots) return [];
  if (expired(known, snapshots.keep).length === 0) return [];
  // Whoever has taken the lock from this one may have made another meanwhile, which needs what it found to be there.
  const all = await storedSnapshots(store);
  const manifests = readable(all);
  const gone = expired(manifests, snapshots.keep);
  if (gone.length === 0) return [];
  return yield* step(
    'forget',
    `Remove ${gone.length === 1 ? 'a snapshot' : `${gone.length} snapshots`} that are kept no longer`,
    async () => {
      // Off the list first: whatever happens then, no snapshot is listed that lacks something.
      for (const { id } of gone) await removeManifest(store, id);
      const kept = manifests.filter((one) => !gone.includes(one));
      if (manifests.length === all.length) await sweep(store, kept, now);
      return gone.map(({ id }) => id);
    },
  );
}

/** Removes what none of these snapshots has. */
async function sweep(store: SnapshotStore, kept: readonly Manifest[], now: number): Promise<void> {
  const { bucket, environment, objects } = store;
  const needed = new Set<string>();
  for (const manifest of kept) {
    for (const hash of [
      ...Object.values(manifest.documents),
      ...manifest.tables.map(({ listing }) => listing),
    ])
      needed.add(snapshotKeys.document(environment, hash));
  }
  const limit = pLimit(16);
  await Promise.all(
    [...listingsOf(kept)].map(([listing, { folder, id }]) =>
      limit(async () => {
        for (const file of await keptFiles(store, id, listing))
          needed.add(snapshotKeys.file(environment, folder, file));
      }),
    ),
  );
  for (const prefix of [snapshotKeys.documents(environment), snapshotKeys.files(environment)]) {
    const unneeded = (await objects.list(bucket, prefix)).filter(
      ({ key, modified }) =>
        !needed.has(key) && modified !== undefined && now - modified.getTime() > graceMilliseconds,
    );
    await objects.remove(
      bucket,
      unneeded.map(({ key }) => key),
    );
  }
}
