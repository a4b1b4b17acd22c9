import pLimit from 'p-limit';
import { s3Connections } from '../../aws/clients.js';
import { ObjectChanged, type Copies, type SeenObject } from '../../aws/object-copies.js';
import { uriOf, type FoundObject, type ObjectPlace, type Objects } from '../../aws/objects.js';
import type { Environment } from '../../model/environment.js';
import { DataplatError } from '../../model/errors.js';
import { names } from '../../model/names.js';
import { newestLog, UnreadableTable } from '../../model/snapshots/delta-log.js';
import {
  snapshotKeys,
  tableFolder,
  type KeptFile,
  type Manifest,
  type SnapshotTable,
} from '../../model/snapshots/manifest.js';
import { notDeployed, sha256 } from '../release/release.js';
import { keptFiles, notWhole, type SnapshotStore } from './store.js';

/** What is to be done about a table. `continue`: a restore of it was cut short. `there`: it is as the snapshot has it. */
export type TableAction = 'restore' | 'continue' | 'there' | 'overwrite';

export interface PlannedTable {
  readonly table: SnapshotTable;
  readonly action: TableAction;
  /** Of what would be written over: the version that it is at, where that can be told. */
  readonly current?: number;
}

/** Lies in a table's folder as long as it is not whole. */
const marker = '_restoring.json';
const [logFolder, streamFolder] = ['_delta_log/', '_checkpoints/'];

/** Looks at where tables are to go; changes nothing. @throws DataplatError DP4004 where a bucket is missing */
export async function planTables(
  environment: Environment,
  objects: Objects,
  store: SnapshotStore,
  manifest: Manifest,
): Promise<PlannedTable[]> {
  for (const layer of new Set(manifest.tables.map((table) => table.layer))) {
    const bucket = names.bucket(environment, layer);
    if (!(await objects.folders(bucket))) throw notDeployed(environment, `there is no bucket ${bucket}`);
  }
  const limit = pLimit(8);
  return Promise.all(
    manifest.tables.map((table) => limit(() => planTable(environment, objects, store, manifest.id, table))),
  );
}

async function planTable(
  environment: Environment,
  objects: Objects,
  store: SnapshotStore,
  snapshot: string,
  table: SnapshotTable,
): Promise<PlannedTable> {
  const bucket = names.bucket(environment, table.layer);
  const prefix = `${table.name}/`;
  const found = await objects.list(bucket, prefix);
  const there = new Map(found.map((file) => [file.key.slice(prefix.length), file]));
  if (there.has(marker)) return { table, action: 'continue' };
  const log = [...there.keys()].filter((path) => path.startsWith(logFolder));
  if (log.length === 0) return { table, action: 'restore' };
  const current = versionOf(log);
  const kept = await keptFiles(store, snapshot, table.listing);
  const newest = kept.find(
    ({ path }) => path === `${logFolder}${String(table.version).padStart(20, '0')}.json`,
  );
  const same =
    current === table.version &&
    kept.every(({ path, size }) => there.get(path)?.size === size) &&
    newest !== undefined &&
    (await isContent(objects, { bucket, key: `${prefix}${newest.path}` }, newest));
  return { table, action: same ? 'there' : 'overwrite', ...(current !== undefined && { current }) };
}

/**
 * Writes tables. Readers see nothing of one before all of it is there: what a log begins with comes last. Where that is
 * interrupted, the next restore goes on.
 * @throws DataplatError DP1008
 */
