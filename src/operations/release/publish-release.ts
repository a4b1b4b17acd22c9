import { readFile } from 'node:fs/promises';
import pLimit from 'p-limit';
import type { Objects } from '../../aws/objects.js';
import type { Environment } from '../../model/environment.js';
import { names } from '../../model/names.js';
import { step, type Steps } from '../events.js';
import { inOrder } from '../in-order.js';
import { jobsPlatformFile } from '../jobs-platform.js';
import { tarGzip, zip } from './release-archives.js';
import {
  jarsFolder,
  libraryArchive,
  listenerJar,
  sha256,
  type Release,
  type ReleaseFile,
} from './release.js';

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
      .filter((file) => !isDeclaration(file))
      .map(({ path, content }) => ({ path, upload: () => objects.put(place(path), content) }));
    const within = (folder: string) => release.files.filter(({ path }) => path.startsWith(`${folder}/`));
    uploads.push(
      { path: 'jobs.zip', upload: async () => objects.put(place('jobs.zip'), zip(within('jobs'))) },
      {
        path: 'config.tar.gz',
        upload: async () =>
          objects.put(place('config.tar.gz'), await tarGzip(release.files.filter(isDeclaration))),
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
    for (const jar of release.jars) {
      const path = `${jarsFolder}${jar.name}`;
      uploads.push({ path, upload: () => publishShared(jar, 'jar', place(path), objects) });
    }
    const limit = pLimit(8);
    let done = 0;
    const total = uploads.length + 1;
    const running = uploads.map(({ path, upload }) => limit(async () => upload().then(() => path)));
    for await (const detail of inOrder(running)) {
      done += 1;
      yield { done, total, detail };
    }
    await objects.put(place('manifest.json'), manifestOf(release), 'application/json');
    yield { done: total, total, detail: 'manifest.json' };
    return { uploaded: total };
  });
}

/** What a run finds in its folder `declaration`. */
function isDeclaration({ path }: ReleaseFile): boolean {
  return path.startsWith('config/') || path === jobsPlatformFile;
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
    ...(release.jars.length > 0 && {
      jars: Object.fromEntries(release.jars.map(({ name, hash }) => [name, hash])),
    }),
    files: release.files.map(({ path, content }) => ({
      path,
      bytes: content.byteLength,
      sha256: sha256(content),
    })),
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
