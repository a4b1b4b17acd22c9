import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataplatError } from '../model/errors.js';

/**
 * The project directory: the one that was named, else the nearest parent of where we are that holds a `cdktf.json`.
 * @throws DataplatError DP1002
 */
export function findProjectDirectory(named: string | undefined, from?: string): string {
  if (named !== undefined) {
    const directory = from === undefined ? resolve(named) : resolve(from, named);
    if (!existsSync(directory) || !statSync(directory).isDirectory()) {
      throw new DataplatError('DP1002', `no directory ${directory}`);
    }
    if (!existsSync(join(directory, 'cdktf.json'))) {
      throw new DataplatError('DP1002', `${directory} is no dataplat project: it holds no cdktf.json`);
    }
    return directory;
  }
  const begin = resolve(from ?? process.cwd());
  for (let directory = begin; ; directory = dirname(directory)) {
    if (existsSync(join(directory, 'cdktf.json'))) return directory;
    if (dirname(directory) === directory) {
      throw new DataplatError(
        'DP1002',
        `no dataplat project here: neither ${begin} nor a parent of it holds a cdktf.json`,
        {
          next: ['cd into the project', 'or name it: dataplat -C <directory> …'],
        },
      );
    }
  }
}

/** Where dataplat itself is installed: stacks, command line, job library, local endpoint. */
export const packageDirectory: string = findPackageDirectory(dirname(fileURLToPath(import.meta.url)));

function findPackageDirectory(from: string): string {
  return existsSync(join(from, 'package.json')) ? from : findPackageDirectory(dirname(from));
}
