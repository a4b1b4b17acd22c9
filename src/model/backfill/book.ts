import type { BackfillJob } from './jobs.js';
import { inputsOf, keyOf, type Pair } from './plan.js';

/**
 * `waiting` for its inputs, `ready` to start, `active` in a run; then `succeeded`, `failed` for good, `blocked` by an
 * input that failed, `stopped` since the first runs of its job all failed, or `cancelled`.
 */
export type PairState =
  | 'waiting'
  | 'ready'
  | 'active'
  | 'succeeded'
  | 'failed'
  | 'blocked'
  | 'stopped'
  | 'cancelled';

/** A pair while its backfill goes on. */
export interface BookedPair extends Pair {
  /** Its place in the plan. */
  readonly place: number;
  state: PairState;
  /** How many runs were asked for. */
  attempts: number;
  /** How many of them failed by the job's own fault. */
  failures: number;
  runId?: string;
  /** Why it is not done. */
  why?: string;
}

export interface BookRequest {
  readonly jobs: readonly BackfillJob[];
  readonly dates: readonly string[];
  /** In the order of the plan. */
  readonly pairs: readonly Pair[];
  /** The first so many of a job that all fail stop the job. */
  readonly stopAfter: number;
}

/** Which pairs of a plan may start, and what follows from each end. In memory only; a ledger can fill it again. */
export class Book {
  readonly pairs: readonly BookedPair[];
  private readonly byKey = new Map<string, BookedPair>();
  private readonly inputs: (readonly BookedPair[])[] = [];
  private readonly dependants: BookedPair[][] = [];
  private readonly jobs = new Map<string, { pairs: BookedPair[]; succeeded: number; failed: number }>();
  readonly counts: Record<PairState, number> = {
    waiting: 0,
    ready: 0,
    active: 0,
    succeeded: 0,
    failed: 0,
    blocked: 0,
    stopped: 0,
    cancelled: 0,
  };
  /** The places of those that are ready, in their order. */
  private readonly queue: number[] = [];

  constructor(private readonly request: BookRequest) {
    this.pairs = request.pairs.map(({ job, date }, place) => ({
      job,
      date,
      place,
      state: 'waiting',
      attempts: 0,
      failures: 0,
    }));
    this.counts.waiting = this.pairs.length;
    for (const pair of this.pairs) {
      this.byKey.set(keyOf(pair), pair);
      this.dependants.push([]);
      const job = this.jobs.get(pair.job) ?? { pairs: [], succeeded: 0, failed: 0 };
      job.pairs.push(pair);
      this.jobs.set(pair.job, job);
    }
    const inputs = inputsOf(request.jobs, request.dates);
    for (const pair of this.pairs) {
      // What the plan skips is there already.
      const found = inputs(pair).flatMap((input) => this.byKey.get(keyOf(input)) ?? []);
      this.inputs.push(found);
      for (const input of found) this.dependants[input.place]?.push(pair);
    }
    for (const pair of this.pairs) this.look(pair);
  }

  find(pair: Pair): BookedPair | undefined {
    return this.byKey.get(keyOf(pair));
  }

  /** Whether nothing runs and nothing can start any more. */
  get ended(): boolean {
    return this.counts.active === 0 && this.counts.ready === 0;
  }

  /** The first that is ready and may start; it counts as active from now on. */
  next(mayStart: (pair: BookedPair) => boolean): BookedPair | undefined {
    for (let index = 0; index < this.queue.length; index += 1) {
      const pair = this.pairs[this.queue[index] ?? -1];
      if (!pair || !mayStart(pair)) continue;
      this.set(pair, 'active');
      return pair;
    }
    return undefined;
  }

  /** A run of it was asked for before this process began. */
  activate(pair: BookedPair): void {
    if (pair.state === 'waiting' || pair.state === 'ready') this.set(pair, 'active');
  }

  /** It has to wait before it is tried again. */
  hold(pair: BookedPair): void {
    this.set(pair, 'waiting');
  }

  /** It is tried again. */
  again(pair: BookedPair): void {
    this.set(pair, 'waiting');
    this.look(pair);
  }

  succeeded(pair: BookedPair): void {
    this.settle(pair, 'succeeded');
    for (const dependant of this.dependants[pair.place] ?? []) this.look(dependant);
  }

  /** @returns whether this was the failure that stops its job */
  failed(pair: BookedPair, why: string): boolean {
    pair.why = why;
    this.settle(pair, 'failed');
    this.block(pair);
    const job = this.jobs.get(pair.job);
    if (!job || job.succeeded > 0 || job.failed < this.request.stopAfter) return false;
    let stopped = false;
    for (const other of job.pairs) {
      if (other.state !== 'waiting' && other.state !== 'ready') continue;
      other.why = `the first ${this.request.stopAfter} runs of ${pair.job} all failed`;
      this.set(other, 'stopped');
      this.block(other);
      stopped = true;
    }
    return stopped;
  }

  cancelled(pair: BookedPair): void {
    this.set(pair, 'cancelled');
  }

  /** Gives what failed, and what was not run because of it, another chance. */
  reopen(): BookedPair[] {
    const opened = this.pairs.filter(({ state }) =>
      ['failed', 'blocked', 'stopped', 'cancelled'].includes(state),
    );
    for (const job of this.jobs.values()) job.failed = 0;
    for (const pair of opened) {
      pair.failures = 0;
      delete pair.why;
      this.set(pair, 'waiting');
    }
    for (const pair of opened) this.look(pair);
    return opened;
  }

  private settle(pair: BookedPair, state: 'succeeded' | 'failed'): void {
    this.set(pair, state);
    const job = this.jobs.get(pair.job);
    if (job) job[state] += 1;
  }

  /** What waits for it, however far, does not run. */
  private block(pair: BookedPair): void {
    const open = [...(this.dependants[pair.place] ?? [])];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next.state !== 'waiting' && next.state !== 'ready') continue;
      next.why = `waits for ${keyOf(pair)}`;
      this.set(next, 'blocked');
      open.push(...(this.dependants[next.place] ?? []));
    }
  }

  private look(pair: BookedPair): void {
    if (pair.state !== 'waiting') return;
    if ((this.inputs[pair.place] ?? []).every(({ state }) => state === 'succeeded')) this.set(pair, 'ready');
  }

  private set(pair: BookedPair, state: PairState): void {
    if (pair.state === 'ready') this.queue.splice(this.placeInQueue(pair.place), 1);
    this.counts[pair.state] -= 1;
    this.counts[state] += 1;
    pair.state = state;
    if (state === 'ready') this.queue.splice(this.placeInQueue(pair.place), 0, pair.place);
  }

  /** Where a place stands in the queue, or would stand. */
  private placeInQueue(place: number): number {
    let [low, high] = [0, this.queue.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.queue[middle] ?? 0) < place) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
