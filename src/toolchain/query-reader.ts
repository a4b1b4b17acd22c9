import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { packageDirectory } from '../project/project-directory.js';

/** Columns by table by database, all in lower case. */
export type KnownTables = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

export interface QueryToRead {
  readonly name: string;
  readonly sql: string;
  /** Where a table without a database is looked for, in this order. */
  readonly databases: readonly string[];
}

export interface ColumnRead {
  readonly database: string;
  readonly table: string;
  readonly column: string;
  readonly line: number;
  readonly col: number;
}

export interface QueryRead {
  readonly name: string;
  readonly reads: readonly ColumnRead[];
  readonly problems: readonly {
    readonly message: string;
    readonly line: number;
    readonly col: number;
    /** A name that is not known, and those that are. */
    readonly near: string;
    readonly known: readonly string[];
  }[];
}

const program = join(packageDirectory, 'src', 'toolchain', 'query_reader.py');

/**
 * Reads queries by the parser that the local Athena reads them with, all in one process.
 * @param python the interpreter of the local endpoint's environment, where that parser is
 */
export async function readQueries(
  python: string,
  tables: KnownTables,
  queries: readonly QueryToRead[],
): Promise<QueryRead[]> {
  const child = spawn(python, ['-I', program], { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify({ tables, queries }));
  const [said, complained, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new Error(`${program} ended with ${code ?? 'a signal'}: ${complained.slice(-2000)}`);
  return JSON.parse(said) as QueryRead[];
}
