/** Looks up in the Glue Data Catalog, which an emulator behind the same endpoint holds, what Lake Formation governs. */
import { ownScope } from '../own-scope.js';
import { invalid, notFound } from './state.js';

export interface CatalogTable {
  readonly database: string;
  readonly name: string;
  /** Partition keys included. */
  readonly columns: readonly string[];
}

interface GlueTable {
  readonly Name: string;
  readonly StorageDescriptor?: { readonly Columns?: readonly { Name: string }[] };
  readonly PartitionKeys?: readonly { Name: string }[];
}

export class DataCatalog {
  readonly #endpoint: string;
  readonly #account: string;
  readonly #region: string;

  constructor(endpoint: string, account: string, region: string) {
    this.#endpoint = endpoint;
    this.#account = account;
    this.#region = region;
  }

  /** @throws ServiceError EntityNotFoundException where there is no such database */
  async requireDatabase(name: string): Promise<void> {
    const found = await this.#glue('GetDatabase', { Name: name });
    if (!found) throw notFound(`Database not found: ${name}`);
  }

  /** @throws ServiceError EntityNotFoundException */
  async table(database: string, name: string): Promise<CatalogTable> {
    const found = await this.#glue<{ Table: GlueTable }>('GetTable', { DatabaseName: database, Name: name });
    if (!found) throw notFound(`Table not found: ${database}.${name}`);
    return tableOf(database, found.Table);
  }

  /** Undefined where Glue does not know the entity. */
  async #glue<Output>(operation: string, input: object): Promise<Output | undefined> {
    const answer = await fetch(this.#endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AWSGlue.${operation}`,
        authorization: ownScope('glue', { account: this.#account, region: this.#region }),
      },
      body: JSON.stringify(input),
    });
    const output: unknown = await answer.json();
    if (answer.ok) return output as Output;
    const type = (output as { __type?: string }).__type ?? '';
    if (type.endsWith('EntityNotFoundException')) return undefined;
    throw invalid(`The Data Catalog does not answer ${operation}: ${type} (${answer.status})`);
  }
}

function tableOf(database: string, table: GlueTable): CatalogTable {
  const columns = [...(table.StorageDescriptor?.Columns ?? []), ...(table.PartitionKeys ?? [])];
  return {
    database,
    name: table.Name,
    columns: columns.map(({ Name }) => Name),
  };
}
