import type { ProjectFiles } from '../model/platform.js';

/** A query of the project: `queries/<name>.sql`. */
export interface NamedQuery {
  readonly name: string;
  readonly sql: string;
}

export const queriesFolder = 'queries';

/** The queries that a project keeps, by name. */
export function namedQueries(files: ProjectFiles): NamedQuery[] {
  return files.list(queriesFolder).flatMap((file) => {
    if (!file.endsWith('.sql')) return [];
    const sql = files.read(`${queriesFolder}/${file}`);
    return sql === undefined ? [] : [{ name: file.slice(0, -'.sql'.length), sql }];
  });
}
