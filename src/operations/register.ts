import pLimit from 'p-limit';
import type { Aws } from '../aws/aws.js';
import type { FoundTable } from '../aws/catalog.js';
import { isAws } from '../aws/failures.js';
import { placeOf, type Objects } from '../aws/objects.js';
import { catalogTable, quarantineCatalogTable, type CatalogTable } from '../model/catalog-table.js';
import type { Dataset } from '../model/dataset.js';
import type { Environment } from '../model/environment.js';
import { DataplatError } from '../model/errors.js';
import { layers } from '../model/layers.js';
import { names } from '../model/names.js';
import type { Platform } from '../model/platform.js';
import { inOrder } from './in-order.js';
import { step, warning, type Operation, type Steps } from './events.js';
import { notDeployed } from './release/release.js';
import { evolve } from './schema-evolution.js';

/** What is to be done about one table. */
export type TableStage =
  | { readonly action: 'create'; readonly table: CatalogTable; readonly why: readonly string[] }
  | {
      readonly action: 'update';
      readonly table: CatalogTable;
      readonly why: readonly string[];
      /** The version that was looked at: another one's change in between makes the update fail. */
      readonly versionId: string | undefined;
    }
  | { readonly action: 'unchanged'; readonly table: CatalogTable; readonly why: readonly string[] }
  | {
      readonly action: 'refused';
      readonly table: CatalogTable;
      readonly why: readonly string[];
      /** For each of `why`, how to come to the same end. */
      readonly migration: readonly string[];
    }
  | {
      readonly action: 'drop';
      readonly table: Pick<CatalogTable, 'database' | 'name'>;
      readonly why: readonly string[];
    };

/** What registering comes to: a frozen list of stages, which `explain` shows and `apply` walks. */
export interface RegistrationPlan {
  readonly environment: string;
  readonly stages: readonly TableStage[];
}

export interface RegisterOptions {
  /** Only say what would be done. Default: false. */
  readonly dryRun?: boolean;
  /** Also drop this environment's tables that no contract declares; their data stays. Default: false. */
  readonly prune?: boolean;
}

export interface RegisterResult {
  readonly environment: string;
  readonly applied: boolean;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly dropped: number;
  readonly tables: readonly {
    readonly database: string;
    readonly table: string;
    readonly action: TableStage['action'];
    readonly why: readonly string[];
    /** Where it is refused: how to come to the same end. */
    readonly migration?: readonly string[];
  }[];
}

/** Keeps the catalog's tables as the contracts declare them. @throws DataplatError DP4004, DP7003, DP7007 */
export async function* register(
  platform: Platform,
  aws: Pick<Aws, 'catalog' | 'objects'>,
  options: RegisterOptions = {},
): Operation<RegisterResult> {
  const dryRun = options.dryRun ?? false;
  const plan = yield* dryRun ? compare(platform, aws, options) : registerTables(platform, aws, options);
  const count = (action: TableStage['action']): number =>
    plan.stages.filter((stage) => stage.action === action).length;
  if (!dryRun && count('create') > 0) {
    yield warning(
      `a table that is made has only its database's tags of Lake Formation, which let in whom these let in, until it is given its own: dataplat lf seed-tags --env ${plan.environment}`,
    );
  }
  yield {
    type: 'result',
    result: {
      environment: plan.environment,
      applied: !dryRun,
      created: count('create'),
      updated: count('update'),
      unchanged: count('unchanged'),
      dropped: count('drop'),
      tables: plan.stages.map((stage) => ({
        database: stage.table.database,
        table: stage.table.name,
        action: stage.action,
        why: stage.why,
        ...(stage.action === 'refused' && { migration: stage.migration }),
      })),
    },
  };
}

function compare(
  platform: Platform,
  aws: Pick<Aws, 'catalog' | 'objects'>,
  options: RegisterOptions,
): Steps<RegistrationPlan> {
  return step('catalog', 'Compare the catalog with the contracts', () =>
    planRegistration(platform, aws, options),
  );
}

/** How often it is looked again where somebody else was faster. */
const attempts = 3;

/**
 * Plans and applies; where somebody else changes a table in between, looks again instead of writing over it.
 * @returns what was done @throws DataplatError DP4004, DP7003, DP7007
 */
