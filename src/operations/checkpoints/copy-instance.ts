import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, readlink, stat, symlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { ofOneProject } from '../../local/state-format.js';

export interface Copied {
  readonly files: number;
  readonly bytes: number;
}

/**
 * Copies an instance that nobody changes, without what belongs to one project. Where the file system can, a copy shares
 * its blocks with the original until one of the two is changed; nothing is linked, for the endpoint changes files in place.
 */
export async function copyInstance(from: string, to: string): Promise<Copied> {
  const atOnce = pLimit(16);
  const copied = { files: 0, bytes: 0 };
  const copyFolder = async (below: string): Promise<void> => {
    await mkdir(join(to, below), { recursive: true, mode: 0o700 });
    const entries = await readdir(join(from, below), { withFileTypes: true });
    await Promise.all(
      entries.map(async (entry) => {
        const path = below === '' ? entry.name : `${below}/${entry.name}`;
        if (ofOneProject.some((pattern) => pattern.test(path))) return;
        if (entry.isDirectory()) await copyFolder(path);
        else if (entry.isSymbolicLink()) await symlink(await readlink(join(from, path)), join(to, path));
        else if (entry.isFile()) await atOnce(() => copyOne(path));
      }),
    );
  };
  const copyOne = async (path: string): Promise<void> => {
    const { size, atime, mtime } = await stat(join(from, path));
    await copyFile(join(from, path), join(to, path), constants.COPYFILE_FICLONE);
    // What is kept for some days counts them from a file's time.
    await utimes(join(to, path), atime, mtime);
    copied.files += 1;
    copied.bytes += size;
  };
  await copyFolder('');
  return copied;
}
