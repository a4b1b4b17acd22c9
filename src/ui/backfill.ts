import type { ChalkInstance } from 'chalk';
import type { Cause, SkipReason } from '../model/backfill/plan.js';
import type { FailedPair, Preview } from '../operations/backfill/backfill.js';
import type { BackfillRow, ShownBackfill } from '../operations/backfill/backfills.js';
import type { BackfillProgress } from '../operations/backfill/runner.js';
import type { OperationEvent } from '../operations/events.js';
import { hours } from './runs.js';
import { table } from './table.js';
import { count, duration } from './text.js';

/** Puts into words how far a backfill is, where its events say it in numbers. */
export async function* withProgress<Result>(
  operation: AsyncIterable<OperationEvent<Result>>,
): AsyncGenerator<OperationEvent<Result>, void, void> {
  for await (const event of operation) {
    if (event.type !== 'progress' || event.data?.['counts'] === undefined) yield event;
    else {
      const progress = event.data as unknown as BackfillProgress;
      yield { ...event, detail: progressText(progress, event.done ?? 0, event.total ?? 0) };
    }
  }
}

/** `[####------]  bronze 12/93, silver 0/31 · 8 active, the oldest 2 min 10 s · 1 failed · 25 min left`. */
export function progressText(progress: BackfillProgress, done: number, total: number): string {
  const { counts, layers, active, secondsLeft } = progress;
  const width = 20;
  const filled = total === 0 ? width : Math.floor((done / total) * width);
  const oldest = active.reduce((most, { seconds }) => Math.max(most, seconds), 0);
  const bad = counts.failed + counts.blocked + counts.stopped;
  return [
    `[${'#'.repeat(filled)}${'-'.repeat(width - filled)}]  ${Object.entries(layers)
      .map(([layer, one]) => `${layer} ${one.done}/${one.total}`)
      .join(', ')}`,
    ...(counts.active > 0 ? [`${counts.active} active, the oldest ${duration(oldest)}`] : []),
    ...(bad > 0 ? [`${bad} failed`] : []),
    ...(secondsLeft === undefined ? [] : [`${duration(secondsLeft)} left`]),
  ].join(' · ');
}

const causes: Record<Cause, string> = {
  'never run': 'not run yet',
  'failed before': 'failed before',
  'another release': 'done by another release',
  'newer inputs': 'what it reads is newer',
  'inputs run': 'what it reads runs again',
  'asked for': 'done, and asked for again',
};

const reasons: Record<SkipReason, string> = {
  done: 'done at this release and these inputs',
  'failed before': 'failed before (--reprocess failed runs it)',
  'runs now': 'runs at the moment',
  'input not there': 'waits for a run that is skipped and is not done',
};

/** What a backfill would do: a line a job, then what is skipped and why, then what it may take. */
export function previewText(chalk: ChalkInstance, preview: Preview, all: boolean): string {
  const { pairs, skipped, leftOut, expected, concurrentRuns } = preview;
  const lines = [
    table(
      chalk,
      [
        { title: 'job', value: (one) => one.job },
        { title: 'runs', value: (one) => String(one.runs), align: 'right' },
        { title: 'skipped', value: (one) => String(one.skipped), align: 'right' },
        {
          title: 'each takes',
          value: ({ each }) => (each ? duration(each.seconds) : 'unknown'),
          align: 'right',
        },
        {
          title: 'vCPU-h each',
          value: ({ each }) => (each?.billed ? hours(each.billed.vcpuHours) : 'unknown'),
          align: 'right',
        },
      ],
      expected,
    ),
    '',
  ];
  const shown = all ? pairs : pairs.slice(0, 20);
  for (const { job, date, cause } of shown) lines.push(`run   ${job} ${date}  ${causes[cause]}`);
  if (pairs.length > shown.length)
    lines.push(`run   ${pairs.length - shown.length} more (--verbose, or --json, shows them)`);
  const why = all ? skipped : skipped.slice(0, 20);
  for (const { job, date, reason, runId } of why)
    lines.push(`skip  ${job} ${date}  ${reasons[reason]}${runId === undefined ? '' : `, run ${runId}`}`);
  if (skipped.length > why.length) lines.push(`skip  ${skipped.length - why.length} more`);
  for (const { job, reason } of leftOut) lines.push(`skip  ${job}  ${reason}`);
  if (pairs.length > 0) lines.push('', expectedText(expected, concurrentRuns));
  lines.push(`${count(pairs.length, 'run')}, ${skipped.length} skipped, release ${preview.release}`);
  return lines.join('\n');
}

