import {
  Construct,
  GlueCatalogDatabase,
  GlueCatalogTable,
  type ITerraformDependable,
} from './constructs.cjs';
import {
  catalogTable,
  deltaStorage,
  quarantineCatalogTable,
  type CatalogTable,
} from '../src/model/catalog-table.js';
import { layers, type Layer } from '../src/model/layers.js';
import { names } from '../src/model/names.js';
import type { Platform } from '../src/model/platform.js';
import { deployerGrants } from './deployer-grants.js';

export interface GlueCatalogProps {
  readonly platform: Platform;
  /** Must be in force before the first database is, for a database takes on the account's defaults at birth. */
  readonly after: ITerraformDependable;
}

/** A database a layer, a table a contract, and one for the rows that break the contract. */
export class GlueCatalog extends Construct {
  readonly databases: Readonly<Record<Layer, GlueCatalogDatabase>>;
  /** By the dataset's id. */
  readonly tables: ReadonlyMap<string, GlueCatalogTable>;
  /** By the dataset's id. */
  readonly quarantines: ReadonlyMap<string, GlueCatalogTable>;

  constructor(scope: Construct, id: string, { platform, after }: GlueCatalogProps) {
    super(scope, id);
    const { environment } = platform;
    this.databases = Object.fromEntries(
      layers.map((layer) => [
        layer,
        new GlueCatalogDatabase(this, layer, {
          name: names.database(environment, layer),
          description: `The ${layer} layer of ${environment.prefix}`,
          locationUri: `s3://${names.bucket(environment, layer)}/`,
          dependsOn: [after],
        }),
      ]),
    ) as Record<Layer, GlueCatalogDatabase>;

    // Before the tables: a deployer who made none of them changes them in the same apply, and drops them before he loses this.
    const grants = deployerGrants(this, environment, this.databases);
    const all = (suffix: string, declare: typeof catalogTable): ReadonlyMap<string, GlueCatalogTable> =>
      new Map(
        platform.datasets.map((dataset) => [
          dataset.id,
          this.table(
            `${dataset.id}${suffix}`,
            this.databases[dataset.layer],
            declare(environment, dataset),
            grants,
          ),
        ]),
      );
    this.tables = all('', catalogTable);
    // Made with the others, so that no job has a moment in which it could fill a table that bears no tags.
    this.quarantines = all('_quarantine', quarantineCatalogTable);
  }

  private table(
    id: string,
    database: GlueCatalogDatabase,
    declared: CatalogTable,
    after: readonly ITerraformDependable[],
  ): GlueCatalogTable {
    return new GlueCatalogTable(this, id, {
      databaseName: database.name,
      name: declared.name,
      description: declared.description,
      owner: declared.owner,
      tableType: 'EXTERNAL_TABLE',
      ...(after.length > 0 && { dependsOn: [...after] }),
      parameters: { ...declared.parameters },
      storageDescriptor: {
        location: declared.location,
        inputFormat: deltaStorage.inputFormat,
        outputFormat: deltaStorage.outputFormat,
        columns: declared.columns.map((column) => ({ ...column })),
        serDeInfo: {
          serializationLibrary: deltaStorage.serializationLibrary,
          parameters: { ...declared.serdeParameters },
        },
      },
    });
  }
}
