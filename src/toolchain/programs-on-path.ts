import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** Every executable of this name, in the order of PATH. */
export function programsOnPath(name: string, variables: NodeJS.ProcessEnv = process.env): string[] {
  const found: string[] = [];
  for (const directory of (variables['PATH'] ?? '').split(delimiter)) {
    if (!isAbsolute(directory)) continue;
    const file = join(directory, name);
    if (isExecutable(file) && !found.includes(file)) found.push(file);
  }
  return found;
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
