import type { FilterName } from './filters.js';
import { assignmentKey } from './state.js';
import type { LakeFormationStore } from './state.js';

/** A database or a table that the Data Catalog has deleted. */
export interface Deleted {
  readonly database: string;
  readonly table?: string;
}

/**
 * Forgets the tags, grants and filters of a database or table that is gone, so that another one of the same name
 * does not inherit them.
 */
export function forget(store: LakeFormationStore, { database, table }: Deleted): void {
  const isIt = (of: string | undefined, name: string | undefined): boolean =>
    of === database && (table === undefined || name === table);
  const key = assignmentKey(database, table);
  store.change((state) => {
    if (table === undefined) delete state.tableDefaults[database];
    for (const known of Object.keys(state.assignments)) {
      if (known === key || known.startsWith(`${key}/`)) delete state.assignments[known];
    }
    state.filters = state.filters.filter(
      (filter: FilterName) => !isIt(filter.DatabaseName, filter.TableName),
    );
    state.grants = state.grants.filter(({ resource }) => {
      const { Database, DataCellsFilter } = resource;
      const on = resource.Table ?? resource.TableWithColumns;
      return !(
        (table === undefined && Database?.Name === database) ||
        isIt(on?.DatabaseName, on?.Name) ||
        isIt(DataCellsFilter?.DatabaseName, DataCellsFilter?.TableName)
      );
    });
  });
}
