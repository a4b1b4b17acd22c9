import type { TableDefinition } from '../../aws/table-definitions.js';
import type { Environment } from '../../model/environment.js';
import { DataplatError } from '../../model/errors.js';
import { layers } from '../../model/layers.js';
import { names } from '../../model/names.js';
import { tableFolder, type DocumentKind, type Manifest } from '../../model/snapshots/manifest.js';
import { renamedIn, renaming, type Renaming } from '../../model/snapshots/other-environment.js';
import { changeWords, tagChanges, type TagChange } from '../../model/tag-changes.js';
import { declaredTags, targetName, type TagDeclaration } from '../../model/tag-declaration.js';
import type { EnvironmentAccess } from '../environment-access.js';
import { step, type Operation, type Steps } from '../events.js';
import { giveTags } from '../lake-tags/give-tags.js';
import { Patience } from '../lake-tags/patience.js';
import { presentTags } from '../lake-tags/seed-tags.js';
import { registerTables } from '../register.js';
import { requireName, type Naming } from '../stacks/protection.js';
import { activeRuns } from '../stacks/stop-application.js';
import { underLock } from '../stacks/under-lock.js';
import { pause } from '../waiting.js';
import {
  airflowEntries,
  type AirflowDocument,
  type CatalogDocument,
  type TagsDocument,
} from './documents.js';
import { planTables, restoreTables, type PlannedTable } from './restore-tables.js';
import { documentText, findSnapshot, storeOf, type ChosenSnapshot, type SnapshotStore } from './store.js';

export interface RestoreOptions extends ChosenSnapshot {
  readonly access: EnvironmentAccess;
  /** These tables alone, as `layer/name`, and nothing but them. Default: everything. */
  readonly tables?: readonly string[];
  /** Only say what would be done. Default: false. */
  readonly dryRun?: boolean;
  /** Write over tables that are not what the snapshot has. Default: false. */
  readonly allowDataLoss?: boolean;
  readonly consent: (plan: RestorePlan) => Promise<boolean>;
  readonly naming?: Naming;
}

/** What restoring comes to. */
export interface RestorePlan {
  readonly snapshot: string;
  readonly takenAt: string;
  /** Of which environment, and into which. */
  readonly from: string;
  readonly into: string;
  readonly tables: readonly PlannedTable[];
  /** Tables and views of the catalog that nothing declares, by `database.name`. */
  readonly definitions: readonly string[];
  readonly tags: readonly {
    readonly action: TagChange['action'];
    readonly of: string;
    readonly text: string;
  }[];
  /** Keys of Airflow's variables that are set. */
  readonly variables: readonly string[];
  /** What somebody has to do by hand, in sentences. */
  readonly byHand: readonly string[];
}

export interface RestoreResult extends RestorePlan {
  readonly applied: boolean;
  readonly copied: number;
  readonly bytes: number;
}

/** The plan with what it takes to carry it out. */
interface Prepared {
  readonly plan: RestorePlan;
  readonly definitions: readonly { readonly database: string; readonly definition: TableDefinition }[];
  readonly tags: readonly TagChange[];
  readonly variables: readonly {
    readonly key: string;
    readonly value?: string;
    readonly description?: string;
  }[];
}

/**
 * Brings an environment that is deployed to what a snapshot has: its own, or another one's. Tables come first, then what
 * the catalog, Lake Formation and Airflow lack; what others made there stays.
 * @throws DataplatError DP4004 not deployed, DP5004 not agreed, DP5005 protected, DP5006 where tables would be written
 *   over, DP6005 while runs are active, DP9001, DP9003
 */
export async function* restoreSnapshot(options: RestoreOptions): Operation<RestoreResult> {
  const { access, dryRun = false, signal } = options;
  const store = storeOf(options);
  const manifest = wantedTables(await findSnapshot(store, options.snapshot), options.tables);
  if (dryRun) {
    const { plan } = yield* step('plan', 'Compare with the snapshot', () =>
      prepare(options, store, manifest),
    );
    yield { type: 'result', result: { ...plan, applied: false, copied: 0, bytes: 0 } };
    return;
  }
  yield* underLock(access, `dataplat dr restore ${manifest.id}`, signal, () =>
    restoreAlone(options, store, manifest),
  );
}