export async function* registerTables(
  platform: Platform,
  aws: Pick<Aws, 'catalog' | 'objects'>,
  options: RegisterOptions = {},
): Steps<RegistrationPlan> {
  for (let attempt = 1; ; attempt += 1) {
    const plan = yield* compare(platform, aws, options);
    try {
      yield* applyRegistration(plan, aws.catalog);
      return plan;
    } catch (error) {
      if (!(error instanceof DataplatError) || error.code !== 'DP7007' || attempt === attempts) throw error;
      yield warning(`${error.message}: looking again`);
    }
  }
}

/** Looks at the catalog and decides. Changes nothing. @throws DataplatError DP4004 where a database is missing */
export async function planRegistration(
  platform: Platform,
  { catalog, objects }: Pick<Aws, 'catalog' | 'objects'>,
  { prune = false }: RegisterOptions = {},
): Promise<RegistrationPlan> {
  const { environment, datasets } = platform;
  const databases = [...new Set(layers.map((layer) => names.database(environment, layer)))];
  const [quarantines, ...lists] = await Promise.all([
    existingQuarantines(environment, datasets, objects),
    ...databases.map((database) => catalog.tables(database)),
  ]);
  const found = new Map<string, FoundTable>();
  for (const [index, database] of databases.entries()) {
    const tables = lists[index];
    if (!tables) throw notDeployed(environment, `there is no catalog database "${database}"`);
    for (const table of tables) found.set(`${database}.${table.name}`, table);
  }
  const wanted = [
    ...datasets.map((dataset) => ({ dataset, table: catalogTable(environment, dataset) })),
    ...quarantines.map((dataset) => ({ dataset, table: quarantineCatalogTable(environment, dataset) })),
  ];
  const stages: TableStage[] = wanted.map(({ dataset, table }) =>
    stageOf(dataset, table, found.get(`${table.database}.${table.name}`), environment),
  );
  if (prune) {
    const kept = new Set([
      ...wanted.map(({ table }) => `${table.database}.${table.name}`),
      // A quarantine whose folder is empty still belongs to its dataset.
      ...datasets.map(
        (dataset) => `${names.database(environment, dataset.layer)}.${names.quarantineTable(dataset)}`,
      ),
    ]);
    for (const [path, table] of found) {
      if (kept.has(path) || table.parameters['dataplat.environment'] !== environment.name) continue;
      const database = path.slice(0, path.indexOf('.'));
      stages.push({
        action: 'drop',
        table: { database, name: table.name },
        why: ['no contract declares it'],
      });
    }
  }
  return Object.freeze({
    environment: environment.name,
    stages: Object.freeze(stages.map(Object.freeze)),
  }) as RegistrationPlan;
}

/**
 * Does what a plan says, all or (where something in it is refused) nothing.
 * @throws DataplatError DP7003, and DP7007 where tables are no longer as the plan found them: the others are done
 */
export async function* applyRegistration(plan: RegistrationPlan, catalog: Aws['catalog']): Steps<void> {
  const refused = refusalOf(plan);
  if (refused) throw refused;
  const todo = plan.stages.filter((stage) => stage.action !== 'unchanged');
  if (todo.length === 0) return;
  yield* step('register', 'Register tables', async function* () {
    const limit = pLimit(8);
    let done = 0;
    const drops = new Map<string, string[]>();
    const running: Promise<string>[] = [];
    const changed: string[] = [];
    for (const stage of todo) {
      const { database, name } = stage.table;
      const title = `${database}.${name}`;
      if (stage.action === 'drop') drops.set(database, [...(drops.get(database) ?? []), name]);
      else {
        running.push(
          limit(async () => {
            await applyStage(stage, catalog).catch((error: unknown) => {
              if (!isAws(error, ...otherwiseChanged)) throw error;
              changed.push(title);
            });
            return title;
          }),
        );
      }
    }
    for (const [database, dropped] of drops) {
      running.push(limit(async () => catalog.drop(database, dropped).then(() => dropped.join(', '))));
    }
    for await (const detail of inOrder(running)) {
      done += 1;
      yield { done, total: running.length, detail };
    }
    if (changed.length > 0) {
      throw new DataplatError('DP7007', `somebody else changed ${changed.join(', ')} at the same moment`, {
        left: 'what they wrote stands; the other tables are done',
        next: [`dataplat glue register --env ${plan.environment}`],
      });
    }
  });
}

/** What Glue says where a table is no longer at the version that was looked at, is there already, or is gone. */
const otherwiseChanged = [
  'ConcurrentModificationException',
  'VersionMismatchException',
  'AlreadyExistsException',
  'EntityNotFoundException',
];

