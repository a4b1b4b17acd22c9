import { randomUUID } from 'node:crypto';
import type { Aws } from '../aws/aws.js';
import type { Application, Billed, Run } from '../aws/job-runs.js';
import type { Objects } from '../aws/objects.js';
import type { Folder } from '../model/access.js';
import type { Environment } from '../model/environment.js';
import { DataplatError } from '../model/errors.js';
import type { Job } from '../model/lineage.js';
import { names } from '../model/names.js';
import { driverLogsUri, jobReport, readDriverLog } from './driver-logs.js';
import { info, step, warning, type Operation } from './events.js';
import { inputSize } from './input-size.js';
import { jarsFolder, listenerJar, notDeployed } from './release/release.js';
import { resolveRelease } from './release/current-release.js';
import { logKeyArn, readEmrConfiguration, startRunOf } from './spark-run.js';
import { waitForEnd } from './wait-for-run.js';
import type { Pause } from './waiting.js';

export interface SubmitOptions {
  readonly job: Job;
  /** The logical date, `YYYY-MM-DD`. */
  readonly date: string;
  /** The release to run, by id or its beginning. Default: the one that was deployed last. */
  readonly release?: string;
  /** Where it reads: how much that is says how Java is to work, at an endpoint of one's own. Default: nothing is known. */
  readonly reads?: readonly Folder[];
  /** More arguments of the entry point, behind `--env` and `--date`. Default: none. */
  readonly arguments?: readonly string[];
  /** Whether to wait for the end of the run. Default: true. */
  readonly wait?: boolean;
  /** Whether to report the driver's output as it comes. Default: false. */
  readonly follow?: boolean;
  /** EMR ends the run after so long. Default: the job's own timeout. */
  readonly timeoutMinutes?: number;
  /** How often a run that failed is started again, as a new run each time. Default: 0. */
  readonly retries?: number;
  /** Ends the waiting; the run goes on. */
  readonly signal?: AbortSignal;
  /** How to wait between looks. */
  readonly pause?: Pause;
}

export interface SubmitResult {
  readonly runId: string;
  readonly applicationId: string;
  readonly environment: string;
  readonly job: string;
  readonly date: string;
  readonly release: string;
  readonly state: Run['state'];
  /** From the start of the request to the end of the run as seen from here. */
  readonly seconds: number;
  readonly billed?: Billed;
  /** The runs that were started, the last one last. */
  readonly attempts: readonly string[];
  /** The job's own account of what it did. */
  readonly report?: Readonly<Record<string, unknown>>;
  /** Where the driver's output is. */
  readonly logs: string;
}

type SubmitAws = Pick<Aws, 'runs' | 'objects' | 'parameters'>;
type ProjectText = Parameters<typeof readEmrConfiguration>[0];

/**
 * Runs one job for one logical date on EMR Serverless, and waits for its end.
 * @throws DataplatError DP4004 where nothing is deployed, DP6001 with the end of the log for a failed run, DP6004 for
 * one that ran out of time, DP1008 when the signal fires: the run goes on, and `data.runId` names it
 */
export async function* submit(
  environment: Environment,
  files: ProjectText,
  aws: SubmitAws,
  options: SubmitOptions,
): Operation<SubmitResult> {
  const began = performance.now();
  const { job, date, retries = 0 } = options;
  // Independent of each other, and each a round trip.
  const [application, release, keyArn, configuration, size] = await Promise.all([
    requireApplication(environment, aws.runs),
    resolveRelease(environment, aws.objects, options.release),
    logKeyArn(environment, aws.parameters),
    readEmrConfiguration(files),
    environment.endpoint ? inputSize(environment, options.reads ?? [], aws.objects) : undefined,
  ]);
  const brought = await broughtBy(environment, aws.objects, release);
  const attempts: string[] = [];
  for (;;) {
    const start = startRunOf(environment, {
      job,
      date,
      release,
      ...brought,
      configuration,
      logKeyArn: keyArn,
      ...(size !== undefined && { inputSize: size }),
      // A new token an attempt: the old one would answer with the run that failed.
      clientToken: randomUUID(),
      ...(options.arguments && { arguments: options.arguments }),
      ...(options.timeoutMinutes !== undefined && { timeoutMinutes: options.timeoutMinutes }),
    });
    const runId = await aws.runs.start(application.id, start);
    attempts.push(runId);
    const { streaming } = start;
    const logsOf = (attempt: number): string =>
      driverLogsUri(start.logging.uri, application.id, { id: runId, streaming, attempt });
    yield info(`run ${runId} of ${job.id} for ${date}, release ${release}`, {
      runId,
      job: job.id,
      date,
      release,
    });
    const result = {
      runId,
      applicationId: application.id,
      environment: environment.name,
      job: job.id,
      date,
      release,
      attempts,
      logs: logsOf(1),
    };
    if (options.wait === false) {
      yield { type: 'result', result: { ...result, state: 'SUBMITTED', seconds: since(began) } };
      return;
    }
    const again = (flags: string): string =>
      `dataplat submit ${job.group} ${job.id} --date ${date}${flags} --env ${environment.name}`;
    try {
      const run = yield* step('run', `${job.id} for ${date}`, () =>
        waitForEnd(
          {
            ...{ applicationId: application.id, id: runId, logsOf, again },
            title: `${job.id} for ${date}`,
            left: 'what the run had not committed is not in its tables; submitting again replaces, it does not append',
            data: { job: job.id, date },
          },
          environment,
          aws,
          options,
        ),
      );
      const logs = logsOf(run.attempt);
      const report = jobReport((await readDriverLog(aws.objects, logs, 'stdout')) ?? '');
      yield {
        type: 'result',
        result: {
          ...result,
          logs,
          state: run.state,
          seconds: since(began),
          ...(run.billed && { billed: run.billed }),
          ...(report && { report }),
        },
      };
      return;
    } catch (error) {
      const tryAgain =
        error instanceof DataplatError &&
        error.code === 'DP6001' &&
        error.details.data?.['cancelled'] !== true &&
        attempts.length <= retries;
      if (!tryAgain) throw error;
      yield warning(`${error.message}: attempt ${attempts.length + 1} of ${retries + 1}`);
    }
  }
}

/** @throws DataplatError DP4004 where the environment has no application */
export async function requireApplication(environment: Environment, runs: Aws['runs']): Promise<Application> {
  const name = names.application(environment);
  const found = await runs.findApplication(name);
  if (!found) throw notDeployed(environment, `there is no EMR Serverless application "${name}"`);
  return found;
}

/** What a release brings beside the jobs. One of before lineage was switched on brings no listener. */
export async function broughtBy(
  environment: Environment,
  objects: Objects,
  release: string,
): Promise<{ libraries: boolean; listener: boolean; jars: readonly string[] }> {
  const bucket = names.bucket(environment, 'artifacts');
  const has = async (file: string): Promise<boolean> =>
    (await objects.head({ bucket, key: `releases/${release}/${file}` })) !== undefined;
  const folder = `releases/${release}/${jarsFolder}`;
  const [libraries, listener, jars] = await Promise.all([
    has('libraries.tar.gz'),
    environment.lineage.columns && has(listenerJar),
    objects.list(bucket, folder),
  ]);
  return { libraries, listener, jars: jars.map(({ key }) => key.slice(folder.length)).sort() };
}

function since(began: number): number {
  return Math.round(performance.now() - began) / 1000;
}
