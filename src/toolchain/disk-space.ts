import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rmdir, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DataplatError } from '../model/errors.js';

/** Free space where this path is or will be, in bytes. */
export async function freeBytes(path: string): Promise<number> {
  let existing = path;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  const { bavail, bsize } = await statfs(existing);
  return bavail * bsize;
}

/** @throws DataplatError DP3005 */
export async function requireFreeSpace(path: string, bytes: number, purpose: string): Promise<void> {
  const free = await freeBytes(path);
  if (free >= bytes) return;
  throw new DataplatError(
    'DP3005',
    `${purpose} needs about ${gigabytes(bytes)} of disk at ${path}; ${gigabytes(free)} are free`,
    {
      left: 'nothing was fetched',
      next: [`df -h ${path}`, 'export DATAPLAT_CACHE_DIR=<a folder with more room>'],
    },
  );
}

/** Makes the folder of the cache, and a folder in it and away again. @throws DataplatError DP1010 */
export async function requireWritable(cache: string): Promise<void> {
  try {
    await mkdir(cache, { recursive: true });
    await rmdir(await mkdtemp(join(cache, '.writable-')));
  } catch (error) {
    throw new DataplatError('DP1010', `${cache} cannot be written: ${(error as Error).message}`, {
      left: 'nothing was fetched',
      next: ['export DATAPLAT_CACHE_DIR=<a folder that you may write to>', 'npm run setup'],
    });
  }
}

export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
