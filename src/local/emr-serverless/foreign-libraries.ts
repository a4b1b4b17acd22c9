import { readdir } from 'node:fs/promises';
import path from 'node:path';

/** What this machine's interpreter loads: as in `cpython-311-x86_64-linux-gnu`. */
export interface InterpreterTag {
  /** For example `cpython-311`. */
  readonly version: string;
  /** For example `x86_64`. */
  readonly machine: string;
}

/**
 * Says why a folder of Python libraries does not fit this machine's interpreter: EMR's are built for its Python and
 * its processor. Undefined where they fit, or where nothing in them is compiled.
 */
export async function foreignLibraries(directory: string, tag: InterpreterTag): Promise<string | undefined> {
  const pending = [directory];
  for (let depth = 0; depth < 3; depth++) {
    for (const folder of pending.splice(0)) {
      for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
        if (entry.isDirectory()) pending.push(path.join(folder, entry.name));
        const match = /\.(cpython-\d+)-([a-z0-9_]+?)-(linux|darwin)[^.]*\.so$/.exec(entry.name);
        if (match !== null && (match[1] !== tag.version || !sameMachine(match[2] ?? '', tag.machine))) {
          return `its libraries are for ${match[1] ?? ''} on ${match[2] ?? ''}`;
        }
      }
    }
  }
  return undefined;
}

function sameMachine(a: string, b: string): boolean {
  const name = (machine: string): string => (machine === 'arm64' ? 'aarch64' : machine);
  return name(a) === name(b);
}

/** PYTHONPATH without the folders that do not fit; a note for each of them. */
export async function fittingPythonPath(
  pythonPath: string,
  workDirectory: string,
  tag: InterpreterTag,
): Promise<{ readonly pythonPath: string; readonly notes: readonly string[] }> {
  const kept: string[] = [];
  const notes: string[] = [];
  for (const entry of pythonPath.split(':').filter((part) => part !== '')) {
    const why = await foreignLibraries(path.resolve(workDirectory, entry), tag);
    if (why === undefined) kept.push(path.resolve(workDirectory, entry));
    else notes.push(`${entry} is left out of PYTHONPATH: ${why}; this machine's own libraries serve`);
  }
  return { pythonPath: kept.join(':'), notes };
}
