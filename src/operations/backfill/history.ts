import pLimit from 'p-limit';
import type { Billed, JobRuns, RunSummary } from '../../aws/job-runs.js';
import type { Records } from '../../aws/records.js';
import { keyOf, type History, type Pair, type PastRun } from '../../model/backfill/plan.js';
import { endStates } from '../../model/run-states.js';
import { nameParts } from '../runs.js';
import { runTags } from '../spark-run.js';
import { listLedgers, readLedger } from './ledger.js';

/** What a run of a job took and was billed for, by its last runs that succeeded. */
export interface Expectation {
  readonly runs: number;
  readonly seconds: number;
  readonly billed?: Billed;
}

export interface Past {
  readonly of: History;
  /** Undefined for a job that has never succeeded. */
  readonly expected: (job: string) => Expectation | undefined;
  /** When EMR's newest run was created, by EMR's clock. */
  readonly newest: Date | undefined;
}

interface KnownRun extends PastRun, Pair {
  readonly seconds: number;
  readonly billed?: Billed;
}

/** EMR forgets old runs, and ledgers know only what backfills ran: each pair's last run is the newer of both. */
export async function readPast(
  { records, runs, applicationId }: { records: Records; runs: JobRuns; applicationId: string },
  wanted: { readonly jobs: ReadonlySet<string>; readonly from: string; readonly to: string },
): Promise<Past> {
  const fits = ({ job, date }: Pair): boolean =>
    wanted.jobs.has(job) && date >= wanted.from && date <= wanted.to;
  const inLedgers = await runsOfLedgers(records, wanted.jobs);
  const known = new Map(inLedgers.map((run) => [run.runId, run]));
  const last = new Map<string, KnownRun | RunSummary>();
  const samples = new Map<string, RunSummary[]>();
  let newest: Date | undefined;
  for await (const run of runs.list(applicationId)) {
    if (newest === undefined || run.createdAt > newest) newest = run.createdAt;
    const { job, date } = nameParts(run.name);
    if (date === undefined || !wanted.jobs.has(job)) continue;
    if (run.state === 'SUCCESS' && !known.has(run.id)) {
      const some = samples.get(job) ?? [];
      if (some.length < 5) samples.set(job, [...some, run]);
    }
    const before = last.get(keyOf({ job, date }));
    if (fits({ job, date }) && (!before || !('createdAt' in before) || before.createdAt < run.createdAt))
      last.set(keyOf({ job, date }), run);
  }
  for (const run of inLedgers) {
    const other = last.get(keyOf(run));
    const later =
      other && ('createdAt' in other ? other.createdAt.getTime() : other.startedAt) > run.startedAt;
    if (!fits(run) || (later && !('createdAt' in other && other.id === run.runId))) continue;
    last.set(keyOf(run), run);
  }
  // What no ledger tells, the release above all, EMR tells of each run alone.
  const limit = pLimit(16);
  const unknown = new Map(
    [...[...last.values()].filter((run) => 'createdAt' in run), ...[...samples.values()].flat()].map(
      (run) => [run.id, run],
    ),
  );
  await Promise.all(
    [...unknown.values()].map((run) =>
      limit(async () => {
        const { job, date = '' } = nameParts(run.name);
        const found = await runs.get(applicationId, run.id);
        const ended = endStates.includes(run.state);
        known.set(run.id, {
          ...{ job, date, runId: run.id },
          state: run.state === 'SUCCESS' ? 'succeeded' : ended ? 'failed' : 'active',
          release: found?.tags[runTags.release],
          startedAt: run.createdAt.getTime(),
          endedAt: (found?.endedAt ?? run.updatedAt).getTime(),
          seconds: found?.executionSeconds ?? 0,
          ...(found?.billed && { billed: found.billed }),
        });
      }),
    ),
  );
  const succeeded = grouped([...known.values()].filter(({ state }) => state === 'succeeded'));
  return {
    of: (job, date) => {
      const found = last.get(keyOf({ job, date }));
      return found && ('createdAt' in found ? known.get(found.id) : found);
    },
    expected: (job) => expectation(succeeded.get(job) ?? []),
    newest,
  };
}

async function runsOfLedgers(records: Records, jobs: ReadonlySet<string>): Promise<KnownRun[]> {
  const limit = pLimit(4);
  const ids = await listLedgers(records);
  const found = await Promise.all(
    ids.map((id) =>
      limit(async () => {
        const ledger = await readLedger(records, id);
        return (ledger?.lines ?? []).flatMap((line): KnownRun[] => {
          if ('mark' in line || line.runId === undefined || !jobs.has(line.job)) return [];
          if (line.state !== 'succeeded' && line.state !== 'failed') return [];
          const endedAt = Date.parse(line.at);
          const seconds = line.seconds ?? 0;
          return [
            {
              ...{ job: line.job, date: line.date, runId: line.runId, state: line.state, seconds },
              release: ledger?.plan.release,
              ...{ startedAt: endedAt - seconds * 1000, endedAt },
              ...(line.billed && { billed: line.billed }),
            },
          ];
        });
      }),
    ),
  );
  return found.flat();
}

function grouped(runs: readonly KnownRun[]): Map<string, KnownRun[]> {
  const byJob = new Map<string, KnownRun[]>();
  for (const run of runs) {
    const some = byJob.get(run.job);
    if (some) some.push(run);
    else byJob.set(run.job, [run]);
  }
  return byJob;
}

/** The mean of the last twenty. */
function expectation(runs: readonly KnownRun[]): Expectation | undefined {
  const some = [...runs].sort((a, b) => b.startedAt - a.startedAt).slice(0, 20);
  if (some.length === 0) return undefined;
  const mean = (of: (run: KnownRun) => number, among = some): number =>
    Math.round((among.reduce((sum, run) => sum + of(run), 0) / among.length) * 1000) / 1000;
  const billed = some.filter((run) => run.billed !== undefined);
  return {
    runs: some.length,
    seconds: mean(({ seconds }) => seconds),
    ...(billed.length > 0 && {
      billed: {
        vcpuHours: mean((run) => run.billed?.vcpuHours ?? 0, billed),
        memoryGbHours: mean((run) => run.billed?.memoryGbHours ?? 0, billed),
        storageGbHours: mean((run) => run.billed?.storageGbHours ?? 0, billed),
      },
    }),
  };
}
