import pLimit from 'p-limit';
import type { ApplicationLimits, Billed, JobRuns, Run, RunSummary, StartRun } from '../../aws/job-runs.js';
import type { Book, BookedPair } from '../../model/backfill/book.js';
import { keyOf } from '../../model/backfill/plan.js';
import { DataplatError } from '../../model/errors.js';
import type { Layer } from '../../model/layers.js';
import { endStates, runStates, timedOut } from '../../model/run-states.js';
import type { RunChanged, StepProgress, Message } from '../events.js';
import { warning } from '../events.js';
import { nameParts } from '../runs.js';
import { runTags } from '../spark-run.js';
import type { Pause } from '../waiting.js';
import { pause as reallyPause } from '../waiting.js';
import { clientToken, type LedgerPlan, type RunLine } from './ledger-lines.js';
import { lackedCapacity, startFailure } from './run-failures.js';

/** As many as EMR Serverless lists at once. */
const runsAPage = 50;
const activeStates = runStates.filter((state) => !endStates.includes(state));

export interface RunnerTuning {
  /** The least and the most time between two looks at the active runs; and what each call of a look costs of it at least. */
  readonly look: { readonly least: number; readonly most: number; readonly eachCall: number };
  /** How often to look whether somebody wants a pause or the end. */
  readonly wishMilliseconds: number;
  /** The first wait before a run that failed is started again; it doubles. */
  readonly retryMilliseconds: number;
  /** The first wait after a request that was turned down; it doubles up to a minute. */
  readonly backoffMilliseconds: number;
  /** So long without one request that gets through ends the backfill, which can be resumed. */
  readonly patienceMilliseconds: number;
}

/** At an endpoint of one's own, looking costs nothing. */
export const tunings = {
  aws: {
    look: { least: 2_000, most: 30_000, eachCall: 2_000 },
    wishMilliseconds: 5_000,
    retryMilliseconds: 30_000,
    backoffMilliseconds: 1_000,
    patienceMilliseconds: 900_000,
  },
  local: {
    look: { least: 20, most: 1_000, eachCall: 0 },
    wishMilliseconds: 1_000,
    retryMilliseconds: 1_000,
    backoffMilliseconds: 100,
    patienceMilliseconds: 60_000,
  },
} as const satisfies Record<string, RunnerTuning>;

export type Wish = 'pause' | 'cancel';

export interface RunnerOptions {
  readonly runs: JobRuns;
  readonly applicationId: string;
  readonly limits: ApplicationLimits;
  readonly plan: LedgerPlan;
  readonly book: Book;
  /** The request that starts a pair's run; its token and tags come on top. */
  readonly startRunOf: (pair: BookedPair, token: string) => Promise<StartRun>;
  /** vCPUs that a job's run needs to begin. */
  readonly vcpusOf: (job: string) => number;
  readonly journal: (line: RunLine) => void;
  /** What somebody else wants. */
  readonly wish: () => Promise<Wish | undefined>;
  /** Starts nothing and ends what is active. */
  readonly onlyCancel?: boolean;
  readonly tuning: RunnerTuning;
  readonly signal: AbortSignal;
  readonly pause?: Pause;
  readonly random?: () => number;
}

/** How far a backfill is, for whoever draws it. */
export interface BackfillProgress {
  readonly counts: Book['counts'];
  readonly layers: Readonly<Partial<Record<Layer | 'other', { done: number; total: number }>>>;
  readonly active: readonly { job: string; date: string; runId?: string; seconds: number }[];
  /** Undefined until it can be guessed. */
  readonly secondsLeft?: number;
  /** As many runs at once as are allowed at the moment. */
  readonly allowed: number;
}

export interface RunnerEnd {
  readonly state: 'ended' | 'paused' | 'cancelled';
  readonly billed: Billed;
}

interface ActiveRun {
  readonly pair: BookedPair;
  readonly token: string;
  /** Both by the clock that never jumps. */
  readonly since: number;
  runId: string | undefined;
}

type RunnerEvent = Omit<StepProgress, 'type' | 'id'> | Message | RunChanged;

