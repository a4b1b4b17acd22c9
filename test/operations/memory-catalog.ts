import type { Catalog, FoundTable } from '../../src/aws/catalog.js';
import type { CatalogTable } from '../../src/model/catalog-table.js';
import { DataplatError } from '../../src/model/errors.js';

/** The Glue catalog in memory, with a record of what was changed. */
export class MemoryCatalog implements Catalog {
  readonly databases = new Map<string, Map<string, FoundTable>>();
  readonly changes: string[] = [];
  /** What somebody else does between the next look and the first change behind it. */
  meanwhile: (() => void) | undefined;

  put(table: CatalogTable, versionId = '1'): void {
    const tables = this.databases.get(table.database) ?? new Map<string, FoundTable>();
    this.databases.set(table.database, tables.set(table.name, { ...table, versionId }));
  }

  tables: Catalog['tables'] = (database) => {
    const tables = this.databases.get(database);
    return Promise.resolve(tables && [...tables.values()]);
  };

  table({ database, name }: Pick<CatalogTable, 'database' | 'name'>): FoundTable | undefined {
    return this.databases.get(database)?.get(name);
  }

  create: Catalog['create'] = (table) => {
    this.interfere();
    if (this.table(table)) return Promise.reject(refused('AlreadyExistsException'));
    this.changes.push(`create ${table.name}`);
    this.put(table);
    return Promise.resolve();
  };

  update: Catalog['update'] = (table, versionId) => {
    this.interfere();
    if (this.table(table)?.versionId !== versionId)
      return Promise.reject(refused('ConcurrentModificationException'));
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

  private interfere(): void {
    const meanwhile = this.meanwhile;
    this.meanwhile = undefined;
    meanwhile?.();
  }
}

function refused(awsCode: string): DataplatError {
  return new DataplatError('DP4003', `Glue: ${awsCode}`, { data: { awsCode } });
}
