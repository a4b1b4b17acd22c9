import type { ReportedRun } from './reported-run.js';

/** How long a job's runs took that succeeded, in seconds. */
export interface JobDurations {
  readonly job: string;
  readonly runs: number;
  readonly median: number;
  readonly longest: number;
}

/** Of each job that succeeded at least once, the one whose median is longest first. */
export function durationsByJob(runs: readonly ReportedRun[]): JobDurations[] {
  const seconds = new Map<string, number[]>();
  for (const run of runs) {
    if (run.state === 'SUCCESS') seconds.set(run.job, [...(seconds.get(run.job) ?? []), run.seconds]);
  }
  return [...seconds]
    .map(([job, all]) => {
      const sorted = [...all].sort((a, b) => a - b);
      return { job, runs: all.length, median: medianOf(sorted), longest: sorted.at(-1) ?? 0 };
    })
    .sort((a, b) => b.median - a.median);
}

function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length / 2;
  const above = sorted[Math.floor(middle)] ?? 0;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? 0) + above) / 2 : above;
}
