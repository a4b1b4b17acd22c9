import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import pLimit from 'p-limit';
import { checksumOf } from '../../aws/object-copies.js';
import { uriOf } from '../../aws/objects.js';
import { DataplatError } from '../../model/errors.js';
import {
  listingsOf,
  snapshotKeys,
  type DocumentKind,
  type KeptFile,
  type Manifest,
} from '../../model/snapshots/manifest.js';
import { step, type Operation } from '../events.js';
import { sha256 } from '../release/release.js';
import {
  documentText,
  findSnapshot,
  keptFiles,
  notWhole,
  storeOf,
  type ChosenSnapshot,
  type SnapshotStore,
} from './store.js';

export interface ExportOptions extends ChosenSnapshot {
  /** The folder that it is written to; what is there of it already is not fetched again. */
  readonly directory: string;
}

export interface ExportResult {
  readonly snapshot: string;
  readonly directory: string;
  readonly files: number;
  readonly bytes: number;
  readonly fetched: number;
}

/** What is written: where, and what has to be in it. */
interface Wanted {
  /** Below the folder. */
  readonly path: string;
  readonly key: string;
  readonly file: KeptFile;
}

/**
 * Writes a snapshot to a folder, so that it needs neither dataplat nor AWS: Delta tables that any reader opens, documents
 * of JSON, and SHA256SUMS, which `sha256sum -c` checks.
 * @throws DataplatError DP9001, DP9003, DP1008
 */
export async function* exportSnapshot(options: ExportOptions): Operation<ExportResult> {
  const { directory, signal } = options;
  const store = storeOf(options);
  const manifest = await findSnapshot(store, options.snapshot);
  const wanted = yield* step('documents', 'Read what is in it', () => wantedOf(store, manifest));
  const sums = new Map<string, string>();
  const fetched = yield* step('fetch', `Write ${directory}`, async function* () {
    const limit = pLimit(16);
    let [count, done] = [0, 0];
    for (let begin = 0; begin < wanted.length; begin += 200) {
      if (signal?.aborted) {
        throw new DataplatError('DP1008', 'interrupted', {
          left: `what is in ${directory} so far; the same command goes on`,
        });
      }
      const portion = wanted.slice(begin, begin + 200);
      const made = await Promise.all(
        portion.map((one) => limit(() => fetchFile(store, manifest, directory, one))),
      );
      for (const [index, { path }] of portion.entries()) sums.set(path, made[index]?.sum ?? '');
      count += made.filter((one) => one.fetched).length;
      done += portion.length;
      yield { detail: portion.at(-1)?.path ?? '', done, total: wanted.length };
    }
    return count;
  });
  yield* step('sums', 'Write documents and SHA256SUMS', async () => {
    for (const [path, text] of await documentsOf(store, manifest)) {
      await writeFile(join(directory, path), text);
      sums.set(path, sha256(text));
    }
    const lines = [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, sum]) => `${sum}  ${path}\n`);
    await writeFile(join(directory, 'SHA256SUMS'), lines.join(''));
  });
  yield {
    type: 'result',
    result: {
      snapshot: manifest.id,
      directory,
      files: wanted.length,
      bytes: wanted.reduce((sum, { file }) => sum + file.size, 0),
      fetched,
    },
  };
}

async function wantedOf(store: SnapshotStore, manifest: Manifest): Promise<Wanted[]> {
  const wanted: Wanted[] = [];
  for (const [listing, { folder }] of listingsOf([manifest])) {
    const below = folder.startsWith('release/') ? folder : `tables/${folder}`;
    for (const file of await keptFiles(store, manifest.id, listing)) {
      const path = `${below}/${file.path}`;
      // A name that leaves the folder would write anywhere.
      if (path.split('/').includes('..')) throw notWhole(manifest.id, [`${path}  leaves its folder`]);
      wanted.push({ path, key: snapshotKeys.file(store.environment, folder, file), file });
    }
  }
  return wanted;
}

async function fetchFile(
  { bucket, copies }: SnapshotStore,
  { id }: Manifest,
  directory: string,
  { path, key, file }: Wanted,
): Promise<{ sum: string; fetched: boolean }> {
  const target = join(directory, path);
  const there = await stat(target).catch(() => undefined);
  const isSame = async (): Promise<boolean> =>
    (await checksumOf(content(target), file.partBytes)).sha256 === file.sha256;
  const fetched = there?.size !== file.size || !(await isSame());
  if (fetched) {
    await mkdir(dirname(target), { recursive: true });
    const kept = await copies.read({ bucket, key });
    if (!kept) throw notWhole(id, [`${uriOf({ bucket, key })}  is not there`]);
    const part = `${target}.part`;
    await pipeline(kept, createWriteStream(part));
    await rename(part, target);
    if (!(await isSame())) {
      await rm(target);
      throw notWhole(id, [`${uriOf({ bucket, key })}  is not what was copied: its checksum differs`]);
    }
  }
  // Of what was copied in parts S3's checksum is another one than that of the whole.
  const whole = file.partBytes === undefined ? file.sha256 : (await checksumOf(content(target))).sha256;
  return { sum: Buffer.from(whole, 'base64').toString('hex'), fetched };
}

function content(file: string): AsyncIterable<Uint8Array> {
  return createReadStream(file) as AsyncIterable<Uint8Array>;
}

async function documentsOf(store: SnapshotStore, manifest: Manifest): Promise<[string, string][]> {
  const found: [string, string][] = [['manifest.json', `${JSON.stringify(manifest, null, 2)}\n`]];
  for (const [kind, hash] of Object.entries(manifest.documents) as [DocumentKind, string][]) {
    const value: unknown = JSON.parse(await documentText(store, manifest.id, hash));
    if (kind === 'states') {
      for (const [stack, state] of Object.entries(value as Record<string, string>)) {
        found.push([`${stack}.tfstate`, state]);
      }
    } else if (kind !== 'release') found.push([`${kind}.json`, `${JSON.stringify(value, null, 2)}\n`]);
  }
  return found;
}
