import { dateOfMoment } from './date.js';
import type { Dataset } from './dataset.js';
import { secondsOf } from './duration.js';
import type { Job } from './lineage.js';
import type { Platform } from './platform.js';
import { endStates, type RunState } from './run-states.js';

/** A run, as far as promises are about it. */
export interface ObservedRun {
  readonly runId: string;
  readonly job: string;
  /** The logical date. */
  readonly date?: string;
  readonly state: RunState;
  /** EMR ended it for its time: it is CANCELLED, and nobody asked for that. */
  readonly timedOut?: true;
  readonly createdAt: Date;
  /** Undefined while it waits. */
  readonly startedAt?: Date;
  readonly endedAt?: Date;
}

/** What the last check of a dataset found. */
export interface ObservedCheck {
  readonly date: string;
  readonly errors: number;
  readonly warnings: number;
  readonly unmet: readonly UnmetExpectation[];
}

export interface UnmetExpectation {
  readonly expectation: string;
  readonly kind: string;
  readonly severity: 'warn' | 'error';
  readonly found: string;
  readonly threshold: string;
}

/** How things are at a moment. */
export interface Observed {
  readonly at: Date;
  /** The newest first. */
  readonly runs: readonly ObservedRun[];
  /** The time of a dataset's newest row, by its id; of one without rows there is none. */
  readonly newestData: ReadonlyMap<string, Date>;
  /** By the dataset's id. */
  readonly checks: ReadonlyMap<string, ObservedCheck>;
}

export const promiseKinds = ['duration', 'completion', 'freshness', 'volume', 'quality'] as const;
export type PromiseKind = (typeof promiseKinds)[number];

/** One promise, and whether it is kept. */
export interface Verdict {
  readonly kind: PromiseKind;
  /** The job or dataset that it is about. */
  readonly subject: string;
  /** The job that must be looked at. */
  readonly job?: string;
  readonly promised: string;
  /** `unmeasured`: nothing is known, as of a job that has never run. */
  readonly state: 'kept' | 'broken' | 'unmeasured';
  /** What was found, in words that do not change while it stays so. */
  readonly found: string;
  /** How far behind, where that is a time. */
  readonly secondsLate?: number;
  readonly runId?: string;
}

/** What a verdict is called: the same as long as the same promise is broken. */
export function verdictKey({ kind, subject }: Pick<Verdict, 'kind' | 'subject'>): string {
  return `${kind}/${subject}`;
}

/**
 * Every promise of a platform: of jobs in `lineage.yaml`, of datasets in their contracts and `dq_thresholds.yaml`.
 * @param date judges this logical date instead of the newest that is due
 */
export function verdictsOf(platform: Platform, observed: Observed, date?: string): Verdict[] {
  return [
    ...platform.graph.order.flatMap((job) => jobVerdicts(job, observed, date)),
    ...platform.datasets.flatMap((dataset) => datasetVerdicts(platform, dataset, observed)),
  ];
}

export function jobVerdicts(job: Job, observed: Observed, date?: string): Verdict[] {
  const { duration, completeBy } = job.sla ?? {};
  const runs = observed.runs.filter((run) => run.job === job.id && (date === undefined || run.date === date));
  return [
    ...(duration === undefined ? [] : [durationVerdict(job, duration, runs, observed.at)]),
    ...(completeBy === undefined ? [] : [completionVerdict(job, completeBy, runs, observed.at, date)]),
  ];
}

/** The run that has taken longest of those that go on, else the newest that has succeeded: each must be done in time. */
function durationVerdict(job: Job, promised: string, runs: readonly ObservedRun[], at: Date): Verdict {
  const base = { kind: 'duration' as const, subject: job.id, job: job.id, promised: `within ${promised}` };
  const limit = secondsOf(promised);
  const active = runs
    .filter(({ state }) => !endStates.includes(state))
    .sort((a, b) => begunAt(a).getTime() - begunAt(b).getTime())[0];
  if (active) {
    const seconds = secondsBetween(begunAt(active), at);
    if (seconds > limit) {
      const goesOn = active.startedAt ? 'runs' : 'waits for its turn';
      return {
        ...base,
        state: 'broken',
        found: `${nameOf(active)} has not ended: it ${goesOn} since ${minuteOf(begunAt(active))}`,
        secondsLate: seconds - limit,
        runId: active.runId,
      };
    }
  }
  const last = runs.find(({ state }) => state === 'SUCCESS');
  if (!last) return { ...base, state: 'unmeasured', found: 'no run has succeeded', secondsLate: 0 };
  const seconds = secondsBetween(begunAt(last), last.endedAt ?? at);
  const late = Math.max(0, seconds - limit);
  return {
    ...base,
    state: late > 0 ? 'broken' : 'kept',
    found: `${nameOf(last)} took ${spoken(seconds)}`,
    secondsLate: late,
    runId: last.runId,
  };
}