/** Takes the pairs of a book through their runs. Everything it learns goes to the journal before anything follows from it. */
export class Runner {
  private readonly active = new Map<BookedPair, ActiveRun>();
  private readonly held: { pair: BookedPair; due: number }[] = [];
  private readonly starting = new Set<Promise<void>>();
  private readonly events: RunnerEvent[] = [];
  private readonly busyTables = new Set<string>();
  private readonly layerOf: ReadonlyMap<string, Layer | 'other'>;
  private readonly exclusive: ReadonlyMap<string, readonly string[]>;
  private readonly calls = pLimit(16);
  private readonly began = performance.now();
  private readonly alreadyDone: number;
  private vcpus = 0;
  /** As many at once as are allowed; less after being throttled, and slowly more again. */
  private allowed: number;
  private readonly most: number;
  private noStartBefore = 0;
  private refusals = 0;
  private lastSuccess = performance.now();
  private looking: Promise<void> | undefined;
  private lookDue = 0;
  private wishing: Promise<void> | undefined;
  private wishDue = 0;
  private wanted: Wish | undefined;
  private fatal: unknown;
  private typical: number | undefined;
  private billed = { vcpuHours: 0, memoryGbHours: 0, storageGbHours: 0 };
  private stirred = false;
  private wake: () => void = () => undefined;

  constructor(private readonly options: RunnerOptions) {
    const { plan, limits, book } = options;
    this.layerOf = new Map(plan.jobs.map(({ id, layer }) => [id, layer ?? 'other']));
    this.exclusive = new Map(plan.jobs.map(({ id, exclusive }) => [id, exclusive]));
    this.most = Math.max(1, Math.min(plan.maxActiveRuns ?? Infinity, limits.concurrentRuns ?? 1000, 1000));
    this.allowed = this.most;
    this.alreadyDone = book.counts.succeeded;
  }

  async *run(): AsyncGenerator<RunnerEvent, RunnerEnd, void> {
    const { book, signal, pause = reallyPause } = this.options;
    for (const pair of book.pairs) {
      if (pair.state === 'active' && !this.active.has(pair)) this.take(pair, pair.runId);
    }
    for (const { pair, runId } of [...this.active.values()]) if (runId === undefined) this.ask(pair);
    if (this.options.onlyCancel === true) await this.cancelAll();
    let told = 0;
    for (;;) {
      this.throwIfEnded();
      const now = performance.now();
      this.release(now);
      if (this.wanted === undefined) this.startWhatMay(now);
      if (now >= this.lookDue && this.active.size > 0) this.looking ??= this.look();
      if (now >= this.wishDue) this.wishing ??= this.askForWish();
      yield* this.events.splice(0);
      if (now - told > 500) {
        yield { done: this.done, total: book.pairs.length, data: { ...this.progress() } };
        told = now;
      }
      if (this.isOver()) break;
      await this.napOrWake(now, pause, signal);
    }
    await Promise.all([this.looking, this.wishing]);
    yield* this.events.splice(0);
    yield { done: this.done, total: book.pairs.length, data: { ...this.progress() } };
    const state =
      this.wanted === 'cancel'
        ? 'cancelled'
        : this.wanted === 'pause' && !this.nothingLeft
          ? 'paused'
          : 'ended';
    return { state, billed: this.billed };
  }

  /** Waits for what was asked of EMR to be answered, so that the journal knows it. */
  async settle(): Promise<void> {
    await Promise.allSettled([...this.starting, this.looking, this.wishing]);
  }

  private get done(): number {
    const { succeeded, failed, blocked, stopped, cancelled } = this.options.book.counts;
    return succeeded + failed + blocked + stopped + cancelled;
  }

  private get nothingLeft(): boolean {
    return this.options.book.ended && this.held.length === 0;
  }

  private isOver(): boolean {
    if (this.active.size > 0 || this.starting.size > 0) return false;
    return this.wanted !== undefined || this.nothingLeft;
  }

  private throwIfEnded(): void {
    if (this.fatal !== undefined) throw this.fatal as Error;
    if (this.options.signal.aborted) throw new DataplatError('DP1008', 'interrupted');
    if (performance.now() - this.lastSuccess > this.options.tuning.patienceMilliseconds) {
      throw new DataplatError('DP4003', 'EMR Serverless answered nothing for long', {
        left: 'the runs that were started go on',
      });
    }
  }

  private async napOrWake(now: number, pause: Pause, signal: AbortSignal): Promise<void> {
    const waits = [this.wishDue, ...this.held.map(({ due }) => due), now + 500];
    if (this.active.size > 0 && !this.looking) waits.push(this.lookDue);
    if (this.noStartBefore > now) waits.push(this.noStartBefore);
    const wait = Math.max(1, Math.min(...waits) - now);
    if (this.stirred || this.events.length > 0) {
      this.stirred = false;
      return;
    }
    const stop = new AbortController();
    const woken = new Promise<void>((resolve) => (this.wake = resolve));
    const nap = pause(wait, AbortSignal.any([signal, stop.signal])).catch(() => undefined);
    await Promise.race([woken, nap]);
    stop.abort();
    await nap;
    this.stirred = false;
  }

