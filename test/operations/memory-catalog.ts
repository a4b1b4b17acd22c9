import type { Catalog, FoundTable } from '../../src/aws/catalog.js';
import type { CatalogTable } from '../../src/model/catalog-table.js';

/** The Glue catalog in memory, with a record of what was changed. */
export class MemoryCatalog implements Catalog {
  readonly databases = new Map<string, Map<string, FoundTable>>();
  readonly changes: string[] = [];

  put(table: CatalogTable, versionId = '1'): void {
    const tables = this.databases.get(table.database) ?? new Map<string, FoundTable>();
    this.databases.set(table.database, tables.set(table.name, { ...table, versionId }));
  }

  tables: Catalog['tables'] = (database) => {
    const tables = this.databases.get(database);
    return Promise.resolve(tables && [...tables.values()]);
  };

  create: Catalog['create'] = (table) => {
    this.changes.push(`create ${table.name}`);
    this.put(table);
    return Promise.resolve();
  };

  update: Catalog['update'] = (table, versionId) => {
    this.changes.push(`update ${table.name} at ${versionId ?? 'no version'}`);
    this.put(table, '2');
    return Promise.resolve();
  };

  drop: Catalog['drop'] = (database, names) => {
    for (const name of names) {
      this.changes.push(`drop ${name}`);
      this.databases.get(database)?.delete(name);
    }
    return Promise.resolve();
  };
}
