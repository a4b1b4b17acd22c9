import type { Aws } from '../../aws/aws.js';
import { s3Copies, type Copies } from '../../aws/object-copies.js';
import { s3Objects, type Objects } from '../../aws/objects.js';
import { s3Records, type Records } from '../../aws/records.js';
import type { Environment } from '../../model/environment.js';
import { DataplatError } from '../../model/errors.js';
import {
  keptFilesSchema,
  manifestNamed,
  manifestSchema,
  snapshotKeys,
  type KeptFile,
  type Manifest,
} from '../../model/snapshots/manifest.js';
import type { AccountAccess } from '../account-access.js';
import { sha256 } from '../release/release.js';

/** The bucket that an environment's snapshots are in. */
export interface SnapshotStore {
  /** The environment that the snapshots are of. */
  readonly environment: string;
  readonly bucket: string;
  readonly objects: Objects;
  readonly copies: Copies;
  readonly records: Records;
}

/**
 * Opens the store of an environment's snapshots; touches nothing.
 * @param aws of whoever acts, who may be another environment's
 * @throws DataplatError DP1007 where the environment names no bucket
 */
export function snapshotStore(
  { name, region, account, snapshots }: Environment,
  { clients }: Pick<Aws, 'clients'>,
): SnapshotStore {
  if (!snapshots) {
    throw new DataplatError('DP1007', `environment "${name}" names no bucket for snapshots`, {
      left: 'nothing was changed',
      next: [
        `snapshots: { bucket: … } in config/environments/${name}.yaml`,
        `and then: dataplat bootstrap --env ${name}`,
      ],
    });
  }
  const { bucket } = snapshots;
  const there = snapshots.region ?? region;
  const inRegion = { ...clients, s3: (other?: string) => clients.s3(other ?? there) };
  return {
    environment: name,
    bucket,
    objects: s3Objects(clients, there),
    copies: s3Copies(clients, there),
    records: s3Records(inRegion, bucket, account, () => noBucket(name, bucket)),
  };
}

/** A snapshot of the environment that is open, or of another one. */
export interface ChosenSnapshot {
  readonly access: AccountAccess;
  /** Its id, a beginning of that, or `latest`. */
  readonly snapshot: string;
  /** The environment that it is of. Default: the one that is open. */
  readonly from?: Environment;
  readonly signal?: AbortSignal;
  /** Where the snapshot is. Default: where the environment says; tests hand in one in memory. */
  readonly store?: SnapshotStore;
}

/** Where a snapshot is. @throws DataplatError DP1007 */
export function storeOf({
  access,
  from,
  store,
}: Pick<ChosenSnapshot, 'from' | 'store'> & {
  readonly access: Pick<AccountAccess, 'platform' | 'aws'>;
}): SnapshotStore {
  return store ?? snapshotStore(from ?? access.platform.environment, access.aws);
}

function noBucket(environment: string, bucket: string): DataplatError {
  return new DataplatError('DP9002', `there is no bucket ${bucket} for snapshots`, {
    left: 'nothing was changed',
    next: [`dataplat bootstrap --env ${environment}`, 'and then the same command again'],
  });
}

/** A snapshot as it is listed. */
export interface StoredSnapshot {
  readonly id: string;
  /** Where it is not what its name says: why. */
  readonly manifest: Manifest | string;
}

/**
 * All snapshots of an environment, the newest first. What a crash has left is none of them.
 * @throws DataplatError DP9002 without a bucket
 */
export async function storedSnapshots(store: SnapshotStore): Promise<StoredSnapshot[]> {
  const { bucket, environment, objects } = store;
  const [folders, found] = await Promise.allSettled([
    objects.folders(bucket),
    objects.list(bucket, snapshotKeys.manifests(environment)),
  ]);
  if (folders.status === 'rejected') throw folders.reason;
  if (folders.value === undefined) throw noBucket(environment, bucket);
  if (found.status === 'rejected') throw found.reason;
  const named = found.value.flatMap(({ key }) => {
    const name = manifestNamed(key);
    return name ? [{ ...name, key }] : [];
  });
  const read = await Promise.all(
    named.map(async ({ id, hash, key }) => ({ id, manifest: await manifestAt(store, key, hash) })),
  );
  return read.sort((a, b) => (momentOf(a) < momentOf(b) ? 1 : -1));
}

/** Those that can be read, in their order. */
export function readable(snapshots: readonly StoredSnapshot[]): Manifest[] {
  return snapshots.flatMap(({ manifest }) => (typeof manifest === 'string' ? [] : [manifest]));
}

