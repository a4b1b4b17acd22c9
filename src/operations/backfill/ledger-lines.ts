import { createHash } from 'node:crypto';
import type { Billed } from '../../aws/job-runs.js';
import type { BackfillJob, LeftOut } from '../../model/backfill/jobs.js';
import type { Pair, Reprocess, SkippedPair } from '../../model/backfill/plan.js';

/** What a backfill set out to do; written once, before its first run. */
export interface LedgerPlan {
  readonly id: string;
  readonly environment: string;
  /** The layer or job that was named. */
  readonly what: string;
  readonly from: string;
  readonly to: string;
  readonly downstream: boolean;
  readonly reprocess: Reprocess;
  readonly backwards: boolean;
  /** All runs start from this release, those after a resumption too. */
  readonly release: string;
  readonly retries: number;
  /** As many runs at once as were asked for; the application may allow fewer. */
  readonly maxActiveRuns?: number;
  readonly by: string;
  readonly createdAt: string;
  /** When EMR's newest run was created before, by EMR's clock: every run of the backfill is younger. */
  readonly newestRunBefore?: string;
  readonly jobs: readonly BackfillJob[];
  readonly dates: readonly string[];
  /** In their order; the first is the place of the job in `jobs`. */
  readonly pairs: readonly (readonly [number, string])[];
  readonly skipped: readonly SkippedPair[];
  readonly leftOut: readonly LeftOut[];
}

/** What became of one attempt at a pair. */
export interface RunLine extends Pair {
  readonly at: string;
  readonly attempt: number;
  readonly token: string;
  /** None where EMR refused to start one. */
  readonly runId?: string;
  readonly state: 'submitted' | 'succeeded' | 'failed' | 'cancelled';
  /** Whether a failure is the job's own; those of capacity are not. */
  readonly counts?: boolean;
  readonly why?: string;
  readonly seconds?: number;
  readonly billed?: Billed;
}

/** What happened to the backfill itself. */
export interface MarkLine {
  readonly at: string;
  readonly mark: 'began' | 'resumed' | 'failed again' | 'paused' | 'interrupted' | 'done' | 'cancelled';
  readonly by: string;
}

export type LedgerLine = RunLine | MarkLine;

/** A line as it is kept: its number, and who wrote it. */
export type NumberedLine = LedgerLine & { readonly n: number; readonly writer: string };

/** The same for the same attempt, in whichever process: EMR starts one run for it, however often it is asked. */
export function clientToken(backfill: string, { job, date }: Pair, attempt: number): string {
  return createHash('sha256').update(`${backfill}\n${job}\n${date}\n${attempt}`).digest('hex').slice(0, 48);
}

/** The lines of a text. A last one that was cut off, by a kill or a full disk, was not written. */
export function parseLines(text: string): NumberedLine[] {
  const lines: NumberedLine[] = [];
  for (const one of text.split('\n')) {
    if (one === '') continue;
    try {
      const value = JSON.parse(one) as Partial<NumberedLine>;
      if (typeof value.n === 'number' && typeof value.at === 'string') lines.push(value as NumberedLine);
    } catch {
      // Cut off.
    }
  }
  return lines;
}
