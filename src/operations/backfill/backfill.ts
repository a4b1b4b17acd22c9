import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { s3Records, type Records } from '../../aws/records.js';
import { whoAmI } from '../../aws/identity.js';
import type { Billed } from '../../aws/job-runs.js';
import { jobsToBackfill } from '../../model/backfill/jobs.js';
import { planBackfill, type BackfillPlan, type Reprocess } from '../../model/backfill/plan.js';
import type { Book } from '../../model/backfill/book.js';
import { DataplatError } from '../../model/errors.js';
import { inputFolders, JobsAccess } from '../../model/access.js';
import { findJob } from '../../model/find.js';
import { names } from '../../model/names.js';
import type { AccountAccess } from '../account-access.js';
import { info, step, type Operation, type Steps } from '../events.js';
import { inputSize } from '../input-size.js';
import { resolveRelease } from '../release/current-release.js';
import { logKeyArn, readEmrConfiguration, startRunOf } from '../spark-run.js';
import { thisHolder, whoIsHere } from '../state/holder.js';
import { broughtBy, requireApplication } from '../submit.js';
import type { Pause } from '../waiting.js';
import { claim, giveBack, type Claim } from './claims.js';
import { readPast, type Expectation } from './history.js';
import { LedgerWriter, listLedgers, noBackfill, type LedgerPlace } from './ledger.js';
import type { LedgerPlan, MarkLine, NumberedLine } from './ledger-lines.js';
import { ledgerNames } from './ledger-names.js';
import { bookOf } from './read-book.js';
import { Runner, runsOf, tunings, type RunnerTuning, type Wish } from './runner.js';

export interface BackfillRequest {
  /** A layer or a job. */
  readonly what: string;
  readonly dates: readonly string[];
  readonly downstream: boolean;
  readonly reprocess: Reprocess;
  readonly backwards: boolean;
  readonly release?: string;
}

export interface RunSettings {
  /** Default: as many as the application lets run. */
  readonly maxActiveRuns?: number;
  /** How often a run that failed by its job's own fault is started again. */
  readonly retries: number;
  /** What was typed, for whoever asks who holds a range. */
  readonly command: string;
  readonly signal: AbortSignal;
  /** Starts nothing and ends what is active. */
  readonly onlyCancel?: boolean;
  readonly pause?: Pause;
  readonly tuning?: Partial<RunnerTuning>;
}

/** The preview of a backfill: what would run, what would not and why, and what that took before. */
export interface Preview extends BackfillPlan {
  readonly environment: string;
  readonly what: string;
  readonly from: string;
  readonly to: string;
  readonly release: string;
  readonly expected: readonly ExpectedJob[];
  /** How many runs the application lets go on at once; undefined for no limit. */
  readonly concurrentRuns?: number;
}

/** A job's part of a preview; what is not known from past runs is left out. */
export interface ExpectedJob {
  readonly job: string;
  readonly runs: number;
  readonly skipped: number;
  readonly each?: Expectation;
}

export interface FailedPair {
  readonly job: string;
  readonly date: string;
  readonly state: string;
  readonly attempts: number;
  readonly runId?: string;
  readonly why: string;
}

export interface BackfillResult {
  readonly backfill: string;
  readonly environment: string;
  readonly what: string;
  readonly state: 'done' | 'failed' | 'paused' | 'cancelled';
  readonly counts: Book['counts'];
  readonly skipped: number;
  readonly failures: readonly FailedPair[];
  readonly seconds: number;
  /** Of the runs that ended now. */
  readonly billed: Billed;
}

/** The ledgers of an environment. */
export function ledgerRecords({ platform, aws }: Pick<AccountAccess, 'platform' | 'aws'>): Records {
  const { environment } = platform;
  return s3Records(aws.clients, names.bucket(environment, 'artifacts'), environment.account);
}

/** What a backfill would do. Starts and writes nothing. */
export async function* previewBackfill(access: AccountAccess, request: BackfillRequest): Operation<Preview> {
  const { preview } = yield* prepare(access, request);
  yield { type: 'result', result: preview };
}

/**
 * Runs all that a range needs.
 * @throws DataplatError DP6011 where another backfill holds some of it, DP1008 when the signal fires: runs go on
 */
