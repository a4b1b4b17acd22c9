import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import type { Objects } from '../aws/objects.js';
import type { Environment } from '../model/environment.js';
import { DataplatError } from '../model/errors.js';
import { names } from '../model/names.js';
import { step, type Steps } from './events.js';
import { tarGzip, zip } from './release-archives.js';

/** A file of a release, by its path there, for example `jobs/ingest/orders_ingest.py`. */
export interface ReleaseFile {
  readonly path: string;
  readonly content: Uint8Array;
}

/** The jobs' Python libraries for EMR's Python and architecture, packed; the hash is of what is in it. */
export interface ReleaseLibraries {
  readonly path: string;
  readonly hash: string;
}

/** The Spark listener that lineage takes columns from, where the environment wants them. */
export interface ReleaseListener {
  readonly path: string;
  readonly hash: string;
}

/** A release before it is uploaded: the same content has the same id, on every machine. */
export interface Release {
  readonly id: string;
  readonly files: readonly ReleaseFile[];
  readonly libraries?: ReleaseLibraries;
  readonly listener?: ReleaseListener;
}

/** `releases/current.json`: what the environment's runs start from unless told otherwise. */
export interface CurrentRelease {
  readonly release: string;
}

const currentKey = 'releases/current.json';
const libraryArchive = 'libraries.tar.gz';
/** The listener in a release. */
export const listenerJar = 'openlineage-spark.jar';

/**
 * Reads what a release is made of: the package's job library (`jobs/common`), and from the project all other jobs,
 * the declaration and the DAGs. The library is the package's, so that jobs and command line are of one version; what
 * makes DAGs of the graph (`dags/utils`) is the package's, too, unless the project has a file of its own there.
 */
export function readReleaseFiles(projectDirectory: string, packageDirectory: string): ReleaseFile[] {
  const files = [
    ...filesBelow(projectDirectory, 'jobs').filter((path) => !path.startsWith('jobs/common/')),
    ...filesBelow(projectDirectory, 'config').filter((path) => !path.startsWith('config/editor/')),
    ...filesBelow(projectDirectory, 'dags'),
  ].map((path) => ({ path, content: readFileSync(join(projectDirectory, path)) }));
  const library = [
    ...filesBelow(packageDirectory, 'jobs/common'),
    'jobs/__init__.py',
    ...filesBelow(packageDirectory, 'dags/utils'),
  ]
    .filter((path) => !files.some((file) => file.path === path))
    .map((path) => ({ path, content: readFileSync(join(packageDirectory, path)) }));
  return [...files, ...library];
}

/** Names a release by its content. Touches nothing. */
export function planRelease(
  files: readonly ReleaseFile[],
  libraries?: ReleaseLibraries,
  listener?: ReleaseListener,
): Release {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const hash = createHash('sha256').update('release 1\n');
  for (const { path, content } of sorted) hash.update(`${path}\0${sha256(content)}\n`);
  if (libraries) hash.update(`${libraryArchive}\0${libraries.hash}\n`);
  if (listener) hash.update(`${listenerJar}\0${listener.hash}\n`);
  return {
    id: hash.digest('hex').slice(0, 16),
    files: sorted,
    ...(libraries && { libraries }),
    ...(listener && { listener }),
  };
}

/**
 * Uploads what is missing of a release; its manifest comes last, so a release that has one is whole. One call where
 * it is there already.
 * @returns whether anything was uploaded
 */
export async function* publishRelease(
  release: Release,
  environment: Environment,
  objects: Objects,
): Steps<{ uploaded: number }> {
  const bucket = names.bucket(environment, 'artifacts');
  const place = (path: string) => ({ bucket, key: `releases/${release.id}/${path}` });
  if (await objects.head(place('manifest.json'))) return { uploaded: 0 };
  return yield* step('release', `Release ${release.id}`, async function* () {
    const uploads: { path: string; upload: () => Promise<void> }[] = release.files
      .filter(({ path }) => !path.startsWith('config/'))
      .map(({ path, content }) => ({ path, upload: () => objects.put(place(path), content) }));
    const within = (folder: string) => release.files.filter(({ path }) => path.startsWith(`${folder}/`));
    uploads.push(
      { path: 'jobs.zip', upload: async () => objects.put(place('jobs.zip'), zip(within('jobs'))) },
      {
        path: 'config.tar.gz',
        upload: async () => objects.put(place('config.tar.gz'), await tarGzip(within('config'))),
      },
    );
    const { libraries, listener } = release;
    if (listener) {
      uploads.push({
        path: listenerJar,
        upload: () => publishShared(listener, 'jar', place(listenerJar), objects),
      });
    }
    if (libraries) {
      uploads.push({
        path: libraryArchive,
        upload: () => publishShared(libraries, 'tar.gz', place(libraryArchive), objects),
      });
    }
    const limit = pLimit(8);
    let done = 0;
    const total = uploads.length + 1;
    const running = uploads.map(({ path, upload }) => limit(async () => upload().then(() => path)));
    // All are awaited here, in their order; a failure of a later one must not count as unhandled before its turn.
    for (const upload of running) upload.catch(() => undefined);
    for (const upload of running) {
      const detail = await upload;
      done += 1;
      yield { done, total, detail };
    }
    await objects.put(place('manifest.json'), manifestOf(release), 'application/json');
    yield { done: total, total, detail: 'manifest.json' };
    return { uploaded: total };
  });
}

