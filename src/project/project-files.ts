import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProjectFiles } from '../model/platform.js';

/** A file's text, without the mark that some editors begin UTF-8 with: it is no part of any SQL or JSON. */
export function readText(file: string): string {
  return readFileSync(file, 'utf8').replace(/^\ufeff/, '');
}

/** The files of a project directory. */
export function projectFiles(directory: string): ProjectFiles {
  return {
    read: (path) => ifThere(() => readText(join(directory, path))),
    list: (folder) =>
      ifThere(() =>
        readdirSync(join(directory, folder), { withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => entry.name)
          .sort(),
      ) ?? [],
  };
}

/** The declaration alone, in a folder of any name. */
export function declarationFiles(configDirectory: string): ProjectFiles {
  const files = projectFiles(configDirectory);
  const below = (path: string): string | undefined =>
    path.startsWith('config/') ? path.slice('config/'.length) : undefined;
  return {
    read: (path) => {
      const own = below(path);
      return own === undefined ? undefined : files.read(own);
    },
    list: (folder) => {
      const own = below(folder);
      return own === undefined ? [] : files.list(own);
    },
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
