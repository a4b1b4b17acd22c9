import { loadPlatform } from '../../src/project/load-platform.js';
import { packageDirectory } from '../../src/project/project-directory.js';
import type { Platform } from '../../src/model/platform.js';
import { synthesized, type Synthesized } from '../stacks/synthesized.js';

/** What this repository itself declares, in one environment, with the settings of the machine left out. */
export function product(environment: string): Platform {
  return loadPlatform(packageDirectory, environment, {}, {});
}

const once = new Map<string, Synthesized>();

/** Its stacks, made once for all tests. */
export function productStacks(environment: string): Synthesized {
  const made = once.get(environment) ?? synthesized(product(environment));
  once.set(environment, made);
  return made;
}
