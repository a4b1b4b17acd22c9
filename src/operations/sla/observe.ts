import pLimit from 'p-limit';
import type { Aws } from '../../aws/aws.js';
import type { Run, RunSummary } from '../../aws/job-runs.js';
import { placeOf } from '../../aws/objects.js';
import type { Dataset } from '../../model/dataset.js';
import { DataplatError } from '../../model/errors.js';
import { layers } from '../../model/layers.js';
import { names } from '../../model/names.js';
import type { Platform } from '../../model/platform.js';
import { endStates, runStates, timedOut } from '../../model/run-states.js';
import type { Observed, ObservedCheck, ObservedRun, UnmetExpectation } from '../../model/sla.js';
import { rowsOf, type QueryRow, type QueryValue } from '../query.js';
import { details, nameParts, newest } from '../runs.js';
import { runTags } from '../spark-run.js';
import { requireApplication } from '../submit.js';

type DataAws = Pick<Aws, 'catalog' | 'queries' | 'objects'>;
type ObservedAws = DataAws & Pick<Aws, 'runs'>;

export interface ObserveOptions {
  readonly at: Date;
  /** Runs are looked at that began so many days ago at the most, and all that go on. Default: 3. */
  readonly days?: number;
}

/** How the runs and the data of an environment are. @throws DataplatError DP4004, and whatever AWS refuses */
export async function observe(
  platform: Platform,
  aws: ObservedAws,
  { at, days = 3 }: ObserveOptions,
): Promise<Observed & { readonly details: readonly (Run | RunSummary)[] }> {
  const application = await requireApplication(platform.environment, aws.runs);
  const [runs, data] = await Promise.all([
    observeRuns(aws.runs, application.id, new Date(at.getTime() - days * 86_400_000)),
    observeData(platform, aws, at),
  ]);
  return { at, ...runs, ...data };
}

/** The runs since a moment and all that go on, the newest first, and all that EMR tells of each. */
export async function observeRuns(
  runs: Aws['runs'],
  application: string,
  since: Date,
): Promise<Pick<Observed, 'runs'> & { readonly details: readonly (Run | RunSummary)[] }> {
  const found = await runsOf(runs, application, since);
  return { runs: found.map(observedRun), details: found };
}

/** How new the data is, and what its last checks found. @throws DataplatError DP7001, and whatever AWS refuses */
export async function observeData(
  platform: Platform,
  aws: DataAws,
  at: Date,
): Promise<Pick<Observed, 'newestData' | 'checks'>> {
  const tables = await registered(platform, aws.catalog);
  const [newestData, checks] = await Promise.all([
    newestRows(platform, aws, tables, at),
    lastChecks(platform, aws, tables),
  ]);
  return { newestData, checks };
}

/** More runs than these are not looked at. */
export const mostRuns = 2000;

async function runsOf(runs: Aws['runs'], application: string, since: Date): Promise<(Run | RunSummary)[]> {
  const states = runStates.filter((state) => !endStates.includes(state));
  const [recent, active] = await Promise.all([
    newest(runs, application, { since }, mostRuns),
    newest(runs, application, { states }, mostRuns),
  ]);
  const known = new Set(recent.map(({ id }) => id));
  const all = [...recent, ...active.filter(({ id }) => !known.has(id))];
  return details(runs, application, all);
}

function observedRun(run: Run | RunSummary): ObservedRun {
  const tags = 'tags' in run ? run.tags : {};
  const named = nameParts(run.name);
  const date = tags[runTags.date] ?? named.date;
  const ended = endStates.includes(run.state);
  const startedAt = 'startedAt' in run ? run.startedAt : undefined;
  return {
    runId: run.id,
    job: tags[runTags.job] ?? named.job,
    ...(date !== undefined && { date }),
    state: run.state,
    ...('tags' in run && timedOut(run) && { timedOut: true }),
    createdAt: run.createdAt,
    ...(startedAt && { startedAt }),
    ...(ended && { endedAt: ('endedAt' in run ? run.endedAt : undefined) ?? run.updatedAt }),
  };
}

/** The datasets that the catalog knows. */
async function registered(platform: Platform, catalog: Aws['catalog']): Promise<Dataset[]> {
  const { environment, datasets } = platform;
  const known = await Promise.all(
    layers.map(async (layer) => {
      const tables = (await catalog.tables(names.database(environment, layer))) ?? [];
      return new Set(tables.map(({ name }) => `${layer}/${name}`));
    }),
  );
  return datasets.filter((dataset) =>
    known.some((tables) => tables.has(`${dataset.layer}/${names.table(dataset)}`)),
  );
}

