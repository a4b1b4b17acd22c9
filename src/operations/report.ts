import type { Aws } from '../aws/aws.js';
import type { Records } from '../aws/records.js';
import { DataplatError } from '../model/errors.js';
import { names } from '../model/names.js';
import type { Platform } from '../model/platform.js';
import { reportOf, type Report } from '../model/report/report.js';
import type { AccountAccess } from './account-access.js';
import { ledgerRecords } from './backfill/backfill.js';
import { readBackfills } from './backfill/backfills.js';
import { info, step, warning, type Operation } from './events.js';
import { readCurrentRelease } from './release/current-release.js';
import { rememberedRuns, rememberedRunsFile } from './remembered-runs.js';
import { rowOf } from './runs.js';
import { mostRuns, observeData, observeRuns } from './sla/observe.js';

export interface ReportOptions {
  /** As many days before now are told of. Default: 14. */
  readonly days?: number;
  readonly now?: () => Date;
}

/** Promises are about the runs of three days, however few are told of. */
const daysOfPromises = 3;
const mostBackfills = 20;

/** As `report`, of an account that is open; what runs that have ended were like is remembered on this machine. */
export async function* reportOn(access: AccountAccess, options: ReportOptions = {}): Operation<Report> {
  const { platform, projectDirectory, aws } = access;
  const file = rememberedRunsFile(projectDirectory, platform.environment.name);
  const remembered = await rememberedRuns(aws.runs, file);
  try {
    yield* report(platform, { ...aws, runs: remembered.runs }, ledgerRecords(access), options);
  } finally {
    // Who has the result does not ask for what comes behind it.
    await remembered.keep();
  }
}

/**
 * Everything that a page tells of an environment: what is declared and, where it is deployed, what runs, data and
 * backfills are like. What the data or the ledgers do not answer is left out, and said; a report is of use without.
 * @throws DataplatError DP4001, DP4003 where runs cannot be asked for
 */
export async function* report(
  platform: Platform,
  aws: Pick<Aws, 'runs' | 'catalog' | 'queries' | 'objects'>,
  records: Records,
  options: ReportOptions = {},
): Operation<Report> {
  const { environment } = platform;
  const at = (options.now ?? (() => new Date()))();
  const days = options.days ?? 14;
  const application = await aws.runs.findApplication(names.application(environment));
  if (!application) {
    yield info(`environment "${environment.name}" is not deployed: the report is of what is declared`);
    yield { type: 'result', result: reportOf(platform, at, days) };
    return;
  }
  const since = new Date(at.getTime() - Math.max(days, daysOfPromises) * 86_400_000);
  const [release, runs, data, backfills] = yield* step('observe', 'Look at runs, data and backfills', () =>
    Promise.all([
      readCurrentRelease(environment, aws.objects),
      observeRuns(aws.runs, application.id, since),
      orWhyNot(observeData(platform, aws, at)),
      orWhyNot(readBackfills(records, mostBackfills)),
    ]),
  );
  if (data.why !== undefined) yield warning(`of the data nothing is known: ${data.why}`);
  if (backfills.why !== undefined) yield warning(`of backfills nothing is known: ${backfills.why}`);
  const { newestData, checks } = data.found ?? {
    newestData: new Map<string, Date>(),
    checks: new Map<string, never>(),
  };
  yield {
    type: 'result',
    result: reportOf(platform, at, days, {
      ...(release !== undefined && { release }),
      runs: runs.details.map((run) => rowOf(run, at)),
      earlierRuns: runs.details.length >= mostRuns,
      observed: { at, runs: runs.runs, newestData, checks },
      backfills: backfills.found?.newest ?? [],
      earlierBackfills: backfills.found?.earlier ?? 0,
      unknown: {
        ...(data.why !== undefined && { data: data.why }),
        ...(backfills.why !== undefined && { backfills: backfills.why }),
      },
    }),
  };
}

/** What AWS refuses to tell, or a query could not find out, is a reason; anything else is thrown. */
async function orWhyNot<Found>(asked: Promise<Found>): Promise<{ found?: Found; why?: string }> {
  try {
    return { found: await asked };
  } catch (error) {
    const expected = error instanceof DataplatError && ['DP4003', 'DP4004', 'DP7001'].includes(error.code);
    if (!expected) throw error;
    return { why: error.message };
  }
}
