import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { names, stackKinds } from '../../model/names.js';
import type { DeployedStack } from './manifest.js';

interface StateFile {
  readonly resources?: readonly { readonly mode: string; readonly instances?: readonly unknown[] }[];
}

/** The stacks that are deployed in an instance, those of every environment, and how many resources each has. */
export function deployedIn(instanceDirectory: string): DeployedStack[] {
  const terraform = join(instanceDirectory, 'terraform');
  // Of an instance in which nothing was deployed a copy has no folder.
  const environments = existsSync(terraform) ? readdirSync(terraform) : [];
  return environments.flatMap((environment) =>
    stackKinds.flatMap((kind): DeployedStack[] => {
      const stack = names.stack({ name: environment }, kind);
      const resources = resourcesOf(join(terraform, environment, names.localState(kind)));
      if (resources !== undefined) return resources > 0 ? [{ stack, resources }] : [];
      return existsSync(join(terraform, environment, kind, 'applied')) ? [{ stack }] : [];
    }),
  );
}

/** Undefined where there is no state to read, for example as it is kept in a bucket. */
function resourcesOf(file: string): number | undefined {
  try {
    const { resources = [] } = JSON.parse(readFileSync(file, 'utf8')) as StateFile;
    return resources
      .filter(({ mode }) => mode === 'managed')
      .reduce((sum, { instances = [] }) => sum + instances.length, 0);
  } catch {
    return undefined;
  }
}