  /** Something changed that the next round may go on from. */
  private stir(): void {
    this.stirred = true;
    this.wake();
  }

  private release(now: number): void {
    for (let index = this.held.length - 1; index >= 0; index -= 1) {
      const one = this.held[index];
      if (!one || one.due > now) continue;
      this.held.splice(index, 1);
      if (one.pair.state === 'waiting') this.options.book.again(one.pair);
    }
  }

  private startWhatMay(now: number): void {
    const { book, limits, vcpusOf } = this.options;
    while (now >= this.noStartBefore && this.active.size < this.allowed && this.starting.size < 64) {
      const pair = book.next(({ job }) => {
        if (this.exclusive.get(job)?.some((table) => this.busyTables.has(table))) return false;
        // One that needs more than there is at all is for EMR to refuse.
        return (
          limits.vcpus === undefined || this.active.size === 0 || this.vcpus + vcpusOf(job) <= limits.vcpus
        );
      });
      if (!pair) return;
      pair.attempts += 1;
      this.take(pair, undefined);
      this.ask(pair);
    }
  }

  private take(pair: BookedPair, runId: string | undefined): void {
    const token = clientToken(this.options.plan.id, pair, pair.attempts);
    if (runId !== undefined) pair.runId = runId;
    this.active.set(pair, { pair, token, since: performance.now(), runId });
    this.vcpus += this.options.vcpusOf(pair.job);
    for (const table of this.exclusive.get(pair.job) ?? []) this.busyTables.add(table);
  }

  private drop(pair: BookedPair): void {
    if (!this.active.delete(pair)) return;
    this.vcpus -= this.options.vcpusOf(pair.job);
    for (const table of this.exclusive.get(pair.job) ?? []) this.busyTables.delete(table);
  }

  /** Asks EMR to start a pair's run, until it is clear whether it did. */
  private ask(pair: BookedPair): void {
    const asking = this.calls(() => this.start(pair)).finally(() => {
      this.starting.delete(asking);
      this.stir();
    });
    this.starting.add(asking);
  }

  private async start(pair: BookedPair): Promise<void> {
    const { runs, applicationId, startRunOf, plan, pause = reallyPause, signal } = this.options;
    const one = this.active.get(pair);
    if (!one) return;
    for (let tries = 0; ; tries += 1) {
      try {
        const request = await startRunOf(pair, one.token);
        const tags = {
          ...request.tags,
          [runTags.backfill]: plan.id,
          [runTags.attempt]: String(pair.attempts),
        };
        const runId = await runs.start(applicationId, { ...request, tags });
        this.gotThrough();
        this.started(one, runId);
        return;
      } catch (error) {
        const failure = startFailure(error);
        if (failure === 'fatal') {
          this.fatal ??= error;
          return;
        }
        if (failure === 'refused') {
          this.failed(one, error instanceof Error ? error.message : String(error), true);
          return;
        }
        if (failure === 'known') {
          const runId = await this.findByTags(pair).catch(() => undefined);
          if (runId !== undefined) {
            this.started(one, runId);
            return;
          }
        }
        if (failure === 'throttled') this.slowDown();
        if (tries > 4 && failure === 'known') {
          this.failed(one, error instanceof Error ? error.message : String(error), true);
          return;
        }
        await pause(this.backoff(tries), signal).catch(() => undefined);
        if (signal.aborted || this.fatal !== undefined) return;
        // Not started as far as is known; asked with the same token it is found again, whoever asks.
        if (performance.now() - this.lastSuccess > this.options.tuning.patienceMilliseconds) {
          this.fatal ??= error;
          return;
        }
      }
    }
  }

  private backoff(tries: number): number {
    const { random = Math.random, tuning } = this.options;
    const most = Math.min(60_000, tuning.backoffMilliseconds * 2 ** tries);
    return most / 2 + (random() * most) / 2;
  }

  private gotThrough(): void {
    this.lastSuccess = performance.now();
    this.refusals = 0;
    this.allowed = Math.min(this.most, this.allowed + 1 / Math.max(1, this.allowed));
  }

  private slowDown(): void {
    const now = performance.now();
    this.lastSuccess = now;
    // A storm turns down many requests at once; that is one reason to slow down, not many.
    if (now < this.noStartBefore) return;
    this.noStartBefore = now + this.backoff(this.refusals);
    this.refusals = Math.min(this.refusals + 1, 6);
    this.allowed = Math.max(1, Math.floor(Math.min(this.allowed, this.active.size) * 0.8));
  }

