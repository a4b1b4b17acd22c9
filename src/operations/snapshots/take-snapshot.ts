import { randomBytes } from 'node:crypto';
import { names } from '../../model/names.js';
import {
  releaseFolder,
  sizeOf,
  snapshotId,
  tableFolder,
  type KeptFile,
  type Manifest,
} from '../../model/snapshots/manifest.js';
import type { EnvironmentAccess } from '../environment-access.js';
import { step, type Operation, type Steps } from '../events.js';
import { readCurrentRelease } from '../release/current-release.js';
import type { Pause } from '../waiting.js';
import { keepFiles, newCopying, type Copying } from './copy-files.js';
import {
  airflowDocument,
  catalogDocument,
  secretsDocument,
  statesDocument,
  type StatesDocument,
  tagsDocument,
} from './documents.js';
import { forgetExpired } from './forget-expired.js';
import { whileTaking } from './snapshot-lock.js';
import { putDocument, putManifest, readable, storeOf, storedSnapshots, type SnapshotStore } from './store.js';
import { interrupted, takeTables } from './take-tables.js';

/** What a snapshot needs of an account that is open. */
export interface SnapshotAccess extends Pick<EnvironmentAccess, 'platform' | 'aws' | 'caller'> {
  /** Where states are that no bucket has; missing on another machine than the one that deploys. */
  readonly terraformDirectory?: string;
}

export interface TakeOptions {
  readonly access: SnapshotAccess;
  /** Tables that are left out, as `layer/name`. */
  readonly without?: readonly string[];
  /** Copy every file again, also what earlier snapshots have: mends what of them was damaged. Default: false. */
  readonly full?: boolean;
  /** Ask Airflow for its variables and connections; one on this machine is started for it. Default: true. */
  readonly airflow?: boolean;
  readonly signal?: AbortSignal;
  /** Waits before a table that changed is looked at again. Tests hand in one that does not wait. */
  readonly pause?: Pause;
  /** Where snapshots are. Default: where the environment says; tests hand in one in memory. */
  readonly store?: SnapshotStore;
}

export interface SnapshotResult {
  readonly environment: string;
  readonly snapshot: string;
  readonly bucket: string;
  readonly tables: number;
  readonly files: number;
  readonly bytes: number;
  /** What was not there yet, and so was copied. */
  readonly copied: number;
  readonly copiedBytes: number;
  /** What it lacks, in sentences. */
  readonly missing: readonly string[];
  /** Snapshots that are kept no longer. */
  readonly removed: readonly string[];
}

/**
 * Takes a snapshot: every Delta table at one version, and what is said of them. Tables that have not changed since the
 * last snapshot are not read again, and files that it has are not copied again.
 * @throws DataplatError DP1007 without a setting, DP9002 without a bucket, DP9004 for a table that cannot be taken, DP9005
 *   while somebody else takes one, DP1008 when the signal fires
 */
export async function* takeSnapshot(options: TakeOptions): Operation<SnapshotResult> {
  const { access, signal } = options;
  const store = storeOf(options);
  yield* whileTaking(store, access, signal, (held) => takeAlone(options, store, held));
}

async function* takeAlone(
  options: TakeOptions,
  store: SnapshotStore,
  signal: AbortSignal,
): Operation<SnapshotResult> {
  const { access } = options;
  const { environment } = access.platform;
  const before = readable(await storedSnapshots(store));
  const [last] = before;
  // Behind the last one, whatever the clock of who took that: the newest is known by this.
  const takenAt = new Date(Math.max(Date.now(), Date.parse(last?.takenAt ?? '') + 1 || 0));
  const id = snapshotId(takenAt, randomBytes(2).toString('hex'));
  const copying = newCopying(options.full ?? false, signal);
  const known = copying.full ? undefined : last;
  const { tables, missing } = yield* takeTables(options, store, known, copying);
  const { documents, release, lacking } = yield* takeDocuments(options, store, known, copying);
  // Somebody may have taken the lock, and have removed what this one has found to be there.
  if (signal.aborted) throw interrupted();
  const manifest: Manifest = {
    format: 1,
    id,
    takenAt: takenAt.toISOString(),
    by: access.caller,
    environment: {
      name: environment.name,
      account: environment.account,
      region: environment.region,
      prefix: environment.prefix,
      bucketPrefix: environment.lake.bucketPrefix,
    },
    tables: [...tables].sort((a, b) => (tableFolder(a) < tableFolder(b) ? -1 : 1)),
    documents,
    release,
    missing: [...missing, ...lacking],
  };
  yield* step('manifest', `Write down snapshot ${id}`, () => putManifest(store, manifest));
  const removed = yield* forgetExpired(store, environment, [manifest, ...before]);
  yield {
    type: 'result',
    result: {
      environment: environment.name,
      snapshot: id,
      bucket: store.bucket,
      ...sizeOf(tables),
      copied: copying.count.copied,
      copiedBytes: copying.count.copiedBytes,
      missing: manifest.missing,
      removed,
    },
  };
}

