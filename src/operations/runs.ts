import pLimit from 'p-limit';
import type { Aws } from '../aws/aws.js';
import type { Billed, Run, RunSummary } from '../aws/job-runs.js';
import { endStates, timedOut, type RunState } from '../model/run-states.js';
import type { Environment } from '../model/environment.js';
import type { Job } from '../model/lineage.js';
import type { Operation } from './events.js';
import { runTags } from './spark-run.js';
import { requireApplication } from './submit.js';

export interface RunsOptions {
  /** Only this job's. Default: every job's. */
  readonly job?: Pick<Job, 'id'>;
  /** Only in these states. Default: in any. */
  readonly states?: readonly RunState[];
  /** Only those started after. Default: as long ago as EMR remembers. */
  readonly since?: Date;
  /** At most so many, the newest. Default: 20. */
  readonly limit?: number;
  /** The present, for the duration of runs that have not ended. */
  readonly now?: () => Date;
}

/** A run as an operator sees it. */
export interface RunRow {
  readonly runId: string;
  readonly job: string;
  /** The logical date. */
  readonly date?: string;
  readonly release?: string;
  readonly state: RunState;
  /** EMR ended it for its time: it is CANCELLED, and nobody asked for that. */
  readonly timedOut?: true;
  readonly startedAt: string;
  /** From the start of the request to the end, or to now. */
  readonly seconds: number;
  readonly billed?: Billed;
  /** EMR's words, where it has any. */
  readonly details?: string;
}

export interface RunsResult {
  readonly environment: string;
  readonly runs: readonly RunRow[];
}

/** Lists runs, the newest first. @throws DataplatError DP4004 */
export async function* listRuns(
  environment: Environment,
  aws: Pick<Aws, 'runs'>,
  options: RunsOptions = {},
): Operation<RunsResult> {
  const application = await requireApplication(environment, aws.runs);
  const found = await newest(aws.runs, application.id, options, options.limit ?? 20);
  const now = (options.now ?? (() => new Date()))();
  const rows = await details(aws.runs, application.id, found);
  yield {
    type: 'result',
    result: { environment: environment.name, runs: rows.map((run) => rowOf(run, now)) },
  };
}

/** The newest runs that fit, newest first. */
export async function newest(
  runs: Aws['runs'],
  applicationId: string,
  { job, states, since }: RunsOptions,
  limit: number,
): Promise<RunSummary[]> {
  const found: RunSummary[] = [];
  const filter = { ...(since && { after: since }), ...(states && { states }) };
  for await (const run of runs.list(applicationId, filter)) {
    if (job && nameParts(run.name).job !== job.id) continue;
    found.push(run);
    if (found.length >= limit) break;
  }
  return found.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
}

/** All that is known of each run; the list itself says neither tags nor cost. */
export async function details(
  runs: Aws['runs'],
  applicationId: string,
  found: readonly RunSummary[],
): Promise<(Run | RunSummary)[]> {
  const limit = pLimit(8);
  return Promise.all(found.map((run) => limit(async () => (await runs.get(applicationId, run.id)) ?? run)));
}

export function rowOf(run: Run | RunSummary, now: Date): RunRow {
  const named = nameParts(run.name);
  const tags = 'tags' in run ? run.tags : {};
  const ended = endStates.includes(run.state);
  const end = ended ? (('endedAt' in run ? run.endedAt : undefined) ?? run.updatedAt) : now;
  const date = tags[runTags.date] ?? named.date;
  const release = tags[runTags.release];
  return {
    runId: run.id,
    job: tags[runTags.job] ?? named.job,
    ...(date !== undefined && { date }),
    ...(release !== undefined && { release }),
    state: run.state,
    ...('tags' in run && timedOut(run) && { timedOut: true }),
    startedAt: run.createdAt.toISOString(),
    seconds: Math.max(0, Math.round((end.getTime() - run.createdAt.getTime()) / 100) / 10),
    ...('billed' in run && run.billed && ended && { billed: run.billed }),
    ...(run.stateDetails !== '' && run.state !== 'SUCCESS' && { details: run.stateDetails }),
  };
}

/** A run is named `<job> <date>`; one that something else started has a name of its own. */
export function nameParts(name: string): { job: string; date?: string } {
  const parts = /^(\S+) (\d{4}-\d{2}-\d{2})$/.exec(name);
  return parts?.[1] !== undefined && parts[2] !== undefined
    ? { job: parts[1], date: parts[2] }
    : { job: name };
}

export function sumOf(billed: readonly (Billed | undefined)[]): Billed {
  const total = (pick: (one: Billed) => number): number =>
    Math.round(billed.reduce((sum, one) => sum + (one ? pick(one) : 0), 0) * 1000) / 1000;
  return {
    vcpuHours: total((one) => one.vcpuHours),
    memoryGbHours: total((one) => one.memoryGbHours),
    storageGbHours: total((one) => one.storageGbHours),
  };
}