  private started(one: ActiveRun, runId: string): void {
    const { pair, token } = one;
    one.runId = runId;
    pair.runId = runId;
    const { job, date, attempts: attempt } = pair;
    this.options.journal({ at: now(), job, date, attempt, token, runId, state: 'submitted' });
    this.events.push({ type: 'run', job, date, attempt, runId, state: 'submitted' });
    if (this.wanted === 'cancel') void this.cancel(one);
  }

  /** The run of a pair's attempt, looked for among all that began since the backfill did. */
  private async findByTags(pair: BookedPair): Promise<string | undefined> {
    for await (const found of runsOf(this.options, (name) => name === keyOf(pair))) {
      if (found.attempt === pair.attempts && keyOf(found) === keyOf(pair)) return found.run.id;
    }
    return undefined;
  }

  /** One list of what is active, some pages long; only what is missing there is looked at by itself. */
  private async look(): Promise<void> {
    const { runs, applicationId, tuning } = this.options;
    const watched = [...this.active.values()].filter(({ runId }) => runId !== undefined);
    try {
      const listed = new Set<string>();
      for await (const run of runs.list(applicationId, { states: activeStates })) listed.add(run.id);
      const gone = watched.filter(({ runId }) => !listed.has(runId ?? ''));
      await Promise.all(gone.map((one) => this.calls(() => this.lookAt(one))));
      this.lastSuccess = performance.now();
      this.lookDue = performance.now() + this.pace(listed.size);
    } catch (error) {
      if (startFailure(error) === 'fatal') this.fatal ??= error;
      this.lookDue = performance.now() + Math.max(tuning.look.least, this.backoff(3));
    } finally {
      this.looking = undefined;
      this.stir();
    }
  }

  /** How long until the next look: by how long runs take, or have taken so far, and by how many calls it is. */
  private pace(listed: number): number {
    const { least, most, eachCall } = this.options.tuning.look;
    const now = performance.now();
    const oldest = Math.min(now, ...[...this.active.values()].map(({ since }) => since));
    const wanted = (this.typical ?? now - oldest) / 12;
    const calls = Math.max(1, Math.ceil(listed / runsAPage));
    return Math.max(Math.min(most, Math.max(least, wanted)), calls * eachCall);
  }

  private async lookAt(one: ActiveRun): Promise<void> {
    const { runs, applicationId } = this.options;
    const run = await runs.get(applicationId, one.runId ?? '');
    if (!this.active.has(one.pair)) return;
    if (run === undefined) {
      // It may know a run a moment later than it has said that it started it.
      const missed = performance.now() - one.since > this.options.tuning.patienceMilliseconds;
      if (missed) this.failed(one, `EMR knows no run ${one.runId} any more`, false);
    } else if (endStates.includes(run.state)) this.ended(one, run);
  }

  private ended(one: ActiveRun, run: Run): void {
    const { pair, token } = one;
    const { job, date, attempts: attempt } = pair;
    const seconds = run.executionSeconds > 0 ? run.executionSeconds : (performance.now() - one.since) / 1000;
    const took = performance.now() - one.since;
    this.typical = this.typical === undefined ? took : this.typical * 0.9 + took * 0.1;
    if (run.billed) {
      this.billed.vcpuHours += run.billed.vcpuHours;
      this.billed.memoryGbHours += run.billed.memoryGbHours;
      this.billed.storageGbHours += run.billed.storageGbHours;
    }
    const line = {
      ...{ at: now(), job, date, attempt, token, runId: run.id },
      seconds: Math.round(seconds * 1000) / 1000,
      ...(run.billed && { billed: run.billed }),
    };
    if (run.state === 'SUCCESS') {
      this.options.journal({ ...line, state: 'succeeded' });
      this.drop(pair);
      this.options.book.succeeded(pair);
      this.stir();
      this.events.push({ type: 'run', job, date, attempt, runId: run.id, state: 'succeeded' });
      return;
    }
    if (run.state === 'CANCELLED' && !timedOut(run) && this.wanted === 'cancel') {
      this.options.journal({ ...line, state: 'cancelled' });
      this.drop(pair);
      pair.why = 'cancelled';
      this.options.book.cancelled(pair);
      this.events.push({ type: 'run', job, date, attempt, runId: run.id, state: 'cancelled' });
      return;
    }
    const why = run.stateDetails || run.state;
    this.failed(one, why, !lackedCapacity(run), line);
  }

