import { suggestion } from '../model/check.js';
import { catalogTable } from '../model/catalog-table.js';
import type { Dataset } from '../model/dataset.js';
import { notUtf8 } from '../model/document.js';
import type { Problem } from '../model/errors.js';
import { layers } from '../model/layers.js';
import { names } from '../model/names.js';
import type { Declaration, Platform } from '../model/platform.js';
import { principalTitle, reachChanges, reachOf } from '../model/reach.js';
import { declaredTags } from '../model/tag-declaration.js';
import type { KnownTables, QueryRead, QueryToRead } from '../toolchain/query-reader.js';
import { evolve } from './schema-evolution.js';
import { places } from './sql-parameters.js';

/** A query of the project: `queries/<name>.sql`. */
export interface ProjectQuery {
  readonly name: string;
  readonly sql: string;
}

/** Reads queries against tables; stands for the parser, which is a process of its own. */
export type ReadQueries = (tables: KnownTables, queries: readonly QueryToRead[]) => Promise<QueryRead[]>;

/** What one change of a contract breaks. */
export interface Breach {
  readonly dataset: string;
  readonly change: string;
  /** How to come to the same end without breaking anybody. */
  readonly migration?: string;
  readonly queries: readonly string[];
  readonly jobs: readonly string[];
  /** Who read it, by title. */
  readonly grants: readonly string[];
  /** The masking rule that held for it. */
  readonly masking?: string;
}

export interface Impact {
  /** What queries ask that no contract declares. */
  readonly problems: readonly Problem[];
  /** What changed contracts break; empty where there is nothing to compare with. */
  readonly breaches: readonly Breach[];
}

/** Follows columns from contracts to all that reads them, and what changed since before to all that it breaks. */
export async function contractImpact(
  after: Platform,
  before: Platform | undefined,
  queries: readonly ProjectQuery[],
  read: ReadQueries,
): Promise<Impact> {
  const unreadable = queries.flatMap(({ name, sql }) => notUtf8(fileOf(name), sql) ?? []);
  if (unreadable.length > 0) return { problems: unreadable, breaches: [] };
  const asked = queries.map(({ name, sql }) => ({ name, sql: withoutPlaces(sql), databases: layers }));
  const now = asked.length === 0 ? [] : await read(columnsOf(after), asked);
  const changed = before ? changedDatasets(before, after) : [];
  const then = before && changed.length > 0 && asked.length > 0 ? await read(columnsOf(before), asked) : [];
  return {
    problems: now.flatMap(({ name, problems }) =>
      problems.map(({ message, line, col, near, known }) => ({
        code: 'DP2011' as const,
        location: { file: fileOf(name), line, column: col },
        message,
        ...(near !== '' && known.length > 0 && { hint: suggestion(near, known) }),
      })),
    ),
    breaches: before ? changed.flatMap((one) => breachesOf(before, after, one, then)) : [],
  };
}

function fileOf(query: string): string {
  return `queries/${query}.sql`;
}

/** As long as before, so that every place in the query stays where it is. */
function withoutPlaces(sql: string): string {
  return sql.replace(places, (place) => "''".padEnd(place.length));
}

/** By layer, as a query finds them: which database that is differs by environment. */
function columnsOf({ datasets }: Declaration): KnownTables {
  return Object.fromEntries(
    layers.map((layer) => [
      layer,
      Object.fromEntries(
        datasets.flatMap((dataset) =>
          dataset.layer === layer
            ? [
                [names.table(dataset), dataset.columns.map(({ name }) => name.toLowerCase())],
                [
                  names.quarantineTable(dataset),
                  ['_raw', '_reasons', '_source_file', ...dataset.partitionedBy],
                ],
              ]
            : [],
        ),
      ),
    ]),
  );
}

interface Changed {
  readonly had: Dataset;
  /** Undefined where the contract is gone. */
  readonly has: Dataset | undefined;
}

