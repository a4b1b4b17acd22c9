import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobRuns, Run } from '../aws/job-runs.js';
import { endStates } from '../model/run-states.js';
import { writeWhole } from '../toolchain/complete-directory.js';

/** More runs than these are not kept; a report looks at no more. */
const most = 5000;

export interface RememberedRuns {
  /** The gateway, which asks EMR only for what is not known yet. */
  readonly runs: JobRuns;
  /** Keeps what was learned for the next time. */
  readonly keep: () => Promise<void>;
}

/** Where an environment's runs are remembered, on this machine. */
export function rememberedRunsFile(projectDirectory: string, environment: string): string {
  return join(projectDirectory, '.dataplat', 'runs', `${environment}.json`);
}

/**
 * EMR tells each run alone, and what it tells of one that has ended, its bill included, does not change any more: it is
 * asked once. A file that cannot be read is none.
 */
export async function rememberedRuns(runs: JobRuns, file: string): Promise<RememberedRuns> {
  const known = await readRuns(file);
  const learned = new Map<string, Run>();
  const get: JobRuns['get'] = async (applicationId, id) => {
    const key = `${applicationId}/${id}`;
    const before = known.get(key);
    if (before) return before;
    const run = await runs.get(applicationId, id);
    if (run?.billed && endStates.includes(run.state)) learned.set(key, run);
    return run;
  };
  return {
    runs: { ...runs, get },
    keep: async () => {
      if (learned.size === 0) return;
      // Those that were asked for last are needed again first.
      // Without it the next report is slower, and as right.
      await writeWhole(file, JSON.stringify([...learned, ...known].slice(0, most))).catch(() => undefined);
    },
  };
}

async function readRuns(file: string): Promise<Map<string, Run>> {
  try {
    const text = await readFile(file, 'utf8');
    return new Map(JSON.parse(text, dated) as [string, Run][]);
  } catch {
    return new Map();
  }
}

function dated(name: string, value: unknown): unknown {
  return name.endsWith('At') && typeof value === 'string' ? new Date(value) : value;
}
