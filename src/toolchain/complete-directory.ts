import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withLock } from './file-lock.js';

/** The file that a folder gets when it is whole. It is written last. */
export function markerOf(directory: string): string {
  return join(directory, '.complete');
}

export function isComplete(directory: string): boolean {
  return existsSync(markerOf(directory));
}

/**
 * Builds a folder of the cache once, whoever asks first; others wait for it. A build that was interrupted or fails
 * leaves nothing that could be taken for a whole one.
 * @param build fills the folder, which is empty; its paths are final
 */
export async function buildOnce(
  directory: string,
  build: () => Promise<void>,
  onWait?: (holder: number) => void,
): Promise<void> {
  if (isComplete(directory)) return;
  await withLock(
    `${directory}.lock`,
    async () => {
      if (isComplete(directory)) return;
      await rm(directory, { recursive: true, force: true });
      await mkdir(directory, { recursive: true });
      try {
        await build();
        await writeFile(markerOf(directory), `${new Date().toISOString()}\n`);
      } catch (error) {
        await rm(directory, { recursive: true, force: true });
        throw error;
      }
    },
    onWait,
  );
}

/** Writes a file so that a reader sees the old content or the new, never a part. */
export async function writeWhole(file: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const partial = `${file}.${process.pid}.partial`;
  try {
    await writeFile(partial, content, { mode });
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
