import { layers, type Layer } from '../model/layers.js';
import type { ProjectFiles } from '../model/platform.js';

/** A query of the project: `queries/<name>.sql`. */
export interface NamedQuery {
  readonly name: string;
  readonly sql: string;
  /** The layer of the tables that it names without a database. */
  readonly layer: Layer;
}

export const queriesFolder = 'queries';

/** The queries that a project keeps, by name. */
export function namedQueries(files: ProjectFiles): NamedQuery[] {
  return files.list(queriesFolder).flatMap((file) => {
    if (!file.endsWith('.sql')) return [];
    const sql = files.read(`${queriesFolder}/${file}`);
    return sql === undefined ? [] : [{ name: file.slice(0, -'.sql'.length), sql, layer: layerOf(sql) }];
  });
}

/** What a line `-- layer: gold` of the comment says; without one, bronze. */
export function layerOf(sql: string): Layer {
  const named = /^--\s*layer:\s*(\w+)\s*$/m.exec(sql)?.[1];
  return layers.find((layer) => layer === named) ?? 'bronze';
}
