import { DataplatError } from './errors.js';

/** Flags of `submit` that a job gets as arguments of the same name (jobs/common/cli.py). */
const flags = ['--env', '--date'];
/** Arguments of every job that only the run itself knows. */
const ofTheRun = ['--config', '--job', '--run-id', '--lake-root'];

/**
 * Refuses what would make a run another one than its records tell of: one that is listed as yesterday's of dev, and reads
 * last year's of prod.
 * @throws DataplatError DP1001 for an argument that is the run's own
 */
export function requireOwnArguments(words: readonly string[]): void {
  for (const word of words) {
    const [name = ''] = word.split('=', 1);
    if (!flags.includes(name) && !ofTheRun.includes(name)) continue;
    throw new DataplatError(
      'DP1001',
      `"${word}" says which run it is, and is no argument of the job: ${
        flags.includes(name) ? `give ${name} before the --` : 'the run brings it'
      }`,
      { left: 'nothing was started', next: ['dataplat submit --help'] },
    );
  }
}
