import type { Dataset } from './dataset.js';
import type { Environment } from './environment.js';
import { names } from './names.js';

/** A table of the Glue catalog, as Terraform makes it and as `glue register` keeps it: one source for both. */
export interface CatalogTable {
  readonly database: string;
  readonly name: string;
  readonly description: string;
  readonly owner: string;
  readonly location: string;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly comment: string }[];
  readonly parameters: Readonly<Record<string, string>>;
  readonly serdeParameters: Readonly<Record<string, string>>;
}

/**
 * A native Delta table. Athena reads its schema and partitions from the Delta log and wants no partition keys in the
 * catalog, so every column is a plain one. `table_type` is for Athena, `spark.sql.sources.provider` for EMR's Spark.
 * Source: AWS, "Query Linux Foundation Delta Lake tables" (Athena user guide).
 */
export function catalogTable(environment: Environment, dataset: Dataset): CatalogTable {
  const location = names.tableLocation(environment, dataset);
  return {
    database: names.database(environment, dataset.layer),
    name: names.table(dataset),
    description: dataset.description,
    owner: dataset.owner,
    location,
    columns: dataset.columns.map(({ name, type, description }) => ({ name, type, comment: description })),
    parameters: {
      EXTERNAL: 'TRUE',
      table_type: 'DELTA',
      'spark.sql.sources.provider': 'delta',
      classification: 'delta',
      'dataplat.dataset': dataset.id,
      'dataplat.environment': environment.name,
    },
    serdeParameters: { path: location, 'serialization.format': '1' },
  };
}

/** Hive's names for files that only the Delta log explains. */
export const deltaStorage = {
  inputFormat: 'org.apache.hadoop.mapred.SequenceFileInputFormat',
  outputFormat: 'org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat',
  serializationLibrary: 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe',
} as const;
