import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suggestion } from '../model/check.js';
import { DataplatError } from '../model/errors.js';
import { layerOf, namedQueries, queriesFolder, type NamedQuery } from './named-queries.js';
import { projectFiles, readText } from './project-files.js';

/**
 * The query of a name in the project's `queries/`, or of a file.
 * @throws DataplatError DP7002 with the nearest names
 */
export function findQuery(
  projectDirectory: string,
  named: string,
): Omit<NamedQuery, 'name'> & { title: string } {
  const queries = namedQueries(projectFiles(projectDirectory));
  const found = queries.find((query) => query.name === named);
  if (found) return { sql: found.sql, layer: found.layer, title: named };
  const isPath = named.endsWith('.sql') || named.includes('/');
  if (isPath) {
    const file = [resolve(named), join(projectDirectory, named)].find(
      (path) => existsSync(path) && statSync(path).isFile(),
    );
    if (file !== undefined) {
      const sql = readText(file);
      return { sql, layer: layerOf(sql), title: named };
    }
    throw new DataplatError('DP7002', `no file ${named}`);
  }
  const names = queries.map((query) => query.name);
  throw new DataplatError('DP7002', `no query "${named}" in ${queriesFolder}/ (${suggestion(named, names)})`);
}
