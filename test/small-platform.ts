import { join } from 'node:path';
import { packageDirectory } from '../src/project/project-directory.js';

/** The project that tests stand on: a small platform as a team would own it, with a name for each thing that ours has. */
export const smallPlatform = join(packageDirectory, 'test', 'platform');
