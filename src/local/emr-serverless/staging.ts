import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, rename, rm, stat, symlink, utimes } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { ObjectStore } from './object-store.js';
import { s3Place } from './object-store.js';
import type { FileProperty } from './spark-properties.js';

/** Archives at least this large are unpacked once and linked into each run; smaller ones are copied. */
const linkedArchiveBytes = 8 * 1024 * 1024;

const unpackScript = `
import shutil, sys, tarfile, zipfile
source, target = sys.argv[1:]
if zipfile.is_zipfile(source):
    with zipfile.ZipFile(source) as archive:
        archive.extractall(target)
elif tarfile.is_tarfile(source):
    with tarfile.open(source) as archive:
        archive.extractall(target, **({"filter": "tar"} if hasattr(tarfile, "tar_filter") else {}))
else:
    sys.exit("is neither a tar nor a zip archive")
`;

/**
 * Fetches what a run names and lays it out as EMR does, keeping fetched objects for the next run by entity tag, which
 * stands for their content: several endpoints may share the folder.
 */
export class Staging {
  readonly #store: ObjectStore;
  readonly #cache: string;
  readonly #python: string;

  constructor(store: ObjectStore, cache: string, python: string) {
    this.#store = store;
    this.#cache = cache;
    this.#python = python;
  }

  /** Fetches one file into the folder under its own name; answers its path. */
  async file(uri: string, directory: string): Promise<string> {
    const [location, alias] = splitAlias(uri);
    const target = path.join(directory, alias ?? path.posix.basename(location));
    await cp(await this.#fetched(location), target);
    return target;
  }

  /** Fetches and unpacks an archive into the folder, under its `#alias`, else under its own name. */
  async archive(uri: string, directory: string): Promise<string> {
    const [location, alias] = splitAlias(uri);
    const packed = await this.#fetched(location);
    const target = path.join(directory, alias ?? path.posix.basename(location));
    await mkdir(path.dirname(target), { recursive: true });
    if ((await stat(packed)).size < linkedArchiveBytes) {
      await this.#unpack(packed, target, location);
      return target;
    }
    const unpacked = `${packed}.unpacked`;
    if (!(await isUsed(unpacked))) {
      const part = `${unpacked}.${process.pid}.${Date.now()}`;
      await this.#unpack(packed, part, location);
      await rename(part, unpacked).catch(() => rm(part, { recursive: true, force: true }));
    }
    await symlink(unpacked, target, 'dir');
    return target;
  }

  /** Drops what no run has fetched or used for so many days. */
  async clean(days: number): Promise<void> {
    const oldest = Date.now() - days * 86_400_000;
    for (const name of await readdir(this.#cache).catch(() => [])) {
      const file = path.join(this.#cache, name);
      const found = await stat(file).catch(() => undefined);
      if (!found || found.mtimeMs >= oldest) continue;
      // Gone at once for everybody, whatever time it takes.
      const aside = `${file}.${process.pid}.gone`;
      await rename(file, aside).then(
        () => rm(aside, { recursive: true, force: true }),
        () => undefined,
      );
    }
  }

  async #fetched(location: string): Promise<string> {
    const place = s3Place(location);
    if (place === undefined || place.key === '' || place.key.endsWith('/')) {
      const local = location.replace(/^(file|local):(\/\/)?/, '');
      if (local.startsWith('/') && (await exists(local))) return local;
      throw new Error(`java.io.FileNotFoundException: File ${location} does not exist`);
    }
    const tag = await this.#store.tag(place);
    const name = `${tag}-${path.posix.basename(place.key).replace(/[^\w.-]/g, '_')}`;
    const file = path.join(this.#cache, name);
    if (!(await isUsed(file))) {
      const part = path.join(this.#cache, `${name}.${process.pid}.${Date.now()}.${Math.random()}`);
      await this.#store.download(place, part);
      await rename(part, file);
    }
    return file;
  }

  async #unpack(packed: string, target: string, location: string): Promise<void> {
    await mkdir(target, { recursive: true });
    try {
      await promisify(execFile)(this.#python, ['-I', '-c', unpackScript, packed, target]);
    } catch (error) {
      const said = (error as { stderr?: string }).stderr?.trim().split('\n').at(-1) ?? String(error);
      throw new Error(`java.io.IOException: cannot unpack ${location}: ${said}`, { cause: error });
    }
  }
}

/** Files that are staged for a run, by the property that names them, as local paths. */
export type StagedFiles = Readonly<Record<FileProperty, readonly string[]>>;

/** `s3://bucket/name.zip#alias` as its two parts. */
function splitAlias(uri: string): [string, string | undefined] {
  const hash = uri.lastIndexOf('#');
  return hash < 0 || hash === uri.length - 1
    ? [uri.replace(/#$/, ''), undefined]
    : [uri.slice(0, hash), uri.slice(hash + 1)];
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** Whether it is there; if so, it counts as used now. */
async function isUsed(file: string): Promise<boolean> {
  const now = new Date();
  return utimes(file, now, now).then(
    () => true,
    () => false,
  );
}