  private failed(one: ActiveRun, why: string, counts: boolean, known?: Partial<RunLine>): void {
    const { book, plan, journal, tuning } = this.options;
    const { pair, token } = one;
    const { job, date, attempts: attempt } = pair;
    journal({
      ...{ at: now(), job, date, attempt, token },
      ...(one.runId !== undefined && { runId: one.runId }),
      ...known,
      ...{ state: 'failed', counts, why },
    });
    this.drop(pair);
    if (counts) pair.failures += 1;
    else this.slowDown();
    const more = { job, date, attempt, why, ...(one.runId !== undefined && { runId: one.runId }) };
    if (pair.failures > plan.retries) {
      this.events.push({ type: 'run', ...more, state: 'failed' });
      this.events.push(warning(`${job} for ${date} failed: ${why}`, { ...more, state: 'failed' }));
      if (book.failed(pair, why)) {
        this.events.push(
          warning(`the first runs of ${job} all failed: none of it is started any more`, { job }),
        );
      }
      return;
    }
    this.events.push({ type: 'run', ...more, state: 'tried again' });
    book.hold(pair);
    const wait = tuning.retryMilliseconds * 2 ** Math.min(6, Math.max(0, pair.failures - 1));
    this.held.push({ pair, due: performance.now() + wait });
  }

  private async askForWish(): Promise<void> {
    try {
      const wish = await this.options.wish();
      if (wish !== undefined && wish !== this.wanted && this.wanted !== 'cancel') {
        this.wanted = wish;
        const text =
          wish === 'pause' ? 'pausing: nothing more is started' : 'cancelling: the active runs are ended';
        this.events.push(warning(text));
        if (wish === 'cancel') await this.cancelAll();
      }
    } catch {
      // The bucket cannot be reached at the moment.
    } finally {
      this.wishDue = performance.now() + this.options.tuning.wishMilliseconds;
      this.wishing = undefined;
      this.stir();
    }
  }

  private async cancelAll(): Promise<void> {
    this.wanted = 'cancel';
    await Promise.all([...this.active.values()].map((one) => this.calls(() => this.cancel(one))));
  }

  private async cancel({ runId }: ActiveRun): Promise<void> {
    if (runId === undefined) return;
    // One that has just ended cannot be cancelled; the next look sees how it ended.
    for (let tries = 0; tries < 5; tries += 1) {
      try {
        await this.options.runs.cancel(this.options.applicationId, runId);
        return;
      } catch (error) {
        if (startFailure(error) === 'refused' || startFailure(error) === 'known') return;
        await (this.options.pause ?? reallyPause)(this.backoff(tries)).catch(() => undefined);
      }
    }
  }

  private progress(): BackfillProgress {
    const { book } = this.options;
    const layers: Partial<Record<Layer | 'other', { done: number; total: number }>> = {};
    for (const { job, state } of book.pairs) {
      const layer = this.layerOf.get(job) ?? 'other';
      const count = (layers[layer] ??= { done: 0, total: 0 });
      count.total += 1;
      if (state === 'succeeded') count.done += 1;
    }
    const now = performance.now();
    const finished = book.counts.succeeded - this.alreadyDone;
    const left = book.counts.waiting + book.counts.ready + book.counts.active;
    return {
      counts: { ...book.counts },
      layers,
      active: [...this.active.values()].slice(0, 100).map(({ pair: { job, date }, runId, since }) => ({
        ...{ job, date, seconds: Math.round((now - since) / 1000) },
        ...(runId !== undefined && { runId }),
      })),
      ...(finished > 0 && { secondsLeft: Math.round(((now - this.began) / 1000 / finished) * left) }),
      allowed: Math.floor(this.allowed),
    };
  }
}

/** The runs that a backfill has started, as EMR tells. Tags are of single runs, so only those of a fitting name are asked for. */
export async function* runsOf(
  { runs, applicationId, plan }: Pick<RunnerOptions, 'runs' | 'applicationId' | 'plan'>,
  fits: (name: string, id: string) => boolean,
): AsyncGenerator<{ job: string; date: string; attempt: number; run: Run }, void, void> {
  const after = plan.newestRunBefore;
  const candidates: RunSummary[] = [];
  for await (const run of runs.list(applicationId, {
    ...(after !== undefined && { after: new Date(after) }),
  })) {
    if (fits(run.name, run.id)) candidates.push(run);
  }
  const limit = pLimit(16);
  const found = await Promise.all(candidates.map(({ id }) => limit(() => runs.get(applicationId, id))));
  for (const run of found) {
    const { job, date } = nameParts(run?.name ?? '');
    if (run?.tags[runTags.backfill] !== plan.id || date === undefined) continue;
    yield { job, date, attempt: Number(run.tags[runTags.attempt]), run };
  }
}

function now(): string {
  return new Date().toISOString();
}