export async function* backfill(
  access: AccountAccess,
  request: BackfillRequest,
  settings: RunSettings,
): Operation<BackfillResult> {
  const { preview, newest } = yield* prepare(access, request);
  const { environment } = access.platform;
  const records = ledgerRecords(access);
  const { user, host } = whoIsHere();
  const createdAt = new Date().toISOString();
  const id = `${createdAt.slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}-${randomBytes(2).toString('hex')}`;
  const places = new Map(preview.jobs.map((job, index) => [job.id, index]));
  const plan: LedgerPlan = {
    ...{ id, environment: environment.name, what: request.what, from: preview.from, to: preview.to },
    ...{ downstream: request.downstream, reprocess: request.reprocess, backwards: request.backwards },
    ...{ release: preview.release, retries: settings.retries, by: `${user}@${host}`, createdAt },
    ...(settings.maxActiveRuns !== undefined && { maxActiveRuns: settings.maxActiveRuns }),
    ...(newest && { newestRunBefore: newest.toISOString() }),
    ...{ jobs: preview.jobs, dates: request.dates, skipped: preview.skipped, leftOut: preview.leftOut },
    pairs: preview.pairs.map(({ job, date }) => [places.get(job) ?? 0, date] as const),
  };
  if (plan.pairs.length === 0) {
    yield { type: 'result', result: nothingToDo(plan) };
    return;
  }
  const caller = (await whoAmI(access.aws.clients)).arn;
  await claim(records, claimOf(plan, caller, settings.command), environment.name);
  yield* carryOut(access, records, id, settings, 'began', plan);
}

/**
 * Goes on with a backfill whose process was killed, interrupted or paused.
 * @throws DataplatError DP6012 for none, DP6013 for one that has ended, DP6014 where somebody goes on with it already
 */
export async function* resumeBackfill(
  access: AccountAccess,
  id: string | undefined,
  settings: RunSettings & { readonly reprocess?: Reprocess },
): Operation<BackfillResult> {
  const records = ledgerRecords(access);
  const found = await findBackfill(records, id, access.platform.environment.name);
  yield* carryOut(
    access,
    records,
    found,
    settings,
    settings.reprocess === 'failed' ? 'failed again' : 'resumed',
  );
}

/** The backfill of an id or of an end of it; without one, the newest. @throws DataplatError DP6012 */
export async function findBackfill(
  records: Records,
  id: string | undefined,
  environment: string,
): Promise<string> {
  const all = await listLedgers(records);
  const fitting =
    id === undefined
      ? all.slice(-1)
      : all.filter((one) => one === id || (id.length >= 4 && one.endsWith(id)));
  const [found] = fitting;
  if (found === undefined || fitting.length > 1) throw noBackfill(id ?? '', environment);
  return found;
}

async function* prepare(
  access: AccountAccess,
  request: BackfillRequest,
): Steps<{ preview: Preview; newest: Date | undefined }> {
  const { platform, aws } = access;
  const { environment } = platform;
  const selection = jobsToBackfill(platform, request.what, request.downstream);
  const [application, release] = await Promise.all([
    requireApplication(environment, aws.runs),
    resolveRelease(environment, aws.objects, request.release),
  ]);
  const { dates } = request;
  const [from, to] = [dates[0] ?? '', dates.at(-1) ?? ''];
  const jobs = new Set(selection.jobs.flatMap(({ id, reads }) => [id, ...reads]));
  const [past, limits] = yield* step('plan', `Plan ${request.what} from ${from} to ${to}`, () =>
    Promise.all([
      readPast(
        { records: ledgerRecords(access), runs: aws.runs, applicationId: application.id },
        { jobs, from, to },
      ),
      aws.runs.limits(application.id),
    ]),
  );
  const plan = planBackfill({ ...request, selection, release, history: past.of });
  const expected = selection.jobs.map(({ id }): ExpectedJob => {
    const each = past.expected(id);
    const of = (pairs: readonly { job: string }[]): number => pairs.filter(({ job }) => job === id).length;
    return { job: id, runs: of(plan.pairs), skipped: of(plan.skipped), ...(each && { each }) };
  });
  const preview = {
    ...plan,
    ...{ environment: environment.name, what: request.what, from, to, release, expected },
    ...(limits.concurrentRuns !== undefined && { concurrentRuns: limits.concurrentRuns }),
  };
  return { preview, newest: past.newest };
}

