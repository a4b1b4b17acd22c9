import { grantsOfJob, type Grant, type TagDeclaration, type TagTarget } from './tag-declaration.js';
import type { Platform } from './platform.js';
import { names } from './names.js';

/** A table, and the columns that it has. */
export interface ReadTable {
  readonly database: string;
  readonly table: string;
  readonly columns: readonly string[];
}

/** What somebody reads of a table. */
export interface Reach {
  readonly principal: string;
  readonly columns: readonly string[];
}

/** The tags that a column has, those of its table and database where it bears none of a key itself. */
export function effectiveTags(
  { assignments }: Pick<TagDeclaration, 'assignments'>,
  { database, table, column }: TagTarget,
): ReadonlyMap<string, string> {
  const tags = new Map<string, string>();
  const levels: TagTarget[] = [
    { database },
    ...(table === undefined ? [] : [{ database, table }]),
    ...(table === undefined || column === undefined ? [] : [{ database, table, column }]),
  ];
  for (const level of levels) {
    for (const one of assignments) {
      if (one.database === level.database && one.table === level.table && one.column === level.column)
        tags.set(one.key, one.value);
    }
  }
  return tags;
}

/**
 * Who reads which columns of a table, as Lake Formation decides it: by its name, or where the column's tags satisfy an
 * expression, each key of it with one of its values. Whoever reads nothing is left out.
 */
export function reachOf(tags: TagDeclaration, table: ReadTable): Reach[] {
  const here = tags.assignments.filter(
    (one) => one.database === table.database && (one.table === undefined || one.table === table.table),
  );
  const byColumn = table.columns.map(
    (column) => [column, effectiveTags({ assignments: here }, { ...table, column })] as const,
  );
  const read = new Map<string, Set<string>>();
  for (const grant of tags.grants) {
    if (!grant.permissions.includes('SELECT')) continue;
    const columns = byColumn.flatMap(([column, bears]) => (lets(grant, table, bears) ? [column] : []));
    const known = read.get(grant.principal) ?? new Set();
    for (const column of columns) known.add(column);
    read.set(grant.principal, known);
  }
  return [...read].flatMap(([principal, columns]) =>
    columns.size === 0 ? [] : [{ principal, columns: table.columns.filter((column) => columns.has(column)) }],
  );
}

function lets({ on }: Grant, table: ReadTable, bears: ReadonlyMap<string, string>): boolean {
  if (on.kind === 'database') return false;
  if (on.kind === 'table') return on.database === table.database && on.table === table.table;
  return (
    on.resourceType === 'TABLE' &&
    on.expression.every(({ key, values }) => values.includes(bears.get(key) ?? ''))
  );
}

/** What a principal reads that it did not, and reads no more. */
export interface ReachChange {
  readonly principal: string;
  readonly gains: readonly string[];
  readonly loses: readonly string[];
}

export function reachChanges(before: readonly Reach[], after: readonly Reach[]): ReachChange[] {
  const principals = [...new Set([...before, ...after].map(({ principal }) => principal))].sort();
  const of = (reach: readonly Reach[], principal: string): readonly string[] =>
    reach.find((one) => one.principal === principal)?.columns ?? [];
  return principals.flatMap((principal) => {
    const [had, has] = [of(before, principal), of(after, principal)];
    const gains = has.filter((column) => !had.includes(column));
    const loses = had.filter((column) => !has.includes(column));
    return gains.length + loses.length > 0 ? [{ principal, gains, loses }] : [];
  });
}

/** What people call a principal: its persona, the job whose role it is, or the end of its ARN. */
export function principalTitle(platform: Platform, principal: string): string {
  const { environment, jobs } = platform;
  const persona = Object.entries(environment.access.personas).find(([, { principals }]) =>
    principals.includes(principal),
  )?.[0];
  if (persona !== undefined) return persona;
  const job = jobs.find((one) => names.jobRoleArn(environment, one) === principal);
  return job ? `job ${job.id}` : principal.replace(/^.*?:(?=[^:]*$)/, '');
}

/** Everybody whom the declaration grants something, jobs behind people. */
export function grantees(platform: Platform): string[] {
  const people = Object.values(platform.environment.access.personas).flatMap(({ principals }) => principals);
  const jobs = platform.jobs.flatMap((job) => grantsOfJob(platform, job).map(({ principal }) => principal));
  return [...new Set([...people, ...jobs])];
}
