import type { RunState } from '../run-states.js';

/** A run, as far as a report is about it. */
export interface ReportedRun {
  readonly runId: string;
  readonly job: string;
  /** The logical date. */
  readonly date?: string;
  readonly state: RunState;
  /** EMR ended it for its time: it is CANCELLED, and nobody asked for that. */
  readonly timedOut?: true;
  /** When it was asked for, in ISO 8601. */
  readonly startedAt: string;
  /** To its end, or to the moment of the report. */
  readonly seconds: number;
  /** What it was billed for, in hours; absent until EMR knows it. */
  readonly billed?: { readonly vcpuHours: number; readonly memoryGbHours: number };
  /** EMR's words, where it did not succeed. */
  readonly details?: string;
}