async function* restoreAlone(
  options: RestoreOptions,
  store: SnapshotStore,
  manifest: Manifest,
): Operation<RestoreResult> {
  const { access, signal } = options;
  const { platform, aws } = access;
  const { environment } = platform;
  yield* requireNoRuns(access);
  const prepared = yield* step('plan', 'Compare with the snapshot', () => prepare(options, store, manifest));
  const { plan } = prepared;
  await requireConsent(options, plan);
  const { copied, bytes } = yield* step('tables', 'Write the tables', () =>
    restoreTables(environment, aws.objects, aws.copies, store, manifest, plan.tables, signal),
  );
  // What contracts declare of the tables comes from them, as after a deploy; the rest from the snapshot.
  yield* registerTables(platform, aws);
  if (prepared.definitions.length > 0) {
    yield* step('catalog', 'Enter other tables into the catalog', async () => {
      for (const { database, definition } of prepared.definitions)
        await aws.definitions.make(database, definition);
    });
  }
  const tags = options.tables ? [] : await missingTags(options, store, manifest);
  if (tags.length > 0) {
    yield* step('tags', 'Give tags and grants', () =>
      giveTags(tags, new Patience(aws.tags, pause), environment.name),
    );
  }
  if (prepared.variables.length > 0) yield* setVariables(access, prepared.variables);
  yield { type: 'result', result: { ...plan, applied: true, copied, bytes } };
}

async function prepare(options: RestoreOptions, store: SnapshotStore, manifest: Manifest): Promise<Prepared> {
  const { access } = options;
  const { platform, aws } = access;
  const { environment } = platform;
  const tables = await planTables(environment, aws.objects, store, manifest);
  const empty = { definitions: [], tags: [], variables: [], byHand: [] };
  const others = options.tables ? empty : await prepareOthers(options, store, manifest);
  return {
    definitions: others.definitions,
    tags: others.tags,
    variables: others.variables,
    plan: {
      snapshot: manifest.id,
      takenAt: manifest.takenAt,
      from: manifest.environment.name,
      into: environment.name,
      tables,
      definitions: others.definitions.map(({ database, definition }) => `${database}.${definition.Name}`),
      tags: others.tags.map((change) => ({ action: change.action, ...changeWords(change) })),
      variables: others.variables.map(({ key }) => key),
      byHand: others.byHand,
    },
  };
}

async function prepareOthers(
  options: RestoreOptions,
  store: SnapshotStore,
  manifest: Manifest,
): Promise<Omit<Prepared, 'plan'> & { byHand: string[] }> {
  const { platform, aws } = options.access;
  const { environment } = platform;
  const rename = renamingOf(manifest, environment);
  const byHand: string[] = [];
  const definitions: { database: string; definition: TableDefinition }[] = [];
  const catalog = await document<CatalogDocument>(store, manifest, 'catalog');
  const declared = new Set(
    platform.datasets.flatMap((dataset) =>
      [names.table(dataset), names.quarantineTable(dataset)].map((name) => `${dataset.layer}.${name}`),
    ),
  );
  for (const layer of layers) {
    const database = names.database(environment, layer);
    const there = new Set((await aws.definitions.of(database))?.map(({ Name }) => Name));
    for (const definition of catalog?.[layer] ?? []) {
      if (there.has(definition.Name) || declared.has(`${layer}.${definition.Name}`)) continue;
      if (definition.ViewOriginalText !== undefined && manifest.environment.name !== environment.name) {
        // The databases that a view names are in its text, which nobody should rewrite by guessing.
        byHand.push(
          `view ${database}.${definition.Name}: create it again, it names databases of ${manifest.environment.name}`,
        );
        continue;
      }
      definitions.push({ database, definition: renamedIn(definition, rename) });
    }
  }
  const secrets = await document<string[]>(store, manifest, 'secrets');
  const own = new Set(await aws.secrets.names(names.secret(environment, '')));
  for (const name of secrets ?? []) {
    const here = names.secret(environment, name.slice(manifest.environment.prefix.length + 1));
    if (!own.has(here)) byHand.push(`secret ${here}: it is not there, and no snapshot has its value`);
  }
  const airflow = await document<AirflowDocument>(store, manifest, 'airflow');
  const set = airflow ? await variablesThere(options.access) : undefined;
  const variables = (airflow?.variables ?? []).filter(({ key }) => set && !set.has(key));
  if (airflow && !set)
    byHand.push('Airflow does not run: its variables are restored by another dr restore, when it does');
  for (const { key, value } of variables) {
    if (value === undefined)
      byHand.push(`Airflow variable ${key}: its name says that it is a secret, and no snapshot has it`);
  }
  for (const { id, type } of airflow?.connections ?? [])
    byHand.push(`Airflow connection ${id} (${type}): no snapshot has what opens it`);
  return {
    definitions,
    tags: await missingTags(options, store, manifest),
    variables: variables.filter(({ value }) => value !== undefined),
    byHand,
  };
}

/**
 * What Lake Formation lacks of the snapshot's tags and grants. What contracts declare of the same thing comes first, and
 * principals of another account are not known here.
 */
