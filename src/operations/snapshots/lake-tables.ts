import pLimit from 'p-limit';
import type { SeenObject } from '../../aws/object-copies.js';
import type { FoundObject, Objects } from '../../aws/objects.js';
import type { Environment } from '../../model/environment.js';
import { layers } from '../../model/layers.js';
import { names } from '../../model/names.js';
import { isOfVersion, newestLog, UnreadableTable } from '../../model/snapshots/delta-log.js';
import type { LakeTable } from '../../model/snapshots/order.js';
import { notDeployed, sha256 } from '../release/release.js';
import { readTable } from './read-delta-log.js';

/** A table at one moment, before any of its files but the log's names has been looked at. */
export interface SeenTable extends LakeTable {
  readonly bucket: string;
  /** The folder `_delta_log/`, by names in it. */
  readonly log: readonly FoundObject[];
  /** Where streams have written up to, seen before the log was: a batch is committed before it counts as written. */
  readonly streams: readonly FoundObject[];
  /** While this is the same, so is the table. */
  readonly hash: string;
}

/** A file that a table needs, with its path in it. */
export type NeededFile = Required<SeenObject> & { readonly path: string };

/** A table at one version. */
export interface ResolvedTable extends LakeTable {
  readonly id: string;
  readonly version: number;
  readonly rows: number | undefined;
  readonly files: readonly NeededFile[];
}

const logFolder = '_delta_log/';
const streamFolder = '_checkpoints/';

/**
 * The folders of an environment's layers, which tables are in.
 * @throws DataplatError DP4004 where a layer has no bucket
 */
export async function lakeFolders(environment: Environment, objects: Objects): Promise<LakeTable[]> {
  const found = await Promise.all(
    layers.map(async (layer) => {
      const bucket = names.bucket(environment, layer);
      const folders = await objects.folders(bucket);
      if (!folders) throw notDeployed(environment, `there is no bucket ${bucket}`);
      return folders.map((folder) => ({ layer, name: folder.slice(0, -1) }));
    }),
  );
  return found.flat();
}

/** Looks at a table; undefined for a folder that has no Delta log. */
export async function seeTable(
  environment: Environment,
  { layer, name }: LakeTable,
  objects: Objects,
): Promise<SeenTable | undefined> {
  const bucket = names.bucket(environment, layer);
  const streams = await objects.list(bucket, `${name}/${streamFolder}`);
  const prefix = `${name}/${logFolder}`;
  const found = await objects.list(bucket, prefix);
  if (found.length === 0) return undefined;
  const log = found.map((file) => ({ ...file, key: file.key.slice(prefix.length) }));
  const hash = sha256([...streams, ...log].map(({ key, size, etag }) => `${key} ${size} ${etag}`).join('\n'));
  return { layer, name, bucket, log, streams, hash };
}

/**
 * Which files a table consists of, at the version that was seen.
 * @throws UnreadableTable
 */
export async function resolveTable(seen: SeenTable, objects: Objects): Promise<ResolvedTable> {
  const { bucket, layer, name } = seen;
  const newest = newestLog(seen.log.map(({ key }) => key));
  const reading = pLimit(16);
  const [state, stored] = await Promise.all([
    readTable(newest, (file) => reading(() => objects.get({ bucket, key: `${name}/${logFolder}${file}` }))),
    objects.list(bucket, `${name}/`),
  ]);
  const there = new Map(stored.map((file) => [file.key.slice(name.length + 1), file]));
  const needed = (path: string, file: FoundObject): NeededFile => ({
    bucket,
    key: `${name}/${path}`,
    path,
    size: file.size,
    etag: file.etag,
  });
  const data = state.files.map((path) => {
    const file = there.get(path);
    if (!file) throw new UnreadableTable(`${path}, which its log names, is not there`);
    return needed(path, file);
  });
  const log = seen.log
    .filter(({ key }) => isOfVersion(key, newest.version))
    .map((file) => needed(`${logFolder}${file.key}`, file));
  const streams = seen.streams.map((file) => needed(file.key.slice(name.length + 1), file));
  return {
    layer,
    name,
    id: state.id,
    version: newest.version,
    rows: state.rows,
    files: [...data, ...log, ...streams],
  };
}