async function applyStage(stage: TableStage, catalog: Aws['catalog']): Promise<void> {
  if (stage.action === 'create') await catalog.create(stage.table);
  else if (stage.action === 'update') await catalog.update(stage.table, stage.versionId);
}

/** Why a plan cannot be applied, or undefined where it can. */
export function refusalOf(plan: RegistrationPlan): DataplatError | undefined {
  const refused = plan.stages.flatMap((stage) => (stage.action === 'refused' ? [stage] : []));
  if (refused.length === 0) return undefined;
  return new DataplatError(
    'DP7003',
    `${refused.length === 1 ? 'a table' : `${refused.length} tables`} cannot become what the contract declares`,
    {
      excerpt: refused.flatMap(({ table, why, migration }) =>
        why.flatMap((one, index) => [
          `${table.database}.${table.name}  ${one}`,
          ...(migration[index] === undefined ? [] : [`  instead: ${migration[index]}`]),
        ]),
      ),
      left: 'no table was changed',
      next: [`dataplat validate`, `dataplat glue register --dry-run --env ${plan.environment}`],
    },
  );
}

function stageOf(
  dataset: Dataset,
  table: CatalogTable,
  found: FoundTable | undefined,
  environment: Environment,
): TableStage {
  if (!found) return { action: 'create', table, why: ['the catalog has no such table'] };
  if (found.parameters['dataplat.environment'] !== environment.name) {
    return {
      action: 'refused',
      table,
      why: ['somebody else made a table of this name'],
      migration: ['rename or drop theirs, or name the dataset differently'],
    };
  }
  if (trimmed(found.location) !== trimmed(table.location)) {
    return {
      action: 'refused',
      table,
      why: [`its data is at ${found.location}, not at ${table.location}`],
      migration: [
        'copy the data there, with its _delta_log, while no job runs; drop the table from the catalog; register again',
      ],
    };
  }
  const nullable = (name: string): boolean =>
    dataset.columns.find((column) => column.name.toLowerCase() === name)?.nullable ?? true;
  const { allowed, refused } = evolve(found.columns, table.columns, nullable);
  if (refused.length > 0) {
    return {
      action: 'refused',
      table,
      why: refused.map(({ change }) => change),
      migration: refused.map(({ migration }) => migration),
    };
  }
  const why = [...allowed, ...otherChanges(found, table)];
  if (why.length === 0) return { action: 'unchanged', table, why };
  // What others noted on the table stays.
  const parameters = { ...found.parameters, ...table.parameters };
  const serdeParameters = { ...found.serdeParameters, ...table.serdeParameters };
  return {
    action: 'update',
    table: { ...table, parameters, serdeParameters },
    versionId: found.versionId,
    why,
  };
}

/** Changes that no reader notices. */
function otherChanges(found: FoundTable, table: CatalogTable): string[] {
  const changes: string[] = [];
  if (found.description !== table.description) changes.push('describes it anew');
  if (found.owner !== table.owner) changes.push(`hands it to ${table.owner}`);
  const common = (columns: CatalogTable['columns'], others: CatalogTable['columns']): string =>
    columns.flatMap(({ name }) => (others.some((other) => other.name === name) ? [name] : [])).join();
  if (common(found.columns, table.columns) !== common(table.columns, found.columns))
    changes.push('orders columns anew');
  for (const { name, comment } of table.columns) {
    const before = found.columns.find((column) => column.name === name);
    if (before && before.comment !== comment) changes.push(`describes ${name} anew`);
  }
  for (const [name, value] of Object.entries(table.parameters)) {
    if (found.parameters[name] !== value) changes.push(`sets ${name}=${value}`);
  }
  for (const [name, value] of Object.entries(table.serdeParameters)) {
    if (found.serdeParameters[name] !== value) changes.push(`sets serde ${name}=${value}`);
  }
  return changes;
}

/** The datasets that have rejected rows: nothing else makes the table. */
async function existingQuarantines(
  environment: Environment,
  datasets: readonly Dataset[],
  objects: Objects,
): Promise<Dataset[]> {
  const limit = pLimit(8);
  const found = await Promise.all(
    datasets.map((dataset) =>
      limit(async () => {
        const { bucket, key } = placeOf(names.quarantineLocation(environment, dataset));
        return (await objects.list(bucket, `${key}_delta_log/`, 1)).length > 0;
      }),
    ),
  );
  return datasets.filter((_, index) => found[index]);
}

function trimmed(location: string): string {
  return location.replace(/\/+$/, '');
}
