import { dirname } from 'node:path';
import { DataplatError } from '../model/errors.js';

/** What a call wants that writes. Where one that reads fails, somebody has to say what was to be read. */
const writing = new Set([
  'write',
  'mkdir',
  'mkdtemp',
  'rename',
  'unlink',
  'rmdir',
  'rm',
  'symlink',
  'link',
  'copyfile',
  'ftruncate',
  'fsync',
]);
const refusals = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOTDIR',
  'EISDIR',
  'EEXIST',
  'ELOOP',
  'ENAMETOOLONG',
]);

/**
 * What the machine refuses, wherever that is: a full disk, a folder that is not ours to write, one that is gone.
 * @returns undefined for any other failure
 */
export function machineFailure(error: unknown): DataplatError | undefined {
  if (!(error instanceof Error) || error instanceof DataplatError) return undefined;
  const { code, syscall, path, dest } = error as NodeJS.ErrnoException & { readonly dest?: string };
  if (code === undefined) return undefined;
  if (syscall === 'uv_cwd') {
    return new DataplatError('DP1002', 'the folder that this shell is in is gone', {
      next: ['cd to a folder that is there, and type it again'],
      cause: error,
    });
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new DataplatError('DP3005', `the disk is full: ${error.message}`, {
      next: ['df -h . ~/.cache /tmp', 'dataplat local list # checkpoints, each of which can be removed'],
      cause: error,
    });
  }
  const opens = syscall === 'open';
  if (syscall === undefined || !(opens || writing.has(syscall))) return undefined;
  // A folder that is made with its parents is said not to be there where the file system is read-only.
  if (refusals.has(code) || (code === 'ENOENT' && syscall === 'mkdir')) {
    const file = dest ?? path ?? 'a file';
    const why = code === 'ENOENT' ? 'the file system refuses it, as a read-only one does' : error.message;
    return new DataplatError('DP1010', `${file} cannot be ${opens ? 'opened' : 'written'}: ${why}`, {
      next: [
        `look whose it is: ls -ld '${dirname(file)}'`,
        'or take a copy of the project to a folder that is yours',
      ],
      cause: error,
    });
  }
  return undefined;
}
