import { readDocument, type ReadResult } from './document.js';
import type { Problem } from './errors.js';
import type { ProjectFiles } from './platform.js';

/** What was read from files, where it could be, and what is wrong with them. */
export interface Read<Value> {
  readonly value?: Value;
  readonly problems: readonly Problem[];
}

/** A document of the project; a problem (DP2007) where there is no such file. */
export function openDocument(files: ProjectFiles, file: string): ReadResult {
  const text = files.read(file);
  return text === undefined ? { problems: [missingFile(file, `no file ${file}`)] } : readDocument(file, text);
}

/** The problem of a file that must be there. */
export function missingFile(file: string, message: string): Problem {
  return { code: 'DP2007', location: { file, line: 1, column: 1 }, message };
}