export async function* restoreTables(
  environment: Environment,
  objects: Objects,
  copies: Copies,
  store: SnapshotStore,
  manifest: Manifest,
  tables: readonly PlannedTable[],
  signal?: AbortSignal,
): AsyncGenerator<{ detail: string; done: number; total: number }, { copied: number; bytes: number }, void> {
  const limit = pLimit(s3Connections);
  const todo = tables.filter(({ action }) => action !== 'there');
  const total = todo.reduce((sum, { table }) => sum + table.files, 0);
  let [done, copied, bytes] = [0, 0, 0];
  for (const { table } of todo) {
    const bucket = names.bucket(environment, table.layer);
    const prefix = `${table.name}/`;
    const folder = tableFolder(table);
    const at = (path: string) => ({ bucket, key: `${prefix}${path}` });
    const kept = await keptFiles(store, manifest.id, table.listing);
    await objects.put(at(marker), JSON.stringify({ snapshot: manifest.id }), 'application/json');
    const found = new Map(
      (await objects.list(bucket, prefix)).map((file) => [file.key.slice(prefix.length), file]),
    );
    const old = [...found.keys()].filter(
      (path) => path.startsWith(logFolder) || path.startsWith(streamFolder),
    );
    await objects.remove(
      bucket,
      old.map((path) => `${prefix}${path}`),
    );
    const write = async (file: KeptFile): Promise<void> => {
      if (signal?.aborted) throw interrupted(environment, manifest.id);
      if (!old.includes(file.path) && (await isThere(found.get(file.path), file, copies, at(file.path))))
        return;
      const from = {
        bucket: store.bucket,
        key: snapshotKeys.file(store.environment, folder, file),
        size: file.size,
      };
      await copyUnchanged(copies, from, at(file.path), file, manifest.id);
      copied += 1;
      bytes += file.size;
    };
    const steps = inOrder(kept);
    for (const files of steps) {
      for (let begin = 0; begin < files.length; begin += 200) {
        const portion = files.slice(begin, begin + 200);
        await Promise.all(portion.map((file) => limit(() => write(file))));
        done += portion.length;
        yield { detail: folder, done, total };
      }
    }
    await objects.remove(bucket, [`${prefix}${marker}`]);
  }
  return { copied, bytes };
}

/** Copies a file out of the store, and sees by the checksum that it is what was copied into it. */
async function copyUnchanged(
  copies: Copies,
  from: SeenObject,
  to: ObjectPlace,
  { sha256: wanted }: KeptFile,
  snapshot: string,
): Promise<void> {
  try {
    const { sha256: made } = await copies.copy(from, to);
    if (made !== wanted)
      throw notWhole(snapshot, [`${uriOf(from)}  is not what was copied: its checksum differs`]);
  } catch (error) {
    if (error instanceof ObjectChanged) throw notWhole(snapshot, [`${uriOf(from)}  is not there`]);
    throw error;
  }
}

/** Data first, then the log, and last what a log begins with: a first commit, or checkpoints. */
function inOrder(files: readonly KeptFile[]): KeptFile[][] {
  const isBase = ({ path }: KeptFile): boolean =>
    /^_delta_log\/(0{20}\.json$|\d{20}\.checkpoint\.)/.test(path);
  const isLog = ({ path }: KeptFile): boolean => path.startsWith(logFolder);
  return [
    files.filter((file) => !isLog(file)),
    files.filter((file) => isLog(file) && !isBase(file)),
    files.filter(isBase),
  ];
}

/** Whether a file is there already: the very one that the snapshot has a copy of, or a copy of this. */
async function isThere(
  found: FoundObject | undefined,
  file: KeptFile,
  copies: Copies,
  place: { bucket: string; key: string },
): Promise<boolean> {
  if (found?.size !== file.size) return false;
  return found.etag === file.etag || (await copies.checksum(place))?.sha256 === file.sha256;
}

async function isContent(
  objects: Objects,
  place: { bucket: string; key: string },
  file: KeptFile,
): Promise<boolean> {
  const content = await objects.get(place);
  return content !== undefined && Buffer.from(sha256(content), 'hex').toString('base64') === file.sha256;
}

function versionOf(log: readonly string[]): number | undefined {
  try {
    return newestLog(log.map((path) => path.slice(logFolder.length))).version;
  } catch (error) {
    if (error instanceof UnreadableTable) return undefined;
    throw error;
  }
}

function interrupted({ name }: Environment, snapshot: string): DataplatError {
  return new DataplatError('DP1008', 'interrupted', {
    left: 'tables that are not whole cannot be read; the same command goes on with them',
    next: [`dataplat dr restore ${snapshot} --env ${name}`],
  });
}
