import { randomUUID } from 'node:crypto';
import type { Aws } from '../aws/aws.js';
import { isAws } from '../aws/failures.js';
import type { Queries, QueryStatus, ResultColumn } from '../aws/queries.js';
import type { Environment } from '../model/environment.js';
import { DataplatError } from '../model/errors.js';
import { names } from '../model/names.js';
import { step, type Operation } from './events.js';
import { notDeployed } from './release/release.js';
import { backoff, pause as reallyPause, type Pause } from './waiting.js';

export interface QueryOptions {
  /** What to ask, its parameters bound. */
  readonly sql: string;
  /** What it is called in messages: a query's name, a file. Default: the query. */
  readonly title?: string;
  /** The database of tables without one. Default: the bronze layer's. */
  readonly database?: string;
  /** At most so many rows are handed over; 0 for all. Default: 1000. */
  readonly limit?: number;
  /** Takes the answer's rows, a page at a time; at least once, for there are columns without rows. */
  readonly take: (columns: readonly ResultColumn[], rows: readonly QueryRow[]) => void;
  /** Stops the query. */
  readonly signal?: AbortSignal;
  readonly pause?: Pause;
}

/** A value by its column's type; decimals, dates and integers beyond 2^53 stay text, so that nothing is lost. */
export type QueryValue = string | number | boolean | null;

export type QueryRow = readonly QueryValue[];

/** What is known once all rows were handed over. */
export interface QueryEnd {
  readonly queryId: string;
  /** How many were handed over. */
  readonly rowCount: number;
  /** Whether there is more than `limit`. */
  readonly truncated: boolean;
  readonly scannedBytes: number;
  readonly seconds: number;
}

/**
 * Asks Athena and hands over the answer a page at a time, so that one of any size needs no more memory than a page.
 * @throws DataplatError DP7001 with Athena's reason and the place in the query, DP4004 without a workgroup, DP1008
 * when the signal fires: the query is stopped
 */
export async function* query(
  environment: Environment,
  aws: Pick<Aws, 'queries'>,
  options: QueryOptions,
): Operation<QueryEnd> {
  const { sql, title = 'query' } = options;
  const { id, status } = yield* step('query', `Ask Athena: ${title}`, async function* (): AsyncGenerator<
    { detail: string },
    { id: string; status: QueryStatus },
    void
  > {
    const id = await start(environment, aws.queries, options);
    const status = yield* untilDone(id, aws.queries, options);
    if (status.state !== 'SUCCEEDED') throw failure(sql, title, status, environment);
    return { id, status };
  });
  const handedOver = await handOver(aws.queries, id, options);
  const { scannedBytes, milliseconds } = status;
  yield {
    type: 'result',
    result: { queryId: id, ...handedOver, scannedBytes, seconds: milliseconds / 1000 },
  };
}

/**
 * All rows of a small answer, where nobody watches it come.
 * @throws DataplatError as `query` does
 */
export async function rowsOf(
  environment: Environment,
  aws: Pick<Aws, 'queries'>,
  options: Omit<QueryOptions, 'take'>,
): Promise<QueryRow[]> {
  const rows: QueryRow[] = [];
  for await (const event of query(environment, aws, { ...options, take: (_, page) => rows.push(...page) }))
    void event;
  return rows;
}

async function start(environment: Environment, queries: Queries, options: QueryOptions): Promise<string> {
  const workgroup = names.workgroup(environment);
  try {
    return await queries.start({
      sql: options.sql,
      database: options.database ?? names.database(environment, 'bronze'),
      workgroup,
      clientToken: randomUUID(),
    });
  } catch (error) {
    if (isAws(error, 'InvalidRequestException')) {
      const { message } = error as DataplatError;
      if (/workgroup/i.test(message))
        throw notDeployed(environment, `there is no Athena workgroup "${workgroup}"`);
      throw new DataplatError('DP7001', `Athena does not take the query: ${message}`, { cause: error });
    }
    throw error;
  }
}

async function* untilDone(
  id: string,
  queries: Queries,
  { signal, pause = reallyPause }: QueryOptions,
): AsyncGenerator<{ detail: string }, QueryStatus, void> {
  for (const wait of backoff(100, 2000, 1.5)) {
    const status = await queries.status(id);
    if (status.state !== 'QUEUED' && status.state !== 'RUNNING') return status;
    yield { detail: status.state };
    await pause(wait, signal).catch(async (error: unknown) => {
      if (signal?.aborted) {
        await queries.stop(id);
        throw new DataplatError('DP1008', `interrupted; query ${id} was stopped`, { data: { queryId: id } });
      }
      throw error;
    });
  }
  throw new Error('the waiting ended without an end of the query');
}

async function handOver(
  queries: Queries,
  id: string,
  { limit = 1000, take, signal }: QueryOptions,
): Promise<Pick<QueryEnd, 'rowCount' | 'truncated'>> {
  const wanted = limit === 0 ? Infinity : limit;
  let columns: readonly ResultColumn[] = [];
  let rowCount = 0;
  let token: string | undefined;
  do {
    if (signal?.aborted)
      throw new DataplatError('DP1008', `interrupted after ${rowCount} rows; query ${id} had ended`, {
        data: { queryId: id },
      });
    // One row more than wanted tells whether there are more; the first page begins with the heading.
    const first: boolean = token === undefined;
    const page = await queries.page(id, token, wanted + 1 - rowCount + (first ? 1 : 0));
    if (first) columns = page.columns;
    const isHeading = first && page.rows[0]?.every((value, index) => value === columns[index]?.name);
    const rows = (isHeading ? page.rows.slice(1) : page.rows).map((row) =>
      columns.map((column, index) => typed(row[index], column.type)),
    );
    take(columns, rows.slice(0, wanted - rowCount));
    rowCount += rows.length;
    token = page.next;
  } while (token !== undefined && rowCount <= wanted);
  return {
    rowCount: Math.min(rowCount, wanted),
    truncated: rowCount > wanted || token !== undefined,
  };
}

function typed(value: string | undefined, type: string): QueryValue {
  if (value === undefined) return null;
  switch (type) {
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    case 'float':
    case 'real':
    case 'double':
      return Number.isFinite(Number(value)) ? Number(value) : value;
    case 'boolean':
      return value === 'true';
    default:
      return value;
  }
}

/** What Athena says, and where in the query, where it says so. */
function failure(sql: string, title: string, status: QueryStatus, environment: Environment): DataplatError {
  if (status.state === 'CANCELLED')
    return new DataplatError('DP7001', `${title} was stopped by somebody else`);
  const place = /\bline (\d+):(\d+)/.exec(status.reason);
  const line = place && sql.split('\n')[Number(place[1]) - 1];
  const unknown = /TABLE_NOT_FOUND|SCHEMA_NOT_FOUND|does not exist/i.test(status.reason);
  return new DataplatError('DP7001', `${title}: ${status.reason || 'Athena gives no reason'}`, {
    ...(place &&
      line !== null &&
      line !== undefined && { excerpt: [line, `${' '.repeat(Number(place[2]) - 1)}^`] }),
    ...(unknown && {
      next: [`dataplat glue register --env ${environment.name}`, '… --database <name>'],
    }),
    // Registered, but no run has written it yet: the status says which job would.
    ...(/DELTA_LAKE_INVALID_SCHEMA|not a Delta Lake table/i.test(status.reason) && {
      next: [`dataplat status --env ${environment.name}`],
    }),
    data: {
      reason: status.reason,
      ...(place && { line: Number(place[1]), column: Number(place[2]) }),
    },
  });
}
