import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProjectFiles } from '../model/platform.js';

/** The files of a project directory. */
export function projectFiles(directory: string): ProjectFiles {
  return {
    read: (path) => ifThere(() => readFileSync(join(directory, path), 'utf8')),
    list: (folder) =>
      ifThere(() =>
        readdirSync(join(directory, folder), { withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => entry.name)
          .sort(),
      ) ?? [],
  };
}

function ifThere<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