async function* carryOut(
  access: AccountAccess,
  records: Records,
  id: string,
  settings: RunSettings,
  mark: MarkLine['mark'],
  newPlan?: LedgerPlan,
): Operation<BackfillResult> {
  const { platform, aws } = access;
  const { environment } = platform;
  const began = performance.now();
  const place: LedgerPlace = {
    ...{ records, id, environment: environment.name },
    localCopy: join(access.projectDirectory, '.dataplat', 'backfills', environment.name, `${id}.jsonl`),
  };
  const caller = (await whoAmI(aws.clients)).arn;
  const { writer, ledger } = await LedgerWriter.open(place, { caller, command: settings.command }, newPlan);
  const { plan } = ledger;
  const marked = (what: MarkLine['mark']): void =>
    writer.append({ at: new Date().toISOString(), mark: what, by: plan.by });
  try {
    const before = endOf(ledger.lines);
    if (before !== undefined && mark !== 'failed again') throw hasEnded(id, before, environment.name);
    if (newPlan === undefined) {
      // One that failed has given its claim back.
      await claim(records, claimOf(plan, caller, settings.command), environment.name);
      const wish = await records.read(ledgerNames.wish(id));
      if (wish) await records.remove(ledgerNames.wish(id), wish.version);
    }
    const application = await requireApplication(environment, aws.runs);
    const [limits, start] = await Promise.all([aws.runs.limits(application.id), starter(access, plan)]);
    const lines = [...ledger.lines];
    if (newPlan === undefined) lines.push(...(yield* adopt(access, plan, application.id, lines, writer)));
    marked(mark);
    const book = bookOf(plan, lines);
    if (mark === 'failed again') book.reopen();
    yield info(
      `backfill ${id}: ${plan.pairs.length} runs of ${plan.jobs.length} jobs, release ${plan.release}`,
      { backfill: id, runs: plan.pairs.length },
    );
    const runner = new Runner({
      ...{ runs: aws.runs, applicationId: application.id, limits, plan, book, startRunOf: start },
      vcpusOf: (job) => {
        const { driver, executor } = findJob(platform, job).spark;
        return driver.cpu + executor.cpu;
      },
      journal: (line) => writer.append(line),
      wish: async () => {
        const found = await records.read(ledgerNames.wish(id));
        return found && (JSON.parse(found.text) as { wish: Wish }).wish;
      },
      tuning: { ...(environment.endpoint ? tunings.local : tunings.aws), ...settings.tuning },
      signal: AbortSignal.any([settings.signal, writer.signal]),
      ...(settings.pause && { pause: settings.pause }),
      ...(settings.onlyCancel !== undefined && { onlyCancel: settings.onlyCancel }),
    });
    try {
      const { state, billed } = yield* step('backfill', `Backfill of ${plan.what}`, () => runner.run());
      const failures = failuresOf(book);
      const result: BackfillResult = {
        ...{ backfill: id, environment: environment.name, what: plan.what },
        state: state !== 'ended' ? state : failures.length > 0 ? 'failed' : 'done',
        ...{ counts: { ...book.counts }, skipped: plan.skipped.length, failures, billed },
        seconds: Math.round(performance.now() - began) / 1000,
      };
      marked(state === 'ended' ? 'done' : state);
      await writer.flush();
      if (state !== 'paused') await giveBack(records, id);
      yield { type: 'result', result };
    } catch (error) {
      await runner.settle();
      await writer.flush();
      if (settings.signal.aborted) {
        marked('interrupted');
        throw interrupted(id, environment.name, book);
      }
      throw error;
    }
  } finally {
    await writer.close();
  }
}