function changedDatasets(before: Platform, after: Platform): Changed[] {
  return before.datasets.flatMap((had) => {
    const has = after.datasets.find(({ id }) => id === had.id);
    return JSON.stringify(had) === JSON.stringify(has) ? [] : [{ had, has }];
  });
}

function breachesOf(
  before: Platform,
  after: Platform,
  { had, has }: Changed,
  reads: readonly QueryRead[],
): Breach[] {
  const table = catalogTable(before.environment, had);
  const columns = table.columns.map(({ name }) => name);
  const reach = reachOf(declaredTags(before), { database: table.database, table: table.name, columns });
  const readersOf = (column?: string): string[] =>
    reach.flatMap(({ principal, columns: read }) =>
      column === undefined || read.includes(column) ? [principalTitle(before, principal)] : [],
    );
  const concerned = (column?: string): Pick<Breach, 'queries' | 'jobs' | 'grants'> => ({
    queries: reads.flatMap(({ name, reads: all }) =>
      all.some(
        (one) =>
          one.database === had.layer &&
          one.table === names.table(had) &&
          (column === undefined || one.column === column),
      )
        ? [name]
        : [],
    ),
    jobs: before.jobs.flatMap(({ id, inputs, outputs }) =>
      inputs.includes(had.id) || outputs.includes(had.id) ? [id] : [],
    ),
    grants: readersOf(column).filter((title) => !title.startsWith('job ')),
  });
  if (!has) return [{ dataset: had.id, change: 'is declared no more', ...concerned() }];
  const nullable = (name: string): boolean =>
    has.columns.find((column) => column.name === name)?.nullable ?? true;
  const { refused } = evolve(table.columns, catalogTable(after.environment, has).columns, nullable);
  return [
    ...refused.map(({ change, column, migration }): Breach => {
      const masking = had.columns.find(({ name }) => name === column)?.masking?.rule;
      return {
        dataset: had.id,
        change,
        migration,
        ...concerned(column),
        ...(masking !== undefined && { masking: `${column} by ${masking}` }),
      };
    }),
    ...maskingLost(had, has, concerned),
    ...accessChanged(before, after, had, has),
  ];
}

/** A column that stays and is masked no more, or otherwise: whoever joined by it or was kept from it must know. */
function maskingLost(
  had: Dataset,
  has: Dataset,
  concerned: (column: string) => Pick<Breach, 'queries' | 'jobs' | 'grants'>,
): Breach[] {
  return had.columns.flatMap(({ name, masking }) => {
    const now = has.columns.find((column) => column.name === name);
    if (!masking || !now || now.masking?.rule === masking.rule) return [];
    const change = now.masking
      ? `masks ${name} by ${now.masking.rule}, no more by ${masking.rule}`
      : `masks ${name} no more`;
    return [{ dataset: had.id, change, ...concerned(name), masking: `${name} by ${masking.rule}` }];
  });
}

/** Columns that stay and that somebody reads no more, or only now, because their tags changed. */
function accessChanged(before: Platform, after: Platform, had: Dataset, has: Dataset): Breach[] {
  const common = had.columns
    .map(({ name }) => name)
    .filter((name) => has.columns.some((column) => column.name === name));
  const reach = (platform: Platform, dataset: Dataset) => {
    const { database, name: table } = catalogTable(platform.environment, dataset);
    return reachOf(declaredTags(platform), { database, table, columns: common });
  };
  return reachChanges(reach(before, had), reach(after, has)).flatMap(({ principal, gains, loses }) => {
    const title = principalTitle(after, principal);
    const nobody = { queries: [], jobs: [], grants: [title] };
    return [
      ...(gains.length > 0
        ? [{ dataset: had.id, change: `lets ${title} read ${gains.join(', ')}`, ...nobody }]
        : []),
      ...(loses.length > 0
        ? [{ dataset: had.id, change: `keeps ${title} from ${loses.join(', ')}`, ...nobody }]
        : []),
    ];
  });
}
