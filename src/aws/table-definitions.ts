import type { Table, TableInput } from '@aws-sdk/client-glue';
import { tablesOf } from './catalog.js';
import type { AwsClients } from './clients.js';

/** All that the catalog says of a table or view, whoever made it, as a call that makes it takes it. */
export type TableDefinition = TableInput & { readonly Name: string };

/** The Glue catalog's entries as a whole, for keeping and putting them back. */
export interface TableDefinitions {
  /** Undefined where there is no database. */
  of(database: string): Promise<TableDefinition[] | undefined>;
  /** Fails where there is a table of that name. */
  make(database: string, definition: TableDefinition): Promise<void>;
}

export function glueTableDefinitions(clients: AwsClients): TableDefinitions {
  return {
    of: async (database) => (await tablesOf(clients, database))?.map(definitionOf),
    make: async (database, definition) => {
      const glue = await clients.glue();
      await glue.createTable({ DatabaseName: database, TableInput: definition });
    },
  };
}

/** Without what the catalog adds by itself. Source: AWS Glue API, TableInput. */
function definitionOf(table: Table): TableDefinition {
  const { Name = '', Description, Owner, Retention, StorageDescriptor, PartitionKeys } = table;
  const { ViewOriginalText, ViewExpandedText, TableType, Parameters, TargetTable } = table;
  const said = {
    Description,
    Owner,
    Retention,
    StorageDescriptor,
    PartitionKeys,
    ViewOriginalText,
    ViewExpandedText,
    TableType,
    Parameters,
    TargetTable,
  };
  return { Name, ...Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) };
}
