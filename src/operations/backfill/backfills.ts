import pLimit from 'p-limit';
import type { Records } from '../../aws/records.js';
import type { Book, PairState } from '../../model/backfill/book.js';
import { DataplatError } from '../../model/errors.js';
import type { AccountAccess } from '../account-access.js';
import { info, step, type Operation } from '../events.js';
import { lifeOf } from '../state/holder.js';
import { backoff, pause as reallyPause, type Pause } from '../waiting.js';
import {
  endOf,
  failuresOf,
  findBackfill,
  ledgerRecords,
  resumeBackfill,
  type FailedPair,
} from './backfill.js';
import { listLedgers, noBackfill, readLedger, type Ledger } from './ledger.js';
import { ledgerNames } from './ledger-names.js';
import { bookOf } from './read-book.js';
import type { Wish } from './runner.js';

/**
 * `running` somewhere; `stopped` without having ended, by a kill or an interruption; `paused`; `done`; `failed`, where
 * some runs did not succeed; `cancelled`.
 */
export type BackfillState = 'running' | 'stopped' | 'paused' | 'done' | 'failed' | 'cancelled';

export interface BackfillRow {
  readonly backfill: string;
  readonly what: string;
  readonly from: string;
  readonly to: string;
  readonly state: BackfillState;
  readonly counts: Book['counts'];
  readonly skipped: number;
  readonly release: string;
  readonly by: string;
  readonly startedAt: string;
}

/** A pair of a backfill as its ledger has it. */
export interface PairRow {
  readonly job: string;
  readonly date: string;
  readonly state: PairState;
  readonly attempts: number;
  readonly runs: readonly string[];
  readonly why?: string;
}

export interface ShownBackfill extends BackfillRow {
  readonly pairs: readonly PairRow[];
  readonly failures: readonly FailedPair[];
  /** Who writes its ledger, while somebody does. */
  readonly writer?: string;
}

export interface Wished {
  readonly backfill: string;
  readonly state: BackfillState;
}

/** The backfills of an environment, the newest first. */
export async function* listBackfills(
  access: AccountAccess,
  most: number,
): Operation<{ environment: string; backfills: readonly BackfillRow[] }> {
  const records = ledgerRecords(access);
  const ids = (await listLedgers(records)).reverse().slice(0, most);
  const ledgers = await Promise.all(ids.map((id) => readLedger(records, id)));
  const { name } = access.platform.environment;
  yield {
    type: 'result',
    result: { environment: name, backfills: ledgers.flatMap((ledger) => (ledger ? [rowOf(ledger)] : [])) },
  };
}

/** The newest backfills, each with its pairs, the newest first; `earlier`: how many there are besides. */
export async function readBackfills(
  records: Records,
  most: number,
): Promise<{
  readonly newest: readonly (BackfillRow & { readonly pairs: readonly PairRow[] })[];
  readonly earlier: number;
}> {
  const ids = (await listLedgers(records)).reverse();
  const limit = pLimit(4);
  const ledgers = await Promise.all(ids.slice(0, most).map((id) => limit(() => readLedger(records, id))));
  const newest = ledgers.flatMap((ledger) =>
    ledger ? [{ ...rowOf(ledger), pairs: pairsOf(ledger, bookOf(ledger.plan, ledger.lines)) }] : [],
  );
  return { newest, earlier: Math.max(0, ids.length - most) };
}

/** One backfill, each pair with its runs. Without an id, the newest. @throws DataplatError DP6012 */
export async function* showBackfill(access: AccountAccess, id: string | undefined): Operation<ShownBackfill> {
  const { ledger } = await read(access, id);
  const book = bookOf(ledger.plan, ledger.lines);
  const { writer } = ledger;
  yield {
    type: 'result',
    result: {
      ...rowOf(ledger),
      pairs: pairsOf(ledger, book),
      failures: failuresOf(book),
      ...(writer &&
        isAtWork(ledger) && { writer: `${writer.user}@${writer.host}, process ${writer.process.pid}` }),
    },
  };
}

/**
 * Asks a backfill that runs somewhere to start nothing more, and waits for the end of what is active.
 * @throws DataplatError DP6012, DP6013 where it has ended
 */
export async function* pauseBackfill(
  access: AccountAccess,
  id: string | undefined,
  signal: AbortSignal,
  pause?: Pause,
): Operation<Wished> {
  const { records, ledger } = await open(access, id);
  if (!isAtWork(ledger)) {
    yield info(`backfill ${ledger.plan.id} does not run: nothing more is started anyway`);
    yield { type: 'result', result: { backfill: ledger.plan.id, state: stateOf(ledger) } };
    return;
  }
  yield* wishing(records, ledger, 'pause', signal, pause);
}

