/**
 * The folder that checkpoints are kept in: a folder each, by its name, with `manifest.json` and `instance/`. A checkpoint
 * appears whole, by being renamed, and goes whole; what begins with a dot is on its way in or out.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DataplatError } from '../../model/errors.js';
import { parseManifest, type Manifest } from './manifest.js';

export interface StoredCheckpoint {
  readonly name: string;
  readonly directory: string;
  /** In words what is wrong with it, where it is no manifest that can be read. */
  readonly manifest: Manifest | string;
}

/** Where a project's checkpoints are: as the flag says, else the environment variable, else in the project. */
export function checkpointsDirectory(
  projectDirectory: string,
  flag: string | undefined,
  variables: NodeJS.ProcessEnv = process.env,
): string {
  const named = flag ?? (variables['DATAPLAT_CHECKPOINTS_DIR'] || undefined);
  return named === undefined ? join(projectDirectory, '.dataplat', 'checkpoints') : resolve(named);
}

/** @throws DataplatError DP1001 */
export function requireName(name: string): void {
  if (/^[a-z0-9][a-z0-9_-]{0,62}$/.test(name)) return;
  throw new DataplatError('DP1001', `"${name}" cannot be the name of a checkpoint`, {
    excerpt: ['a name has 1 to 63 small letters, digits, - and _, and begins with a letter or a digit'],
    left: 'nothing was changed',
  });
}

/** Those that are whole, by name. */
export async function storedCheckpoints(store: string): Promise<StoredCheckpoint[]> {
  const names = (await namesIn(store)).filter((name) => !name.startsWith('.')).sort();
  const found = await Promise.all(names.map((name) => storedCheckpoint(store, name)));
  return found.filter((one) => one !== undefined);
}

export async function storedCheckpoint(store: string, name: string): Promise<StoredCheckpoint | undefined> {
  const directory = join(store, name);
  try {
    const text = await readFile(join(directory, 'manifest.json'), 'utf8');
    return { name, directory, manifest: parseManifest(text) };
  } catch {
    return undefined;
  }
}

/** @throws DataplatError DP1001, DP3008 */
export async function requireCheckpoint(store: string, name: string): Promise<StoredCheckpoint> {
  requireName(name);
  const found = await storedCheckpoint(store, name);
  if (found) return found;
  const others = (await storedCheckpoints(store)).map((one) => one.name);
  throw new DataplatError('DP3008', `there is no checkpoint "${name}" in ${store}`, {
    ...(others.length > 0 && { excerpt: [`there are: ${others.join(', ')}`] }),
    left: 'nothing was changed',
    next: [others.length > 0 ? 'dataplat local list' : `dataplat local save ${name}`],
  });
}

/**
 * Makes a checkpoint: `fill` is given the folder for the instance and returns what is to be said of it. What an
 * interrupted one left is removed first.
 */
export async function putCheckpoint(
  store: string,
  name: string,
  fill: (instance: string) => Promise<Manifest>,
): Promise<Manifest> {
  await mkdir(store, { recursive: true, mode: 0o700 });
  await removeUnfinished(store, name);
  const part = join(store, `.${name}.${process.pid}.${randomUUID()}`);
  try {
    await mkdir(part, { mode: 0o700 });
    const manifest = await fill(join(part, 'instance'));
    await writeFile(join(part, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
    // The earlier one is out of the way for a moment only, and is removed when the new one is in its place.
    const earlier = await setAside(store, name);
    await rename(part, join(store, name));
    if (earlier !== undefined) await rm(earlier, { recursive: true, force: true });
    return manifest;
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

/** Removes a checkpoint, whole. */
export async function takeOut(store: string, name: string): Promise<void> {
  const aside = await setAside(store, name);
  if (aside !== undefined) await rm(aside, { recursive: true, force: true });
}

/** @returns where it is now; undefined where there is none */
async function setAside(store: string, name: string): Promise<string | undefined> {
  const aside = join(store, `.${name}.${process.pid}.${randomUUID()}`);
  try {
    await rename(join(store, name), aside);
    return aside;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What savers of this name left that work no more. */
async function removeUnfinished(store: string, name: string): Promise<void> {
  for (const entry of await namesIn(store)) {
    const pid = entry.startsWith(`.${name}.`) ? Number(entry.split('.')[2]) : 0;
    if (pid > 0 && !lives(pid)) await rm(join(store, entry), { recursive: true, force: true });
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

async function namesIn(store: string): Promise<string[]> {
  try {
    return await readdir(store);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
