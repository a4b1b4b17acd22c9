import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where dataplat itself is installed: the folder of its package.json. The project directory is another matter. */
export const packageRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
