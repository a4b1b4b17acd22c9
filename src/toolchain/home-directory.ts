import { lstatSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataplatError } from '../model/errors.js';

/**
 * Gives a user without a home one, for us and for every program that we start: in a container the system may know nothing
 * of the number that it runs us as, and then neither Node nor the SDK finds where settings and caches are. It is a folder
 * of that user's alone below the temporary one.
 * @throws DataplatError DP1010 where the folder is there and is somebody else's
 */
export function settleHome(variables: NodeJS.ProcessEnv = process.env, temporary = tmpdir()): void {
  if (variables['HOME'] || isKnown()) return;
  const user = process.getuid?.();
  const home = join(temporary, `dataplat-home-${user ?? 'nobody'}`);
  const there = lstatSync(home, { throwIfNoEntry: false });
  if (there !== undefined && (!there.isDirectory() || there.uid !== user)) {
    throw new DataplatError('DP1010', `${home} is somebody else's, and this user has no home`, {
      left: 'nothing was read or written',
      next: ['export HOME=<a folder of your own>'],
    });
  }
  variables['HOME'] = home;
}

function isKnown(): boolean {
  try {
    homedir();
    return true;
  } catch {
    return false;
  }
}