/** What is said of the tables, as it was when they had been copied. Nothing of it but tags needs the rest. */
async function* takeDocuments(
  options: TakeOptions,
  store: SnapshotStore,
  last: Manifest | undefined,
  copying: Copying,
): Steps<{ documents: Manifest['documents']; release: string | null; lacking: string[] }> {
  const { access, airflow: wanted = true } = options;
  return yield* step('documents', 'Take the catalog, tags, grants and states', async () => {
    const [described, secrets, states, kept, airflow] = await allEnded([
      keepCatalogAndTags(access, store),
      secretsDocument(access.platform.environment, access.aws).then((found) => putDocument(store, found)),
      statesOf(access).then((found) => found && putDocument(store, found)),
      keepCurrentRelease(access, store, last, copying),
      wanted
        ? airflowDocument(access.platform.environment, access.aws).then(
            (found) => found && putDocument(store, found),
          )
        : undefined,
    ]);
    const { release, listing } = kept;
    const lacking = [
      ...(states !== undefined
        ? []
        : ['Terraform’s states lie on the machine that deploys, and are not in it']),
      ...(release === undefined ? ['no release was deployed'] : []),
      ...(airflow !== undefined
        ? []
        : wanted
          ? ['Airflow does not run, so its variables and connections are not in it']
          : ['variables and connections of Airflow were left out, as asked']),
    ];
    return {
      documents: {
        ...described,
        secrets,
        ...(states !== undefined && { states }),
        ...(listing !== undefined && { release: listing }),
        ...(airflow !== undefined && { airflow }),
      },
      release: release ?? null,
      lacking,
    };
  });
}

/** What all of them make. None goes on behind the back of whoever is told that one has failed, and lets go of the lock. */
async function allEnded<const Work extends readonly unknown[]>(work: Work) {
  await Promise.allSettled(work);
  return Promise.all(work);
}

async function keepCatalogAndTags(
  { platform: { environment }, aws }: SnapshotAccess,
  store: SnapshotStore,
): Promise<Record<'catalog' | 'tags', string>> {
  const catalog = await catalogDocument(environment, aws);
  const [kept, tags] = await allEnded([
    putDocument(store, catalog),
    tagsDocument(environment, catalog, aws).then((found) => putDocument(store, found)),
  ]);
  return { catalog: kept, tags };
}

/** Undefined where they lie on another machine, which keeps no snapshot from being taken. */
async function statesOf(access: SnapshotAccess): Promise<StatesDocument | undefined> {
  const { platform, terraformDirectory } = access;
  if (terraformDirectory !== undefined) return statesDocument({ ...access, terraformDirectory });
  if (platform.environment.state.backend === 'local') return undefined;
  return statesDocument({ ...access, terraformDirectory: '' });
}

/** A release is what its name says, so that one which the last snapshot has need not be looked at. */
async function keepCurrentRelease(
  access: SnapshotAccess,
  store: SnapshotStore,
  last: Manifest | undefined,
  copying: Copying,
): Promise<{ release: string | undefined; listing?: string }> {
  const release = await readCurrentRelease(access.platform.environment, access.aws.objects);
  if (release === undefined) return { release };
  if (release === last?.release && last.documents.release !== undefined)
    return { release, listing: last.documents.release };
  return { release, listing: await putDocument(store, await keepRelease(access, store, release, copying)) };
}

async function keepRelease(
  { platform, aws }: SnapshotAccess,
  store: SnapshotStore,
  release: string,
  copying: Copying,
): Promise<KeptFile[]> {
  const bucket = names.bucket(platform.environment, 'artifacts');
  const prefix = `releases/${release}/`;
  const files = await aws.objects.list(bucket, prefix);
  const needed = files.map((file) => ({ ...file, bucket, path: file.key.slice(prefix.length) }));
  return keepFiles(store, releaseFolder(release), needed, new Map(), copying);
}
