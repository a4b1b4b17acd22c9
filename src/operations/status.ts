import type { Aws } from '../aws/aws.js';
import type { Billed } from '../aws/job-runs.js';
import { endStates, hasFailed } from '../model/run-states.js';
import type { Platform } from '../model/platform.js';
import type { Operation } from './events.js';
import { readCurrentRelease } from './release/current-release.js';
import { details, newest, rowOf, sumOf, type RunRow } from './runs.js';
import { requireApplication } from './submit.js';

export interface StatusOptions {
  /** The period whose runs are looked at and whose cost is summed, in days. Default: 7. */
  readonly days?: number;
  readonly now?: () => Date;
}

export interface JobStatus {
  readonly job: string;
  readonly group: string;
  /** The newest run of the period. */
  readonly last?: RunRow;
  /** Since the last run that succeeded ended. */
  readonly secondsSinceSuccess?: number;
  readonly runs: number;
  readonly failed: number;
}

export interface StatusResult {
  readonly environment: string;
  readonly application: { readonly id: string; readonly name: string; readonly state: string };
  readonly release?: string;
  readonly active: readonly RunRow[];
  readonly jobs: readonly JobStatus[];
  readonly period: { readonly days: number; readonly runs: number; readonly billed: Billed };
  /** What would be sensible to do next, as commands. */
  readonly next: readonly string[];
}

/** More runs than these are not asked for one by one. */
const most = 200;

/** What runs, what ran last, what it cost and what is next to do. @throws DataplatError DP4004 */
export async function* status(
  platform: Platform,
  aws: Pick<Aws, 'runs' | 'objects'>,
  options: StatusOptions = {},
): Operation<StatusResult> {
  const { environment } = platform;
  const now = (options.now ?? (() => new Date()))();
  const days = options.days ?? 7;
  const [application, release] = await Promise.all([
    requireApplication(environment, aws.runs),
    readCurrentRelease(environment, aws.objects),
  ]);
  const since = new Date(now.getTime() - days * 86_400_000);
  const found = await newest(aws.runs, application.id, { since }, most);
  const rows = (await details(aws.runs, application.id, found)).map((run) => rowOf(run, now));
  const jobs = platform.graph.order.map((job): JobStatus => {
    const own = rows.filter((row) => row.job === job.id);
    const [last] = own;
    const success = own.find((row) => row.state === 'SUCCESS');
    return {
      job: job.id,
      group: job.group,
      ...(last && { last }),
      ...(success && {
        secondsSinceSuccess: Math.round(
          (now.getTime() - Date.parse(success.startedAt)) / 1000 - success.seconds,
        ),
      }),
      runs: own.length,
      failed: own.filter(hasFailed).length,
    };
  });
  yield {
    type: 'result',
    result: {
      environment: environment.name,
      application,
      ...(release !== undefined && { release }),
      active: rows.filter((row) => !endStates.includes(row.state)),
      jobs,
      period: { days, runs: rows.length, billed: sumOf(rows.map((row) => row.billed)) },
      next: nextOf(platform, jobs, release),
    },
  };
}

/** The first thing that is in the way, else nothing. */
function nextOf(platform: Platform, jobs: readonly JobStatus[], release: string | undefined): string[] {
  const { name } = platform.environment;
  if (release === undefined) return [`dataplat deploy --env ${name}`];
  return jobs.flatMap(({ job, group, last }) => {
    if (last && hasFailed(last)) {
      return [`dataplat logs ${last.runId} --env ${name}`];
    }
    return last ? [] : [`dataplat submit ${group} ${job} --date <YYYY-MM-DD> --env ${name}`];
  });
}
