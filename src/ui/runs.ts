import type { ChalkInstance } from 'chalk';
import type { RunRow } from '../operations/runs.js';
import { table } from './table.js';
import { duration } from './text.js';

/** What a run was billed for, in words; nothing where that is not known. */
export function runCost(billed: RunRow['billed']): string[] {
  return billed ? [`billed ${hours(billed.vcpuHours)} vCPU-h, ${hours(billed.memoryGbHours)} GB-h`] : [];
}

/** Runs as a table, newest first. */
export function runsTable(chalk: ChalkInstance, runs: readonly RunRow[]): string {
  return table(
    chalk,
    [
      { title: 'run', value: (run) => run.runId },
      { title: 'job', value: (run) => run.job },
      { title: 'date', value: (run) => run.date ?? '' },
      { title: 'state', value: (run) => coloured(chalk, run.state) },
      { title: 'started', value: (run) => `${run.startedAt.slice(0, 19).replace('T', ' ')}Z` },
      { title: 'took', value: (run) => duration(run.seconds), align: 'right' },
      { title: 'vCPU-h', value: (run) => (run.billed ? hours(run.billed.vcpuHours) : ''), align: 'right' },
      { title: 'GB-h', value: (run) => (run.billed ? hours(run.billed.memoryGbHours) : ''), align: 'right' },
      { title: 'release', value: (run) => run.release ?? '' },
    ],
    runs,
  );
}

export function coloured(chalk: ChalkInstance, state: string): string {
  if (state === 'SUCCESS') return chalk.green(state);
  if (state === 'FAILED') return chalk.red(state);
  return state.startsWith('CANCEL') ? chalk.yellow(state) : chalk.cyan(state);
}

export function hours(number: number): string {
  return number.toFixed(3);
}
