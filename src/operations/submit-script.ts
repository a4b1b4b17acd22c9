import { createHash, randomUUID } from 'node:crypto';
import type { Aws } from '../aws/aws.js';
import type { Billed, Run } from '../aws/job-runs.js';
import { uriOf } from '../aws/objects.js';
import type { Environment } from '../model/environment.js';
import { names } from '../model/names.js';
import { driverLogsUri } from './driver-logs.js';
import { info, step, warning, type Message, type Operation } from './events.js';
import { runTags } from './spark-run.js';
import { requireApplication } from './submit.js';
import { waitForEnd, type Waiting } from './wait-for-run.js';

export interface ScriptOptions extends Waiting {
  /** `s3://…`, or a file of this machine with what is in it, which is put beside the releases. */
  readonly entryPoint: string | { readonly name: string; readonly content: Uint8Array };
  /** The role that it runs as: it must be able to read the script, and to write where the application logs. */
  readonly roleArn: string;
  /** Default: the environment's application. */
  readonly applicationId?: string;
  readonly arguments: readonly string[];
  /** As EMR takes them, `--conf spark.executor.cores=4 --py-files …`. Default: none, which leaves EMR's own sizes. */
  readonly sparkSubmitParameters?: string;
  /** EMR ends the run after so long. Default: EMR's own, twelve hours. */
  readonly timeoutMinutes?: number;
  /** Whether to wait for the end of the run. Default: true. */
  readonly wait?: boolean;
  /** What starts the same again, with more flags, which begin with a blank. */
  readonly again: (flags: string) => string;
}

export interface ScriptResult {
  readonly runId: string;
  readonly applicationId: string;
  readonly environment: string;
  /** Where EMR finds the script. */
  readonly entryPoint: string;
  readonly state: Run['state'];
  /** From the start of the request to the end of the run as seen from here. */
  readonly seconds: number;
  readonly billed?: Billed;
}

/**
 * Runs a script that is no job of the declaration, as `aws emr-serverless start-job-run` does: neither release nor date nor
 * derived rights, only what is asked for. It logs where its application does.
 * @throws DataplatError DP4004 where nothing is deployed, DP6001 with the end of the log for a failed run, DP6004 for one
 * that ran out of time, DP1008 when the signal fires: the run goes on
 */
export async function* submitScript(
  environment: Environment,
  aws: Pick<Aws, 'runs' | 'objects'>,
  options: ScriptOptions,
): Operation<ScriptResult> {
  const began = performance.now();
  const { applicationId, own } = await applicationOf(environment, aws.runs, options.applicationId);
  if (!own && options.follow === true) {
    yield warning(`application ${applicationId} is not the environment's: its logs are where it puts them`);
  }
  const entryPoint = yield* placed(environment, aws, options.entryPoint);
  const name = entryPoint.slice(entryPoint.lastIndexOf('/') + 1);
  const runId = await aws.runs.start(applicationId, {
    clientToken: randomUUID(),
    name,
    roleArn: options.roleArn,
    entryPoint,
    arguments: options.arguments,
    submitParameters: options.sparkSubmitParameters ?? '',
    configuration: {},
    streaming: false,
    timeoutMinutes: options.timeoutMinutes ?? 0,
    tags: { [runTags.environment]: environment.name },
  });
  yield info(`run ${runId} of ${name}`, { runId, entryPoint });
  const result = { runId, applicationId, environment: environment.name, entryPoint };
  const seconds = (): number => Math.round(performance.now() - began) / 1000;
  if (options.wait === false) {
    yield { type: 'result', result: { ...result, state: 'SUBMITTED', seconds: seconds() } };
    return;
  }
  const run = yield* step('run', name, () =>
    waitForEnd(
      {
        ...{ applicationId, id: runId, title: name, again: options.again, data: { entryPoint } },
        ...(own && {
          logsOf: (attempt: number) =>
            driverLogsUri(names.runLogs(environment), applicationId, {
              id: runId,
              streaming: false,
              attempt,
            }),
        }),
        left: 'what the script had written stays',
      },
      environment,
      aws,
      options,
    ),
  );
  yield {
    type: 'result',
    result: { ...result, state: run.state, seconds: seconds(), ...(run.billed && { billed: run.billed }) },
  };
}

/** @returns whether it is the environment's own, too. */
async function applicationOf(
  environment: Environment,
  runs: Aws['runs'],
  asked: string | undefined,
): Promise<{ applicationId: string; own: boolean }> {
  if (asked === undefined)
    return { applicationId: (await requireApplication(environment, runs)).id, own: true };
  const found = await runs.findApplication(names.application(environment));
  return { applicationId: asked, own: found?.id === asked };
}

/** Puts a file where EMR can read it, by what is in it, so that a run can be looked at later with what it ran. */
async function* placed(
  environment: Environment,
  { objects }: Pick<Aws, 'objects'>,
  script: ScriptOptions['entryPoint'],
): AsyncGenerator<Message, string, void> {
  if (typeof script === 'string') return script;
  const id = createHash('sha256').update(script.content).digest('hex').slice(0, 16);
  const place = { bucket: names.bucket(environment, 'artifacts'), key: `scripts/${id}/${script.name}` };
  await objects.put(place, script.content);
  const uri = uriOf(place);
  yield info(`${script.name} is at ${uri}`, { entryPoint: uri });
  return uri;
}
