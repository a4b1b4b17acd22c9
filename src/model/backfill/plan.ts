import type { BackfillJob, LeftOut, Selection } from './jobs.js';

/** Which pairs run again: none, those whose last run failed, or those that are done too. */
export const reprocessings = ['none', 'failed', 'completed'] as const;
export type Reprocess = (typeof reprocessings)[number];

/** The last run of a job for a date. Times are milliseconds since 1970. */
export interface PastRun {
  readonly runId: string;
  readonly state: 'active' | 'succeeded' | 'failed';
  /** The release that it ran, where that is known. */
  readonly release: string | undefined;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** What is known of the past: the last run of a pair, where there was one. */
export type History = (job: string, date: string) => PastRun | undefined;

/** Why a pair runs. */
export type Cause =
  | 'never run'
  | 'failed before'
  | 'another release'
  | 'newer inputs'
  | 'inputs run'
  | 'asked for';

/** Why a pair does not run. */
export type SkipReason = 'done' | 'failed before' | 'runs now' | 'input not there';

export interface Pair {
  readonly job: string;
  readonly date: string;
}

export interface PlannedPair extends Pair {
  readonly cause: Cause;
}

export interface SkippedPair extends Pair {
  readonly reason: SkipReason;
  /** The run that is the reason, where there is one. */
  readonly runId?: string;
}

export interface BackfillPlan {
  readonly jobs: readonly BackfillJob[];
  /** Each behind all that it waits for. */
  readonly pairs: readonly PlannedPair[];
  readonly skipped: readonly SkippedPair[];
  readonly leftOut: readonly LeftOut[];
}

export interface PlanRequest {
  readonly selection: Selection;
  /** In the order of the calendar. */
  readonly dates: readonly string[];
  readonly reprocess: Reprocess;
  /** Whether the newest date comes first. */
  readonly backwards: boolean;
  /** The release that the runs are to start from. */
  readonly release: string;
  readonly history: History;
}

/**
 * What of a range runs, in which order, and what does not and why. A pair is done where its last run succeeded, with
 * this release, and nothing that it reads from ran since or will run now.
 */
export function planBackfill(request: PlanRequest): BackfillPlan {
  const { selection, reprocess, release, history } = request;
  const pairs: PlannedPair[] = [];
  const skipped: SkippedPair[] = [];
  const fate = new Map<string, 'runs' | 'done' | 'missing'>();
  const inputs = inputsOf(selection.jobs, request.dates);
  const read = readBy(selection.jobs, request.dates);
  for (const pair of pairsInOrder(request)) {
    const key = keyOf(pair);
    const before = inputs(pair);
    const past = history(pair.job, pair.date);
    const skip = (reason: SkipReason): void => {
      fate.set(key, reason === 'done' ? 'done' : 'missing');
      skipped.push({ ...pair, reason, ...(past && reason !== 'input not there' && { runId: past.runId }) });
    };
    const run = (cause: Cause): void => {
      fate.set(key, 'runs');
      pairs.push({ ...pair, cause });
    };
    if (past?.state === 'active') skip('runs now');
    else if (before.some((input) => fate.get(keyOf(input)) === 'missing')) skip('input not there');
    else if (past?.state === 'failed' && reprocess === 'none') skip('failed before');
    else if (past === undefined) run('never run');
    else if (past.state === 'failed') run('failed before');
    else if (past.release !== release) run('another release');
    else if (before.some((input) => fate.get(keyOf(input)) === 'runs')) run('inputs run');
    else if (read(pair).some((input) => (history(input.job, input.date)?.endedAt ?? 0) > past.startedAt))
      run('newer inputs');
    else if (reprocess === 'completed') run('asked for');
    else skip('done');
  }
  return { jobs: selection.jobs, pairs, skipped, leftOut: selection.leftOut };
}

/** The pairs that a pair waits for. */
export function inputsOf(
  jobs: readonly BackfillJob[],
  dates: readonly string[],
): (pair: Pair) => readonly Pair[] {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const last = dates.at(-1) ?? '';
  return ({ job: id, date }) => {
    const job = byId.get(id);
    return (job?.after ?? []).flatMap((name) => {
      if (byId.get(name)?.once === true) return [{ job: name, date: last }];
      return job?.once === true ? dates.map((each) => ({ job: name, date: each })) : [{ job: name, date }];
    });
  };
}

/** The pairs whose output a pair reads, those of jobs outside the backfill too. */
function readBy(jobs: readonly BackfillJob[], dates: readonly string[]): (pair: Pair) => readonly Pair[] {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  return ({ job: id, date }) => {
    const job = byId.get(id);
    const read = job?.once === true ? dates : [date];
    return (job?.reads ?? []).flatMap((name) => read.map((each) => ({ job: name, date: each })));
  };
}

/** The name of a pair; a run of it has the same. */
export function keyOf({ job, date }: Pair): string {
  return `${job} ${date}`;
}

/** Date by date, within a date as the data flows; what runs once, and what waits for that, at the end. */
function* pairsInOrder({ selection, dates, backwards }: PlanRequest): Generator<Pair> {
  const late = new Set<string>();
  for (const { id, once, after } of selection.jobs)
    if (once || after.some((name) => late.has(name))) late.add(id);
  const inTurn = backwards ? [...dates].reverse() : dates;
  const early = selection.jobs.filter(({ id }) => !late.has(id));
  for (const date of inTurn) for (const { id } of early) yield { job: id, date };
  for (const { id, once } of selection.jobs) {
    if (!late.has(id)) continue;
    if (once) yield { job: id, date: dates.at(-1) ?? '' };
    else for (const date of inTurn) yield { job: id, date };
  }
}
