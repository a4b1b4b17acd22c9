import type { Table } from '@aws-sdk/client-glue';
import { deltaStorage, type CatalogTable } from '../model/catalog-table.js';
import { DataplatError } from '../model/errors.js';
import type { AwsClients } from './clients.js';
import { isAws } from './failures.js';
import { pages } from './pages.js';

/** A table as the Glue catalog has it. */
export interface FoundTable {
  readonly name: string;
  readonly versionId?: string;
  readonly description: string;
  readonly owner: string;
  readonly location: string;
  readonly columns: CatalogTable['columns'];
  readonly parameters: Readonly<Record<string, string>>;
  readonly serdeParameters: Readonly<Record<string, string>>;
}

/** What operations need of the Glue catalog. */
export interface Catalog {
  /** Every table of a database, or undefined where there is no database. */
  tables(database: string): Promise<FoundTable[] | undefined>;
  create(table: CatalogTable): Promise<void>;
  /** Fails where the table is no longer at the version that was looked at. Keeps no old version. */
  update(table: CatalogTable, versionId: string | undefined): Promise<void>;
  drop(database: string, names: readonly string[]): Promise<void>;
}

const gone = 'EntityNotFoundException';

export function glueCatalog(clients: AwsClients): Catalog {
  return {
    tables: async (database) => (await tablesOf(clients, database))?.map(foundTable),
    create: async (table) => {
      await (
        await clients.glue()
      ).createTable({ DatabaseName: table.database, TableInput: tableInput(table) });
    },
    update: async (table, versionId) => {
      await (
        await clients.glue()
      ).updateTable({
        DatabaseName: table.database,
        TableInput: tableInput(table),
        SkipArchive: true,
        ...(versionId !== undefined && { VersionId: versionId }),
      });
    },
    drop: async (database, names) => {
      const glue = await clients.glue();
      for (let begin = 0; begin < names.length; begin += 100) {
        const { Errors } = await glue.batchDeleteTable({
          DatabaseName: database,
          TablesToDelete: names.slice(begin, begin + 100),
        });
        const failed = (Errors ?? []).filter(({ ErrorDetail: why }) => why?.ErrorCode !== gone);
        if (failed.length > 0) {
          throw new DataplatError(
            'DP4003',
            `Glue did not drop ${failed.length === 1 ? 'a table' : `${failed.length} tables`} of ${database}`,
            {
              excerpt: failed.map(
                ({ TableName, ErrorDetail: why }) =>
                  `${TableName ?? ''}  ${why?.ErrorCode ?? ''}: ${why?.ErrorMessage ?? ''}`,
              ),
            },
          );
        }
      }
    },
  };
}

/** All that Glue says of every table of a database; undefined where there is no database. */
export async function tablesOf(clients: AwsClients, database: string): Promise<Table[] | undefined> {
  const glue = await clients.glue();
  const found: Table[] = [];
  try {
    for await (const page of pages((NextToken) => glue.getTables({ DatabaseName: database, NextToken }))) {
      found.push(...(page.TableList ?? []));
    }
  } catch (error) {
    if (isAws(error, gone)) return undefined;
    throw error;
  }
  return found;
}

function tableInput(table: CatalogTable) {
  return {
    Name: table.name,
    Description: table.description,
    Owner: table.owner,
    TableType: 'EXTERNAL_TABLE',
    Parameters: { ...table.parameters },
    StorageDescriptor: {
      Location: table.location,
      InputFormat: deltaStorage.inputFormat,
      OutputFormat: deltaStorage.outputFormat,
      Columns: table.columns.map(({ name, type, comment }) => ({ Name: name, Type: type, Comment: comment })),
      SerdeInfo: {
        SerializationLibrary: deltaStorage.serializationLibrary,
        Parameters: { ...table.serdeParameters },
      },
    },
  };
}

function foundTable(table: Table): FoundTable {
  const storage = table.StorageDescriptor;
  return {
    name: table.Name ?? '',
    ...(table.VersionId !== undefined && { versionId: table.VersionId }),
    description: table.Description ?? '',
    owner: table.Owner ?? '',
    location: storage?.Location ?? '',
    columns: (storage?.Columns ?? []).map(({ Name, Type, Comment }) => ({
      name: Name ?? '',
      type: Type ?? '',
      comment: Comment ?? '',
    })),
    parameters: table.Parameters ?? {},
    serdeParameters: storage?.SerdeInfo?.Parameters ?? {},
  };
}