/** Of one that cannot be read as its id says it, to the second. */
function momentOf({ id, manifest }: StoredSnapshot): string {
  return typeof manifest === 'string' ? id : manifest.takenAt.replaceAll(/[-:]/g, '');
}

async function manifestAt(
  { bucket, objects }: SnapshotStore,
  key: string,
  hash: string,
): Promise<Manifest | string> {
  const content = await objects.get({ bucket, key });
  if (!content) return 'it was removed meanwhile';
  if (sha256(content) !== hash) return 'its manifest is not what was written';
  const { data, error } = manifestSchema.safeParse(JSON.parse(content.toString('utf8')));
  return data ?? `its manifest is of another version of dataplat: ${error?.issues[0]?.message ?? ''}`;
}

/**
 * The snapshot that a person means: by its id or a beginning of it, or `latest`.
 * @throws DataplatError DP9001 for none, DP9003 for one that cannot be read
 */
export async function findSnapshot(store: SnapshotStore, wanted: string): Promise<Manifest> {
  const all = await storedSnapshots(store);
  const fitting =
    wanted === 'latest'
      ? all.filter(({ manifest }) => typeof manifest !== 'string').slice(0, 1)
      : all.filter(({ id }) => id === wanted || (wanted.length >= 4 && id.startsWith(wanted)));
  const [found] = fitting;
  if (!found || fitting.length > 1) {
    throw new DataplatError(
      'DP9001',
      found
        ? `snapshot "${wanted}" is ${fitting.map(({ id }) => id).join(' or ')}`
        : `no snapshot "${wanted}" of environment "${store.environment}"; there is: ${all.map(({ id }) => id).join(', ') || 'none'}`,
      { left: 'nothing was changed', next: [`dataplat dr list --env ${store.environment}`] },
    );
  }
  if (typeof found.manifest === 'string') throw notWhole(found.id, [found.manifest]);
  return found.manifest;
}

/** Writes the manifest of a snapshot all of whose parts are there: with it the snapshot is. */
export async function putManifest(store: SnapshotStore, manifest: Manifest): Promise<void> {
  const content = JSON.stringify(manifest);
  const key = snapshotKeys.manifest(store.environment, manifest.id, sha256(content));
  await store.objects.put({ bucket: store.bucket, key }, content, 'application/json');
}

/** Takes a snapshot off the list; what it consists of may be another's too. */
export async function removeManifest(store: SnapshotStore, id: string): Promise<void> {
  const { bucket, environment, objects } = store;
  const found = await objects.list(bucket, `${snapshotKeys.manifests(environment)}${id}.`);
  await objects.remove(
    bucket,
    found.map(({ key }) => key),
  );
}

/** Writes a document under the hash of what it says. @returns the hash */
export async function putDocument(store: SnapshotStore, value: unknown): Promise<string> {
  const content = JSON.stringify(value);
  const hash = sha256(content);
  const place = { bucket: store.bucket, key: snapshotKeys.document(store.environment, hash) };
  await store.objects.put(place, content, 'application/json');
  return hash;
}

/** The text of a document. @throws DataplatError DP9003 where it is not there, or not what was written */
export async function documentText(store: SnapshotStore, snapshot: string, hash: string): Promise<string> {
  const { bucket, environment, objects } = store;
  const key = snapshotKeys.document(environment, hash);
  const content = await objects.get({ bucket, key });
  if (!content) throw notWhole(snapshot, [`s3://${bucket}/${key}  is not there`]);
  if (sha256(content) !== hash) throw notWhole(snapshot, [`s3://${bucket}/${key}  is not what was written`]);
  return content.toString('utf8');
}

/** The files of a table or folder. @throws DataplatError DP9003 */
export async function keptFiles(
  store: SnapshotStore,
  snapshot: string,
  listing: string,
): Promise<KeptFile[]> {
  return keptFilesSchema.parse(JSON.parse(await documentText(store, snapshot, listing)));
}

export function notWhole(id: string, problems: readonly string[]): DataplatError {
  const most = 20;
  return new DataplatError(
    'DP9003',
    `snapshot ${id} is not whole (${problems.length === 1 ? 'one finding' : `${problems.length} findings`})`,
    {
      excerpt: [
        ...problems.slice(0, most),
        ...(problems.length > most ? [`and ${problems.length - most} more`] : []),
      ],
      left: 'other snapshots; files that they share with this one are as damaged in them',
      next: [
        'dataplat dr list',
        'dataplat dr verify <another>',
        'dataplat dr snapshot --full, which copies again what the lake still has',
      ],
    },
  );
}
