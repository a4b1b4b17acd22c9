import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suggestion } from '../model/check.js';
import { DataplatError } from '../model/errors.js';
import { namedQueries, queriesFolder } from './named-queries.js';
import { projectFiles } from './project-files.js';

/**
 * The query of a name in the project's `queries/`, or of a file.
 * @throws DataplatError DP7002 with the nearest names
 */
export function findQuery(projectDirectory: string, named: string): { sql: string; title: string } {
  const queries = namedQueries(projectFiles(projectDirectory));
  const found = queries.find((query) => query.name === named);
  if (found) return { sql: found.sql, title: named };
  const isPath = named.endsWith('.sql') || named.includes('/');
  if (isPath) {
    const file = [resolve(named), join(projectDirectory, named)].find(
      (path) => existsSync(path) && statSync(path).isFile(),
    );
    if (file !== undefined) return { sql: readFileSync(file, 'utf8'), title: named };
    throw new DataplatError('DP7002', `no file ${named}`);
  }
  const names = queries.map((query) => query.name);
  throw new DataplatError('DP7002', `no query "${named}" in ${queriesFolder}/ (${suggestion(named, names)})`);
}
