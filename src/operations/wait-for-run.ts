import type { Aws } from '../aws/aws.js';
import type { Run } from '../aws/job-runs.js';
import type { Objects } from '../aws/objects.js';
import type { Environment } from '../model/environment.js';
import { DataplatError } from '../model/errors.js';
import { endStates, timedOut } from '../model/run-states.js';
import { failureExcerpt, jobReport, LogFollower, logStreams, readDriverLog } from './driver-logs.js';
import { info, type Message, type StepProgress } from './events.js';
import { backoff, pause as reallyPause, type Pause } from './waiting.js';

/** A run that somebody waits for, and what to say of it. */
export interface AwaitedRun {
  readonly applicationId: string;
  readonly id: string;
  /** Where the driver's output of an attempt is; undefined for an application that is not the environment's own. */
  readonly logsOf?: (attempt: number) => string;
  /** What runs, as in "crm_accounts for 2026-01-05". */
  readonly title: string;
  /** The command that starts it anew, with more flags, which begin with a blank. */
  readonly again: (flags: string) => string;
  /** What a run that failed leaves behind. */
  readonly left: string;
  /** What `--json` says of it besides. */
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Waiting {
  /** Whether to report the driver's output as it comes. Default: false. */
  readonly follow?: boolean;
  /** Ends the waiting; the run goes on. */
  readonly signal?: AbortSignal;
  /** How to wait between looks. */
  readonly pause?: Pause;
}

/**
 * Waits for the end of a run that must succeed.
 * @throws DataplatError DP6001 with the end of the log for a failed run, DP6004 for one that ran out of time, DP1008 when
 * the signal fires: the run goes on, and `data.runId` names it
 */
export async function* waitForEnd(
  awaited: AwaitedRun,
  environment: Environment,
  aws: Pick<Aws, 'runs' | 'objects'>,
  options: Waiting,
): AsyncGenerator<Omit<StepProgress, 'type' | 'id'> | Message, Run, void> {
  const { applicationId, id: runId, logsOf } = awaited;
  const { signal, pause = reallyPause } = options;
  let attempt = 1;
  let follower =
    options.follow === true && logsOf ? new LogFollower(aws.objects, logsOf(attempt)) : undefined;
  const follow = async function* (last: boolean): AsyncGenerator<Message, void, void> {
    for (const stream of follower ? logStreams : []) {
      for (const line of (await follower?.look(stream, last)) ?? []) yield info(line, { runId, stream });
    }
  };
  let state: string | undefined;
  // The end is seen at most a tenth of the run's time late; looking costs nothing at an endpoint of one's own.
  for (const wait of environment.endpoint ? backoff(200, 200) : backoff(300, 5000, 1.1)) {
    if (signal?.aborted) throw stillRunning(awaited, state, environment);
    const run = await aws.runs.get(applicationId, runId);
    if (run && run.state !== state) {
      state = run.state;
      yield { detail: state };
    }
    if (run && run.attempt !== attempt) {
      attempt = run.attempt;
      follower &&= logsOf && new LogFollower(aws.objects, logsOf(attempt));
    }
    const ended = run !== undefined && endStates.includes(run.state);
    yield* follow(ended);
    if (ended) {
      if (run.state === 'SUCCESS') return run;
      throw await failureOf(run, awaited, environment, aws.objects, pause);
    }
    // A line is worth more the sooner it comes.
    await pause(follower ? Math.min(wait, 2000) : wait, signal).catch((error: unknown) => {
      throw signal?.aborted ? stillRunning(awaited, state, environment) : error;
    });
  }
  throw new Error('the waiting ended without an end of the run');
}

function stillRunning(
  awaited: AwaitedRun,
  state: string | undefined,
  environment: Environment,
): DataplatError {
  const { id, applicationId, logsOf } = awaited;
  return new DataplatError('DP1008', `interrupted; run ${id} was not cancelled (${state ?? 'SUBMITTED'})`, {
    left: `the run goes on`,
    next: logsOf
      ? [
          `dataplat logs ${id} --follow --env ${environment.name}`,
          `dataplat cancel ${id} --env ${environment.name}`,
        ]
      : [
          elsewhere(awaited),
          `aws emr-serverless cancel-job-run --application-id ${applicationId} --job-run-id ${id}`,
        ],
    data: { runId: id },
  });
}

/** Our own verbs know the runs of the environment's application alone. */
function elsewhere({ applicationId, id }: AwaitedRun): string {
  return `aws emr-serverless get-job-run --application-id ${applicationId} --job-run-id ${id}`;
}

async function failureOf(
  run: Run,
  awaited: AwaitedRun,
  environment: Environment,
  objects: Objects,
  pause: Pause,
): Promise<DataplatError> {
  const { logsOf, title, again, left, data } = awaited;
  const logs = logsOf?.(run.attempt);
  const details = { left, data: { runId: run.id, ...data, state: run.state, ...(logs && { logs }) } };
  const which = `run ${run.id} of ${title}`;
  const look = logs === undefined ? elsewhere(awaited) : `dataplat logs ${run.id} --env ${environment.name}`;
  if (timedOut(run)) {
    const what = run.startedAt ? 'took too long' : 'waited too long for its turn';
    return new DataplatError('DP6004', `${which} ${what}, and EMR ended it: ${run.stateDetails}`, {
      ...details,
      next: [look, again(' --timeout <minutes>')],
    });
  }
  if (run.state === 'CANCELLED') {
    return new DataplatError('DP6001', `${which} was cancelled`, {
      ...details,
      next: [again('')],
      data: { ...details.data, cancelled: true },
    });
  }
  if (logs === undefined) {
    return new DataplatError('DP6001', `${which} failed: ${run.stateDetails}`, {
      ...details,
      next: [look, again('')],
    });
  }
  const { excerpt, report } = await explain(objects, logs, pause);
  const error = report?.['error'] as { message?: string } | undefined;
  return new DataplatError('DP6001', `${which} failed: ${error?.message ?? run.stateDetails}`, {
    ...details,
    excerpt,
    next: [`${look}   (or ${logs})`, again('')],
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
