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

/**
 * The table of a dataset's rejected rows. Its columns are what `jobs/common/conform.py` writes: what was delivered
 * by column name, every reason, the file, where a message stood in its topic, and the partition columns.
 */
export function quarantineCatalogTable(environment: Environment, dataset: Dataset): CatalogTable {
  const table = catalogTable(environment, dataset);
  const location = names.quarantineLocation(environment, dataset);
  const own = new Set(['_source_file', '_unmapped', ...dataset.partitionedBy]);
  const platform = new Set(
    dataset.columns
      .filter(({ origin, name }) => origin === 'platform' && !own.has(name))
      .map(({ name }) => name),
  );
  const places = table.columns.filter(({ name }) => platform.has(name));
  const partitions = table.columns.filter(({ name }) => dataset.partitionedBy.includes(name));
  return {
    ...table,
    name: names.quarantineTable(dataset),
    description: `Rows that broke the contract of ${dataset.id}, with the reasons.`,
    location,
    columns: [
      { name: '_raw', type: 'map<string,string>', comment: 'What was delivered, by column name.' },
      { name: '_reasons', type: 'array<string>', comment: 'Every way in which the row breaks the contract.' },
      { name: '_source_file', type: 'string', comment: 'The landing object the row came from.' },
      ...places,
      ...partitions,
    ],
    serdeParameters: { ...table.serdeParameters, path: location },
  };
}