async function missingTags(
  { access }: RestoreOptions,
  store: SnapshotStore,
  manifest: Manifest,
): Promise<TagChange[]> {
  const { platform, aws } = access;
  const taken = await document<TagsDocument>(store, manifest, 'tags');
  if (!taken) return [];
  const { environment } = platform;
  const tags = renamedIn(taken, renamingOf(manifest, environment));
  const said = declaredTags(platform);
  const declared = new Set(said.assignments.map((one) => `${targetName(one)} ${one.key}`));
  const wanted: TagDeclaration = {
    ontology: new Map(tags.ontology),
    assignments: tags.assignments.filter((one) => !declared.has(`${targetName(one)} ${one.key}`)),
    grants: tags.grants.filter(({ principal }) => isHere(principal, environment)),
  };
  return tagChanges(wanted, await presentTags(wanted, aws.tags));
}

function isHere(principal: string, { account }: Environment): boolean {
  const of = /^arn:aws[a-z-]*:iam::(\d{12}):/.exec(principal)?.[1];
  return of === undefined || of === account;
}

function renamingOf(manifest: Manifest, { name, account, region, prefix, lake }: Environment): Renaming {
  return renaming(manifest.environment, { name, account, region, prefix, bucketPrefix: lake.bucketPrefix });
}

async function document<Document>(
  store: SnapshotStore,
  { id, documents }: Manifest,
  kind: DocumentKind,
): Promise<Document | undefined> {
  const hash = documents[kind];
  return hash === undefined ? undefined : (JSON.parse(await documentText(store, id, hash)) as Document);
}

/** The keys of Airflow's variables; undefined where it does not answer. */
async function variablesThere({ platform, aws }: EnvironmentAccess): Promise<Set<string> | undefined> {
  const variables = await airflowEntries<{ key: string }>(platform.environment, aws, 'variables');
  return variables && new Set(variables.map(({ key }) => key));
}

async function* setVariables(
  { platform, aws }: EnvironmentAccess,
  variables: Prepared['variables'],
): Steps<void> {
  yield* step('airflow', 'Set variables of Airflow', async () => {
    for (const body of variables) {
      const call = { method: 'POST', path: '/variables', body } as const;
      const answer = await aws.airflow.call(names.airflow(platform.environment), call);
      if (answer === undefined || answer.status >= 400) {
        throw new DataplatError(
          'DP8004',
          `Airflow did not take the variable ${body.key} (${answer?.status ?? 'it is gone'})`,
          {
            left: 'tables, catalog, tags and grants are restored',
            next: [`dataplat dr restore, which goes on with the variables`],
          },
        );
      }
    }
  });
}

/** A job that writes meanwhile would write on what is no longer there. */
async function* requireNoRuns(access: EnvironmentAccess): Steps<void> {
  const { environment } = access.platform;
  const active = yield* step('runs', 'Look whether anything runs', async () => {
    const application = await access.aws.runs.findApplication(names.application(environment));
    return application ? activeRuns(access, application.id) : [];
  });
  if (active.length === 0) return;
  throw new DataplatError(
    'DP6005',
    `${active.length} runs are active in ${environment.name}: ${active.join(', ')}`,
    {
      left: 'nothing was changed',
      next: ['wait for them: dataplat status', ...active.map((run) => `dataplat cancel ${run}`)],
    },
  );
}

async function requireConsent(options: RestoreOptions, plan: RestorePlan): Promise<void> {
  const { access, allowDataLoss = false, consent, naming = {} } = options;
  const { environment } = access.platform;
  const again = `dataplat dr restore ${plan.snapshot} --env ${environment.name}`;
  const over = plan.tables.filter(({ action }) => action === 'overwrite');
  if (over.length > 0 && !allowDataLoss) {
    throw new DataplatError(
      'DP5006',
      `${over.length === 1 ? 'a table' : `${over.length} tables`} of ${environment.name} would be written over: the snapshot has another version`,
      {
        excerpt: over.map(
          ({ table, current }) =>
            `${tableFolder(table)}  is at version ${current ?? '?'}, the snapshot has ${table.version}`,
        ),
        left: 'nothing was changed',
        next: [
          `${again} --dry-run`,
          `${again} --allow-data-loss`,
          `${again} --table <layer/name>, for some of them alone`,
        ],
      },
    );
  }
  if (over.length > 0 && environment.protected)
    await requireName(environment, naming, `${again} --allow-data-loss`);
  if (!(await consent(plan))) {
    throw new DataplatError('DP5004', 'nobody agreed to restore', {
      left: 'nothing was changed',
      next: [`${again} --yes`],
    });
  }
}

function wantedTables(manifest: Manifest, wanted: readonly string[] | undefined): Manifest {
  if (!wanted) return manifest;
  const there = manifest.tables.map(tableFolder);
  const unknown = wanted.filter((table) => !there.includes(table));
  if (unknown.length > 0) {
    throw new DataplatError(
      'DP1001',
      `snapshot ${manifest.id} has no table ${unknown.join(', ')}; it has: ${there.join(', ')}`,
    );
  }
  return { ...manifest, tables: manifest.tables.filter((table) => wanted.includes(tableFolder(table))) };
}