/** Libraries change rarely and are large: uploaded once under their hash, then copied within S3. */
async function publishShared(
  libraries: { readonly path: string; readonly hash: string },
  ending: string,
  to: { bucket: string; key: string },
  objects: Objects,
): Promise<void> {
  const shared = { bucket: to.bucket, key: `libraries/${libraries.hash}.${ending}` };
  if (!(await objects.head(shared))) await objects.put(shared, await readFile(libraries.path));
  await objects.copy(shared, to);
}

/** What a release holds, for people and for checks; the same bytes for the same release. */
function manifestOf(release: Release): string {
  const manifest = {
    release: release.id,
    libraries: release.libraries?.hash ?? null,
    files: release.files.map(({ path, content }) => ({
      path,
      bytes: content.byteLength,
      sha256: sha256(content),
    })),
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** The release that runs start from, or undefined before the first deploy. */
export async function readCurrentRelease(
  environment: Environment,
  objects: Objects,
): Promise<string | undefined> {
  const found = await objects.get({ bucket: names.bucket(environment, 'artifacts'), key: currentKey });
  return found && (JSON.parse(found.toString('utf8')) as CurrentRelease).release;
}

/** Makes a published release the one that runs start from. */
export async function writeCurrentRelease(
  release: string,
  environment: Environment,
  objects: Objects,
): Promise<void> {
  const content: CurrentRelease = { release };
  const place = { bucket: names.bucket(environment, 'artifacts'), key: currentKey };
  await objects.put(place, `${JSON.stringify(content)}\n`, 'application/json');
}

/**
 * The release to run: the one that is named, by its id or a beginning of it, else the current one.
 * @throws DataplatError DP4004 before the first deploy, DP1001 for a release that is not there
 */
export async function resolveRelease(
  environment: Environment,
  objects: Objects,
  wanted?: string,
): Promise<string> {
  if (wanted === undefined) {
    const current = await readCurrentRelease(environment, objects);
    if (current === undefined) throw notDeployed(environment, 'no release was deployed');
    return current;
  }
  const bucket = names.bucket(environment, 'artifacts');
  if (
    /^[0-9a-f]{16}$/.test(wanted) &&
    (await objects.head({ bucket, key: `releases/${wanted}/manifest.json` }))
  )
    return wanted;
  const manifests = (await objects.list(bucket, 'releases/')).flatMap(({ key }) => {
    const id = /^releases\/([0-9a-f]{16})\/manifest\.json$/.exec(key)?.[1];
    return id === undefined ? [] : [id];
  });
  const fitting = manifests.filter((id) => wanted.length >= 4 && id.startsWith(wanted));
  if (fitting.length === 1 && fitting[0] !== undefined) return fitting[0];
  throw new DataplatError(
    'DP1001',
    fitting.length > 1
      ? `release "${wanted}" is ${fitting.join(' or ')}`
      : `no release "${wanted}" in environment "${environment.name}"; there is: ${manifests.join(', ') || 'none'}`,
  );
}

/** The address of a release in the artifacts bucket, without a slash at the end. */
export function releaseUri(environment: Environment, release: string): string {
  return `s3://${names.bucket(environment, 'artifacts')}/releases/${release}`;
}

export function notDeployed(environment: Pick<Environment, 'name'>, why: string): DataplatError {
  return new DataplatError('DP4004', `environment "${environment.name}" is not deployed: ${why}`, {
    next: [`dataplat deploy --env ${environment.name}`],
  });
}

/** Paths of the files below a folder, relative to the root and with `/`, without what tools leave behind. */
function filesBelow(root: string, folder: string): string[] {
  let entries;
  try {
    entries = readdirSync(join(root, folder), { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return entries
    .filter(
      ({ name }) =>
        name === '.airflowignore' ||
        (!name.startsWith('.') && !/^__pycache__$|\.pyc$|\.egg-info$|~$/.test(name)),
    )
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(root, path) : entry.isFile() ? [path] : [];
    });
}

export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
