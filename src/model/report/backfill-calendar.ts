import type { PairState } from '../backfill/book.js';
import { dateOfMoment } from '../date.js';
import { datesBetween } from './dates.js';

/** A backfill, as far as a report is about it. */
export interface ReportedBackfill {
  readonly backfill: string;
  readonly what: string;
  readonly from: string;
  readonly to: string;
  readonly state: string;
  readonly counts: Readonly<Record<PairState, number>>;
  readonly startedAt: string;
  readonly pairs: readonly ReportedPair[];
}

export interface ReportedPair {
  readonly job: string;
  readonly date: string;
  readonly state: PairState;
  readonly attempts: number;
  readonly why?: string;
}

/** What the newest backfill that was about a job and a date has made of it. */
export interface CalendarCell extends ReportedPair {
  readonly backfill: string;
}

/** Jobs by dates. It holds at most `mostCells` places, the newest dates; what lies before is only counted. */
export interface BackfillCalendar {
  readonly jobs: readonly string[];
  /** Without gaps, the oldest first. */
  readonly dates: readonly string[];
  readonly cells: readonly CalendarCell[];
  /** Pairs that have no place in it. */
  readonly left: number;
}

/** A drawing of more could neither be read nor sent. */
export const mostCells = 1500;
const mostDates = 92;
const mostJobs = 200;

/**
 * The calendar of an environment's backfills.
 * @param backfills the newest first
 * @param order jobs as the graph has them; others come behind, by name
 */
export function backfillCalendar(
  backfills: readonly ReportedBackfill[],
  order: readonly string[],
): BackfillCalendar {
  const found = new Map<string, CalendarCell>();
  for (const { backfill, pairs } of backfills) {
    for (const { job, date, state, attempts, why } of pairs) {
      const key = `${job} ${date}`;
      if (!found.has(key))
        found.set(key, { job, date, state, attempts, ...(why !== undefined && { why }), backfill });
    }
  }
  const all = [...found.values()];
  const named = new Set(all.map(({ job }) => job));
  const jobs = [
    ...order.filter((job) => named.has(job)),
    ...[...named].filter((job) => !order.includes(job)).sort(),
  ].slice(0, mostJobs);
  const dates = shownDates(all, jobs.length);
  const [oldest, newest] = [dates[0] ?? '', dates.at(-1) ?? ''];
  const shown = new Set(jobs);
  const cells = all.filter(({ job, date }) => shown.has(job) && date >= oldest && date <= newest);
  return { jobs, dates, cells, left: all.length - cells.length };
}

function shownDates(cells: readonly CalendarCell[], jobs: number): string[] {
  if (cells.length === 0) return [];
  const dates = cells.map(({ date }) => date).sort();
  const [first = '', last = ''] = [dates[0], dates.at(-1)];
  const most = Math.min(mostDates, Math.floor(mostCells / jobs));
  const earliest = dateOfMoment(Date.parse(`${last}T00:00:00Z`) - (most - 1) * 86_400_000);
  return datesBetween(first > earliest ? first : earliest, last);
}
