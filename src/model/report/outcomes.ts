import { datesBetween } from './dates.js';
import { hasFailed } from '../run-states.js';
import type { ReportedRun } from './reported-run.js';

/** How the runs ended that were asked for on one day, in UTC. */
export interface DayOutcomes {
  readonly date: string;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Not ended yet. */
  readonly active: number;
}

/** The outcomes of each day from the first to the last, days without a run among them. Both are dates. */
export function outcomesByDay(runs: readonly ReportedRun[], first: string, last: string): DayOutcomes[] {
  const days = new Map(
    datesBetween(first, last).map((date) => [
      date,
      { date, succeeded: 0, failed: 0, cancelled: 0, active: 0 },
    ]),
  );
  for (const run of runs) {
    const day = days.get(run.startedAt.slice(0, 10));
    if (day) day[outcomeOf(run)] += 1;
  }
  return [...days.values()];
}

function outcomeOf(run: ReportedRun): Exclude<keyof DayOutcomes, 'date'> {
  if (run.state === 'SUCCESS') return 'succeeded';
  if (hasFailed(run)) return 'failed';
  return run.state === 'CANCELLED' ? 'cancelled' : 'active';
}
