import { DataplatError } from '../model/errors.js';
import type { Platform } from '../model/platform.js';
import { readPlatform } from '../model/read-platform.js';
import { filesAtRevision } from './files-at-revision.js';

/**
 * A project's platform as it was declared at a revision of Git; undefined where there was none, or none that is valid
 * by what is asked of one today.
 * @throws DataplatError DP1001 for a revision that Git does not know
 */
export function platformAtRevision(
  projectDirectory: string,
  environment: string,
  revision: string,
): Platform | undefined {
  const files = filesAtRevision(projectDirectory, revision);
  if (!files) return undefined;
  try {
    return readPlatform(files, environment);
  } catch (error) {
    if (error instanceof DataplatError) return undefined;
    throw error;
  }
}
