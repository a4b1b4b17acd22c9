import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
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

export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