/** The runs that were started and that no line tells of: their process was killed before it could write one. */
async function* adopt(
  { aws }: AccountAccess,
  plan: LedgerPlan,
  applicationId: string,
  lines: readonly NumberedLine[],
  writer: LedgerWriter,
): Steps<NumberedLine[]> {
  const known = new Set(
    lines.flatMap((line) => ('mark' in line || line.runId === undefined ? [] : [line.runId])),
  );
  const named = new Set(plan.pairs.map(([job, date]) => names.run({ id: plan.jobs[job]?.id ?? '' }, date)));
  const adopted: NumberedLine[] = [];
  const place = { runs: aws.runs, applicationId, plan };
  for await (const { job, date, attempt, run } of runsOf(
    place,
    (name, id) => named.has(name) && !known.has(id),
  )) {
    const line = {
      ...{ at: new Date().toISOString(), job, date, attempt, token: '', runId: run.id },
      state: 'submitted' as const,
    };
    writer.append(line);
    adopted.push({ ...line, n: 0, writer: '' });
  }
  if (adopted.length > 0) {
    const runIds = adopted.flatMap((line) => ('mark' in line ? [] : (line.runId ?? [])));
    yield info(`found again: ${adopted.length} runs that were started just before the process ended`, {
      runIds,
    });
  }
  return adopted.sort((a, b) => ('mark' in a || 'mark' in b ? 0 : a.attempt - b.attempt));
}

async function starter(access: AccountAccess, plan: LedgerPlan): Promise<Runner['options']['startRunOf']> {
  const { platform, aws, projectDirectory } = access;
  const { environment } = platform;
  const { projectFiles } = await import('../../project/project-files.js');
  const [keyArn, brought, configuration] = await Promise.all([
    logKeyArn(environment, aws.parameters),
    broughtBy(environment, aws.objects, plan.release),
    readEmrConfiguration(projectFiles(projectDirectory)),
  ]);
  const touched = new JobsAccess(platform);
  return async ({ job: id, date }, token) => {
    const job = findJob(platform, id);
    const reads = inputFolders(touched.of(job), date);
    return startRunOf(environment, {
      ...{ job, date, release: plan.release, ...brought, configuration },
      ...{ logKeyArn: keyArn, clientToken: token },
      ...(environment.endpoint && { inputSize: await inputSize(environment, reads, aws.objects) }),
    });
  };
}

function claimOf(plan: LedgerPlan, caller: string, command: string): Claim {
  return {
    ...{ id: plan.id, from: plan.from, to: plan.to, by: plan.by, since: plan.createdAt, command },
    jobs: plan.jobs.map((job) => job.id),
    holder: thisHolder(plan.id, caller, command),
  };
}

/** How a backfill ended, or undefined for one that can be resumed. */
export function endOf(lines: readonly NumberedLine[]): MarkLine['mark'] | undefined {
  const last = lines.filter((line) => 'mark' in line).at(-1);
  return last && 'mark' in last && (last.mark === 'done' || last.mark === 'cancelled')
    ? last.mark
    : undefined;
}

export function failuresOf(book: Book): FailedPair[] {
  return book.pairs
    .filter(({ state }) => ['failed', 'blocked', 'stopped', 'cancelled'].includes(state))
    .map(({ job, date, state, attempts, runId, why = '' }) => ({
      ...{ job, date, state, attempts, why },
      ...(runId !== undefined && { runId }),
    }));
}

function nothingToDo(plan: LedgerPlan): BackfillResult {
  return {
    ...{ backfill: '', environment: plan.environment, what: plan.what, state: 'done' },
    counts: bookOf(plan, []).counts,
    ...{ skipped: plan.skipped.length, failures: [], seconds: 0 },
    billed: { vcpuHours: 0, memoryGbHours: 0, storageGbHours: 0 },
  };
}

function hasEnded(id: string, how: string, environment: string): DataplatError {
  return new DataplatError('DP6013', `backfill ${id} has ended already: ${how}`, {
    left: 'nothing was started',
    next: [
      `dataplat backfills show ${id} --env ${environment}`,
      `dataplat backfill --resume ${id} --reprocess failed --env ${environment}   (what failed, again)`,
    ],
  });
}

function interrupted(id: string, environment: string, book: Book): DataplatError {
  const { active, ready, waiting } = book.counts;
  return new DataplatError(
    'DP1008',
    `interrupted; backfill ${id} has ${active + ready + waiting} runs left`,
    {
      left: active > 0 ? `${active} runs were not cancelled and go on` : 'nothing runs',
      next: [
        `dataplat backfill --resume ${id} --env ${environment}`,
        `dataplat backfills cancel ${id} --env ${environment}`,
      ],
      data: { backfill: id },
    },
  );
}
