import type { Objects } from '../aws/objects.js';
import type { Folder } from '../model/access.js';
import type { Environment } from '../model/environment.js';
import { names } from '../model/names.js';

/**
 * Bytes of all that lies where a run reads. Of a table that is more than the run reads of it: what was replaced lies there
 * too, for as long as the table's history is kept.
 */
export async function inputSize(
  environment: Environment,
  folders: readonly Folder[],
  objects: Pick<Objects, 'list'>,
): Promise<number> {
  const found = await Promise.all(
    folders.map(({ bucket, path }) => objects.list(names.bucket(environment, bucket), path)),
  );
  return found.flat().reduce((sum, { size }) => sum + size, 0);
}
