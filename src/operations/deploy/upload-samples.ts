import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import pLimit from 'p-limit';
import { DataplatError } from '../../model/errors.js';
import { names } from '../../model/names.js';
import type { EnvironmentAccess } from '../environment-access.js';
import { step, type Steps } from '../events.js';

const marker = '.dataplat-samples';

/** Copies the environment's samples into the landing bucket, unless they are there already. @returns files uploaded */
export async function* uploadSamples({ platform, projectDirectory, aws }: EnvironmentAccess): Steps<number> {
  const { environment } = platform;
  if (environment.samples === undefined) return 0;
  const folder = join(projectDirectory, environment.samples);
  const bucket = names.bucket(environment, 'landing');
  const files = await filesBelow(folder);
  const contents = await Promise.all(
    files.map(async (path) => ({ path, body: await readFile(join(folder, path)) })),
  );
  const hash = createHash('sha256');
  for (const { path, body } of contents) hash.update(`${path}\0${body.length}\0`).update(body);
  const wanted = hash.digest('hex');
  if ((await aws.objects.get({ bucket, key: marker }))?.toString() === wanted) return 0;
  return yield* step('samples', `Copy ${environment.samples}/ into ${bucket}`, async function* () {
    const limit = pLimit(8);
    let done = 0;
    const uploads = contents.map(({ path, body }) =>
      limit(async () => {
        await aws.objects.put({ bucket, key: path }, body);
        done += 1;
      }),
    );
    const all = Promise.all(uploads);
    yield { total: contents.length, done };
    await all;
    await aws.objects.put({ bucket, key: marker }, wanted);
    return contents.length;
  });
}

/** Data files below a folder: what lies in folders of a system, not what describes them. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      throw new DataplatError('DP2007', `the environment's samples cannot be read: ${error.message}`);
    },
  );
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter(
      (path) =>
        path.includes('/') && !path.split('/').some((part) => part.startsWith('.') || part === '__pycache__'),
    )
    .sort();
}