/**
 * Ends a backfill and all of its runs, whether or not its process still lives.
 * @throws DataplatError DP6012, DP6013 where it has ended
 */
export async function* cancelBackfill(
  access: AccountAccess,
  id: string | undefined,
  command: string,
  signal: AbortSignal,
  pause?: Pause,
): Operation<Wished> {
  const { records, ledger } = await open(access, id);
  if (isAtWork(ledger)) {
    yield* wishing(records, ledger, 'cancel', signal, pause);
    return;
  }
  for await (const event of resumeBackfill(access, ledger.plan.id, {
    retries: 0,
    command,
    signal,
    onlyCancel: true,
  })) {
    if (event.type !== 'result') yield event;
  }
  yield { type: 'result', result: { backfill: ledger.plan.id, state: 'cancelled' } };
}

async function* wishing(
  records: Records,
  { plan: { id } }: Ledger,
  wish: Wish,
  signal: AbortSignal,
  pause: Pause = reallyPause,
): Operation<Wished> {
  const found = await records.read(ledgerNames.wish(id));
  const text = JSON.stringify({ wish, at: new Date().toISOString() });
  if (found) await records.replace(ledgerNames.wish(id), text, found.version);
  else await records.create(ledgerNames.wish(id), text);
  const state = yield* step(
    'wish',
    `${wish === 'pause' ? 'Pause' : 'Cancel'} backfill ${id}`,
    async function* () {
      for (const wait of backoff(300, 5000)) {
        const now = await readLedger(records, id);
        if (!now) throw noBackfill(id, '');
        if (!isAtWork(now)) return stateOf(now);
        yield { detail: `${bookOf(now.plan, now.lines).counts.active} runs are active` };
        await pause(wait, signal);
      }
      throw new Error('the waiting ended without an end');
    },
  );
  yield { type: 'result', result: { backfill: id, state } };
}

async function read(
  access: AccountAccess,
  id: string | undefined,
): Promise<{ records: Records; ledger: Ledger }> {
  const records = ledgerRecords(access);
  const { name } = access.platform.environment;
  const found = await findBackfill(records, id, name);
  const ledger = await readLedger(records, found);
  if (!ledger) throw noBackfill(found, name);
  return { records, ledger };
}

async function open(
  access: AccountAccess,
  id: string | undefined,
): Promise<{ records: Records; ledger: Ledger }> {
  const found = await read(access, id);
  const end = endOf(found.ledger.lines);
  if (end === undefined) return found;
  const { id: ended, environment } = found.ledger.plan;
  throw new DataplatError('DP6013', `backfill ${ended} has ended already: ${end}`, {
    left: 'nothing was changed',
    next: [`dataplat backfills show ${ended} --env ${environment}`],
  });
}

function pairsOf({ lines }: Ledger, book: Book): PairRow[] {
  const runs = new Map<string, string[]>();
  for (const line of lines) {
    if ('mark' in line || line.runId === undefined) continue;
    const key = `${line.job} ${line.date}`;
    const known = runs.get(key) ?? [];
    if (!known.includes(line.runId)) runs.set(key, [...known, line.runId]);
  }
  return book.pairs.map(({ job, date, state, attempts, why }) => ({
    ...{ job, date, state, attempts, runs: runs.get(`${job} ${date}`) ?? [] },
    ...(why !== undefined && { why }),
  }));
}

function isAtWork({ writer }: Ledger): boolean {
  return writer !== undefined && lifeOf(writer) === 'alive';
}

function stateOf(ledger: Ledger): BackfillState {
  if (isAtWork(ledger)) return 'running';
  const end = endOf(ledger.lines);
  if (end === 'cancelled') return 'cancelled';
  if (end === 'done') return failuresOf(bookOf(ledger.plan, ledger.lines)).length > 0 ? 'failed' : 'done';
  const last = ledger.lines.filter((line) => 'mark' in line).at(-1);
  return last && 'mark' in last && last.mark === 'paused' ? 'paused' : 'stopped';
}

function rowOf(ledger: Ledger): BackfillRow {
  const { plan } = ledger;
  return {
    ...{ backfill: plan.id, what: plan.what, from: plan.from, to: plan.to, state: stateOf(ledger) },
    ...{ counts: bookOf(plan, ledger.lines).counts, skipped: plan.skipped.length },
    ...{ release: plan.release, by: plan.by, startedAt: plan.createdAt },
  };
}