function expectedText(expected: Preview['expected'], concurrentRuns: number | undefined): string {
  const known = expected.filter(({ runs, each }) => runs > 0 && each);
  const unknown = expected.filter(({ runs, each }) => runs > 0 && !each);
  const sum = (of: (one: (typeof known)[number]) => number): number =>
    known.reduce((total, one) => total + one.runs * of(one), 0);
  const parts = [];
  if (known.length > 0) {
    const seconds = sum(({ each }) => each?.seconds ?? 0) / (concurrentRuns ?? 1);
    const cost = `${hours(sum(({ each }) => each?.billed?.vcpuHours ?? 0))} vCPU-h and ${hours(sum(({ each }) => each?.billed?.memoryGbHours ?? 0))} GB-h`;
    parts.push(`By past runs about ${duration(seconds)}, ${concurrentRuns ?? 1} at once, and ${cost}.`);
  }
  if (unknown.length > 0)
    parts.push(`Unknown, for want of a past run: ${unknown.map(({ job }) => job).join(', ')}.`);
  return parts.join(' ');
}

export function failuresTable(chalk: ChalkInstance, failures: readonly FailedPair[], most = 50): string {
  const shown = table(
    chalk,
    [
      { title: 'job', value: (one) => one.job },
      { title: 'date', value: (one) => one.date },
      { title: 'state', value: (one) => one.state },
      { title: 'attempts', value: (one) => String(one.attempts), align: 'right' },
      { title: 'run', value: (one) => one.runId ?? '' },
      { title: 'why', value: (one) => (one.why.length > 60 ? `${one.why.slice(0, 59)}…` : one.why) },
    ],
    failures.slice(0, most),
  );
  return failures.length > most
    ? `${shown}\nand ${failures.length - most} more: dataplat backfills show`
    : shown;
}

export function backfillsTable(chalk: ChalkInstance, rows: readonly BackfillRow[]): string {
  return table(
    chalk,
    [
      { title: 'backfill', value: (row) => row.backfill },
      { title: 'of', value: (row) => row.what },
      { title: 'from', value: (row) => row.from },
      { title: 'to', value: (row) => row.to },
      { title: 'state', value: (row) => row.state },
      { title: 'done', value: ({ counts }) => `${counts.succeeded}/${total(counts)}`, align: 'right' },
      {
        title: 'failed',
        value: ({ counts }) => String(counts.failed + counts.blocked + counts.stopped),
        align: 'right',
      },
      { title: 'by', value: (row) => row.by },
    ],
    rows,
  );
}

/** A backfill with a line a job and date; a mark a date where they are many. */
export function shownBackfill(chalk: ChalkInstance, shown: ShownBackfill): string {
  const { counts } = shown;
  const states = Object.entries(counts)
    .filter(([, number]) => number > 0)
    .map(([state, number]) => `${number} ${state}`);
  return [
    `backfill ${shown.backfill} of ${shown.what}, ${shown.from} to ${shown.to}: ${shown.state}`,
    `${[...states, `${shown.skipped} skipped`].join(', ')}; release ${shown.release}; by ${shown.by}`,
    ...(shown.writer === undefined ? [] : [`written by ${shown.writer}`]),
    '',
    table(
      chalk,
      [
        { title: 'job', value: (pair) => pair.job },
        { title: 'date', value: (pair) => pair.date },
        { title: 'state', value: (pair) => pair.state },
        { title: 'attempts', value: (pair) => String(pair.attempts), align: 'right' },
        { title: 'runs', value: (pair) => pair.runs.join(' ') },
        { title: 'why', value: (pair) => pair.why ?? '' },
      ],
      shown.pairs,
    ),
  ].join('\n');
}

function total(counts: BackfillRow['counts']): number {
  return Object.values(counts).reduce((sum, number) => sum + number, 0);
}