/** The column that says when a row became what it is: what its freshness is checked by, else the watermark. */
export function timeColumn({ quality }: Pick<Platform, 'quality'>, dataset: Dataset): string | undefined {
  for (const one of quality.datasets[dataset.id]?.expectations ?? [])
    if (one.expect === 'freshness' && one.column !== undefined) return one.column;
  return dataset.watermark;
}

async function newestRows(
  platform: Platform,
  aws: DataAws,
  tables: readonly Dataset[],
  at: Date,
): Promise<Map<string, Date>> {
  const limit = pLimit(4);
  const found = new Map<string, Date>();
  await Promise.all(
    tables.map((dataset) =>
      limit(async () => {
        const column = timeColumn(platform, dataset);
        if (column === undefined) {
          const written = await lastCommit(platform, aws.objects, dataset);
          if (written) found.set(dataset.id, written);
          return;
        }
        const sql = `SELECT CAST(max("${column}") AS varchar) FROM "${names.table(dataset)}"`;
        const [row] = await writtenRows(platform, aws, dataset, sql);
        const time = momentOf(row?.[0], at);
        if (time) found.set(dataset.id, time);
      }),
    ),
  );
  return found;
}

/** When a table was last written, for one whose rows tell no time. Maintenance counts too: it cannot be told apart here. */
async function lastCommit(
  { environment }: Platform,
  objects: Aws['objects'],
  dataset: Dataset,
): Promise<Date | undefined> {
  const { bucket, key } = placeOf(names.tableLocation(environment, dataset));
  const commits = (await objects.list(bucket, `${key}_delta_log/`)).filter((one) =>
    /\/\d+\.json$/.test(one.key),
  );
  return commits.reduce<Date | undefined>(
    (newest, { modified }) => (modified && (!newest || modified > newest) ? modified : newest),
    undefined,
  );
}

/** A date is over at its end, or now where that is still to come; a time without a zone is in UTC. */
function momentOf(value: QueryValue | undefined, at: Date): Date | undefined {
  if (typeof value !== 'string') return undefined;
  if (/^\d{4}-\d{2}-\d{2}$/.test(value)) {
    const end = new Date(Date.parse(`${value}T00:00:00Z`) + 86_400_000);
    return end < at ? end : at;
  }
  const parts = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?)/.exec(value);
  const time = parts && new Date(`${parts[1] ?? ''}T${parts[2] ?? ''}Z`);
  return time && !Number.isNaN(time.getTime()) ? time : undefined;
}

const results = 'dq_results_gold';

async function lastChecks(
  platform: Platform,
  aws: DataAws,
  tables: readonly Dataset[],
): Promise<Map<string, ObservedCheck>> {
  const dataset = tables.find(({ id }) => id === results);
  if (!dataset) return new Map();
  const table = `"${names.table(dataset)}"`;
  const rows = await writtenRows(
    platform,
    aws,
    dataset,
    `SELECT r.dataset, CAST(r.check_date AS varchar), r.expectation, r.kind, r.severity, r.status, r.found, r.threshold
FROM ${table} r
JOIN (SELECT dataset, max(check_date) AS check_date FROM ${table} GROUP BY dataset) newest
  ON newest.dataset = r.dataset AND newest.check_date = r.check_date
ORDER BY 1, 3`,
  );
  const found = new Map<string, ObservedCheck>();
  for (const row of rows) {
    const [id = '', date = '', expectation = '', kind = '', severity, status, told = '', threshold = ''] =
      row.map((value) => (value === null ? undefined : String(value)));
    const before = found.get(id) ?? { date, errors: 0, warnings: 0, unmet: [] };
    if (status !== 'failed') {
      found.set(id, before);
      continue;
    }
    const isError = severity === 'error';
    const one: UnmetExpectation = {
      ...{ expectation, kind, severity: isError ? 'error' : 'warn' },
      ...{ found: told, threshold },
    };
    found.set(id, {
      date,
      errors: before.errors + (isError ? 1 : 0),
      warnings: before.warnings + (isError ? 0 : 1),
      unmet: [...before.unmet, one],
    });
  }
  return found;
}

/** A table that is registered and that nothing has written yet has no rows. */
async function writtenRows(
  platform: Platform,
  aws: DataAws,
  dataset: Dataset,
  sql: string,
): Promise<readonly QueryRow[]> {
  const { environment } = platform;
  const database = names.database(environment, dataset.layer);
  try {
    return await rowsOf(environment, aws, { sql, database, title: dataset.id, limit: 0 });
  } catch (error) {
    const unwritten = /DELTA_LAKE_INVALID_SCHEMA|not a Delta Lake table|TABLE_NOT_FOUND/i;
    if (error instanceof DataplatError && error.code === 'DP7001' && unwritten.test(error.message)) return [];
    throw error;
  }
}
