import { randomUUID } from 'node:crypto';
import type { Aws } from '../aws/aws.js';
import type { Application, Billed, Run } from '../aws/job-runs.js';
import { endStates, timedOut } from '../model/run-states.js';
import type { Objects } from '../aws/objects.js';
import { carriedJars } from '../model/connector-jars.js';
import type { Environment } from '../model/environment.js';
import { DataplatError } from '../model/errors.js';
import type { Job } from '../model/lineage.js';
import { names } from '../model/names.js';
import {
  driverLogsUri,
  failureExcerpt,
  jobReport,
  LogFollower,
  logStreams,
  readDriverLog,
} from './driver-logs.js';
import { info, step, warning, type Message, type Operation, type StepProgress } from './events.js';
import { jarsFolder, listenerJar, notDeployed } from './release/release.js';
import { resolveRelease } from './release/current-release.js';
import { logKeyArn, readEmrConfiguration, startRunOf } from './spark-run.js';
import { backoff, pause as reallyPause, type Pause } from './waiting.js';

export interface SubmitOptions {
  readonly job: Job;
  /** The logical date, `YYYY-MM-DD`. */
  readonly date: string;
  /** The release to run, by id or its beginning. Default: the one that was deployed last. */
  readonly release?: string;
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
  const [application, release, keyArn, configuration] = await Promise.all([
    requireApplication(environment, aws.runs),
    resolveRelease(environment, aws.objects, options.release),
    logKeyArn(environment, aws.parameters),
    readEmrConfiguration(files),
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
    try {
      const run = yield* step('run', `${job.id} for ${date}`, () =>
        waitForEnd(application.id, runId, logsOf, environment, aws, options),
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
      const again =
        error instanceof DataplatError &&
        error.code === 'DP6001' &&
        error.details.data?.['cancelled'] !== true &&
        attempts.length <= retries;
      if (!again) throw error;
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

/** Waits for the end of a run that must succeed. */
async function* waitForEnd(
  applicationId: string,
  runId: string,
  logsOf: (attempt: number) => string,
  environment: Environment,
  aws: SubmitAws,
  options: SubmitOptions,
): AsyncGenerator<Omit<StepProgress, 'type' | 'id'> | Message, Run, void> {
  const { signal, pause = reallyPause } = options;
  let attempt = 1;
  let follower = options.follow === true ? new LogFollower(aws.objects, logsOf(attempt)) : undefined;
  const follow = async function* (last: boolean): AsyncGenerator<Message, void, void> {
    for (const stream of follower ? logStreams : []) {
      for (const line of (await follower?.look(stream, last)) ?? []) yield info(line, { runId, stream });
    }
  };
  let state: string | undefined;
  // The end is seen at most a tenth of the run's time late; looking costs nothing at an endpoint of one's own.
  for (const wait of backoff(300, environment.endpoint ? 500 : 5000, 1.1)) {
    if (signal?.aborted) throw stillRunning(runId, state, environment);
    const run = await aws.runs.get(applicationId, runId);
    if (run && run.state !== state) {
      state = run.state;
      yield { detail: state };
    }
    if (run && run.attempt !== attempt) {
      attempt = run.attempt;
      follower &&= new LogFollower(aws.objects, logsOf(attempt));
    }
    const ended = run !== undefined && endStates.includes(run.state);
    yield* follow(ended);
    if (ended) {
      if (run.state === 'SUCCESS') return run;
      throw await failureOf(run, logsOf(attempt), environment, aws.objects, pause, options);
    }
    // A line is worth more the sooner it comes.
    await pause(follower ? Math.min(wait, 2000) : wait, signal).catch((error: unknown) => {
      throw signal?.aborted ? stillRunning(runId, state, environment) : error;
    });
  }
  throw new Error('the waiting ended without an end of the run');
}

function stillRunning(runId: string, state: string | undefined, environment: Environment): DataplatError {
  return new DataplatError(
    'DP1008',
    `interrupted; run ${runId} was not cancelled (${state ?? 'SUBMITTED'})`,
    {
      left: `the run goes on`,
      next: [
        `dataplat logs ${runId} --follow --env ${environment.name}`,
        `dataplat cancel ${runId} --env ${environment.name}`,
      ],
      data: { runId },
    },
  );
}

async function failureOf(
  run: Run,
  logs: string,
  environment: Environment,
  objects: Objects,
  pause: Pause,
  { job, date }: SubmitOptions,
): Promise<DataplatError> {
  const details = {
    left: 'what the run had not committed is not in its tables; submitting again replaces, it does not append',
    data: { runId: run.id, job: job.id, date, state: run.state, logs },
  };
  const which = `run ${run.id} of ${job.id} for ${date}`;
  if (timedOut(run)) {
    const what = run.startedAt ? 'took too long' : 'waited too long for its turn';
    return new DataplatError('DP6004', `${which} ${what}, and EMR ended it: ${run.stateDetails}`, {
      ...details,
      next: [
        `dataplat logs ${run.id} --env ${environment.name}`,
        `dataplat submit ${job.group} ${job.id} --date ${date} --timeout <minutes> --env ${environment.name}`,
      ],
    });
  }
  if (run.state === 'CANCELLED') {
    return new DataplatError('DP6001', `${which} was cancelled`, {
      ...details,
      next: [`dataplat submit ${job.group} ${job.id} --date ${date} --env ${environment.name}`],
      data: { ...details.data, cancelled: true },
    });
  }
  const { excerpt, report } = await explain(objects, logs, pause);
  const error = report?.['error'] as { message?: string } | undefined;
  return new DataplatError('DP6001', `${which} failed: ${error?.message ?? run.stateDetails}`, {
    ...details,
    excerpt,
    next: [
      `dataplat logs ${run.id} --env ${environment.name}   (or ${logs})`,
      `dataplat submit ${job.group} ${job.id} --date ${date} --env ${environment.name}`,
    ],
    data: { ...details.data, ...(report && { report }) },
  });
}

/** What the driver said at its end. On AWS its output reaches the bucket a while after the run's state does. */
async function explain(
  objects: Objects,
  logs: string,
  pause: Pause,
): Promise<{ excerpt: string[]; report: Readonly<Record<string, unknown>> | undefined }> {
  for (const wait of [0, 500, 1000, 2000, 4000, 8000]) {
    if (wait > 0) await pause(wait);
    const [stderr, stdout] = await Promise.all([
      readDriverLog(objects, logs, 'stderr'),
      readDriverLog(objects, logs, 'stdout'),
    ]);
    if (stderr !== undefined || stdout !== undefined) {
      return { excerpt: failureExcerpt(stderr ?? '', stdout ?? ''), report: jobReport(stdout ?? '') };
    }
  }
  return { excerpt: [], report: undefined };
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
    carriedJars(environment).length > 0 ? objects.list(bucket, folder) : [],
  ]);
  return { libraries, listener, jars: jars.map(({ key }) => key.slice(folder.length)).sort() };
}

function since(began: number): number {
  return Math.round(performance.now() - began) / 1000;
}
