import type { Column, Dataset, Tags } from './dataset.js';
import { layers } from './layers.js';
import type { Declaration } from './platform.js';

/** The LF-tags of a table: what its contract says, and its layer. */
export function tableTags(dataset: Dataset): Tags {
  return { ...dataset.tags, layer: dataset.layer };
}

/**
 * The LF-tags of a dataset's rejected rows. They hold what was delivered as it was, columns that no contract knows
 * included: nobody reads them who may not read personal data.
 */
export function quarantineTags(dataset: Dataset): Tags {
  return { ...tableTags(dataset), sensitivity: 'pii' };
}

/** The LF-tags of a column that differ from its table's. */
export function columnTags(dataset: Dataset, column: Column): Tags {
  const inherited = tableTags(dataset);
  return Object.fromEntries(Object.entries(column.tags).filter(([key, value]) => inherited[key] !== value));
}

/** Puts tags in the order of their keys, whatever the machine's language. For `sort`. */
export function byKey([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}

/** Every LF-tag and the values that it may have: all that contracts use, and all that a persona may ask for. */
export function tagOntology(
  declaration: Pick<Declaration, 'datasets'>,
  personas: readonly { readonly reads: Readonly<Record<string, readonly string[]>> }[],
): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, Set<string>>();
  const add = (tags: Readonly<Record<string, string | readonly string[]>>): void => {
    for (const [key, value] of Object.entries(tags)) {
      const known = values.get(key) ?? new Set<string>();
      for (const one of typeof value === 'string' ? [value] : value) known.add(one);
      values.set(key, known);
    }
  };
  // A database bears its layer, whether there is a table in it or not.
  add({ layer: layers });
  for (const dataset of declaration.datasets) {
    add(tableTags(dataset));
    add(quarantineTags(dataset));
    for (const column of dataset.columns) add(column.tags);
  }
  for (const persona of personas) add(persona.reads);
  return new Map(
    [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, known]) => [key, [...known].sort()]),
  );
}
