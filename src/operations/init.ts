import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DataplatError } from '../model/errors.js';
import { newProjectFiles, type NewProject } from '../project/new-project.js';

export interface InitOptions extends NewProject {
  readonly directory: string;
  /** Add what is missing to a folder that holds something; what is there is never written over. */
  readonly force?: boolean;
}

export interface InitResult {
  readonly directory: string;
  readonly written: readonly string[];
  /** Files that were there already, and are as they were. */
  readonly left: readonly string[];
}

/** Makes a new project. @throws DataplatError DP1001 a wrong name, DP1010 cannot be written, DP1011 the folder holds something */
export async function init(options: InitOptions): Promise<InitResult> {
  const { directory, force = false } = options;
  const files = newProjectFiles(options);
  const there = await contentOf(directory);
  if (there.length > 0 && !force) {
    throw new DataplatError('DP1011', `${directory} is not empty`, {
      excerpt: there.slice(0, 10),
      left: 'everything, as it was',
      next: ['name another folder', 'or --force, which adds what is missing and writes over nothing'],
    });
  }
  const written: string[] = [];
  const left: string[] = [];
  for (const [path, text] of files) {
    const list = (await writeNew(join(directory, path), text)) ? written : left;
    list.push(path);
  }
  return { directory, written, left };
}

/** What a folder holds, besides what Git keeps of an empty one; nothing where there is no folder. */
async function contentOf(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => name !== '.git').sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw unwritable(directory, error);
  }
}

/** @returns whether it was written; not where there is something by its name */
async function writeNew(file: string, text: string): Promise<boolean> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { flag: 'wx', mode: text.startsWith('#!') ? 0o755 : 0o644 });
    return true;
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && path === file) return false;
    throw unwritable(file, error);
  }
}

function unwritable(file: string, error: unknown): DataplatError {
  const why = error instanceof Error ? error.message : String(error);
  return new DataplatError('DP1010', `${file} cannot be written: ${why}`, {
    left: 'what was there, as it was',
    next: ['mend that, and then the same command with --force, which adds what is missing'],
    cause: error,
  });
}