/** The date before the day of the last deadline must have a run that succeeded; when it did does not matter any more. */
function completionVerdict(
  job: Job,
  completeBy: string,
  runs: readonly ObservedRun[],
  at: Date,
  wanted: string | undefined,
): Verdict {
  const { date, due } = wanted === undefined ? lastDue(completeBy, at) : dueOf(wanted, completeBy);
  const base = {
    kind: 'completion' as const,
    subject: job.id,
    job: job.id,
    promised: `${date} by ${minuteOf(due)}`,
  };
  const ofDate = runs.filter((run) => run.date === date);
  const done = ofDate.find(({ state }) => state === 'SUCCESS');
  if (done) return { ...base, state: 'kept', found: `${done.runId} succeeded`, secondsLate: 0 };
  if (due > at) return { ...base, state: 'kept', found: 'not due yet', secondsLate: 0 };
  const [last] = ofDate;
  if (!last && runs.length === 0)
    return { ...base, state: 'unmeasured', found: 'it has never run', secondsLate: secondsBetween(due, at) };
  return {
    ...base,
    state: 'broken',
    found: last ? `${last.runId} is ${last.state}` : `no run of ${date} was started`,
    secondsLate: secondsBetween(due, at),
    ...(last && { runId: last.runId }),
  };
}

function datasetVerdicts(platform: Platform, dataset: Dataset, observed: Observed): Verdict[] {
  const writer = platform.jobs.find((job) => job.mode !== 'maintenance' && job.outputs.includes(dataset.id));
  const of = { subject: dataset.id, ...(writer && { job: writer.id }) };
  return [...freshness(dataset, observed, of), ...checked(platform, dataset, observed, of)];
}

type Subject = Pick<Verdict, 'subject' | 'job'>;

function freshness(dataset: Dataset, { at, newestData }: Observed, of: Subject): Verdict[] {
  if (dataset.freshness === undefined) return [];
  const base = { kind: 'freshness' as const, ...of, promised: `at most ${dataset.freshness} old` };
  const newest = newestData.get(dataset.id);
  if (!newest) return [{ ...base, state: 'unmeasured', found: 'there is no data' }];
  const late = Math.max(0, secondsBetween(newest, at) - secondsOf(dataset.freshness));
  const found = `the newest is of ${minuteOf(newest)}`;
  return [{ ...base, state: late > 0 ? 'broken' : 'kept', found, secondsLate: late }];
}

/** Too few or too many rows break the promise of volume; an error of any other kind that of quality. */
function checked({ quality }: Platform, dataset: Dataset, { checks }: Observed, of: Subject): Verdict[] {
  const declared = quality.datasets[dataset.id];
  if (declared === undefined) return [];
  const check = checks.get(dataset.id);
  const verdict = (
    kind: 'volume' | 'quality',
    promised: string,
    breaks: (one: UnmetExpectation) => boolean,
  ): Verdict => {
    if (!check) return { kind, ...of, promised, state: 'unmeasured', found: 'it was never checked' };
    const unmet = check.unmet.filter(breaks);
    const found =
      unmet.length === 0
        ? `checked for ${check.date}`
        : `${check.date}: ${unmet.map((one) => `${one.expectation}: ${one.found}, not ${one.threshold}`).join('; ')}`;
    return { kind, ...of, promised, state: unmet.length === 0 ? 'kept' : 'broken', found };
  };
  const hasVolume = declared.expectations.some(({ expect }) => expect === 'volume');
  return [
    ...(hasVolume ? [verdict('volume', 'as many rows as before', ({ kind }) => kind === 'volume')] : []),
    verdict(
      'quality',
      'no error of a check',
      ({ kind, severity }) => kind !== 'volume' && severity === 'error',
    ),
  ];
}

/** The last deadline that has passed, and the logical date that was to be done by it. */
export function lastDue(completeBy: string, at: Date): { date: string; due: Date } {
  const today = dueOf(dayBefore(at, 1), completeBy);
  return today.due <= at ? today : dueOf(dayBefore(at, 2), completeBy);
}

/** A logical date is over at the end of its day; what is made of it is due at a time of the next. */
function dueOf(date: string, completeBy: string): { date: string; due: Date } {
  const midnight = Date.parse(`${date}T00:00:00Z`) + 86_400_000;
  return { date, due: new Date(midnight + Date.parse(`1970-01-01T${completeBy}:00Z`)) };
}

function dayBefore(at: Date, days: number): string {
  return dateOfMoment(at.getTime() - days * 86_400_000);
}

/** Waiting counts as long as a run has not begun: what never begins never ends. */
function begunAt(run: ObservedRun): Date {
  return run.startedAt ?? run.createdAt;
}

function nameOf({ runId, date }: ObservedRun): string {
  return date === undefined ? `run ${runId}` : `run ${runId} of ${date}`;
}

function secondsBetween(from: Date, to: Date): number {
  return Math.max(0, (to.getTime() - from.getTime()) / 1000);
}

function minuteOf(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** A duration in words: seconds, then minutes, then hours. */
function spoken(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

/** Whether a moment lies in quiet hours, which may go over midnight. Both times are in UTC. */
export function isQuiet(
  hours: { readonly from: string; readonly to: string } | undefined,
  at: Date,
): boolean {
  if (!hours) return false;
  const time = at.toISOString().slice(11, 16);
  return hours.from < hours.to
    ? time >= hours.from && time < hours.to
    : time >= hours.from || time < hours.to;
}
