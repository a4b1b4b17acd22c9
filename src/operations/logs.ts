import type { Aws } from '../aws/aws.js';
import type { Run } from '../aws/job-runs.js';
import { endStates, type RunState } from '../model/run-states.js';
import type { Environment } from '../model/environment.js';
import { DataplatError } from '../model/errors.js';
import { names } from '../model/names.js';
import {
  driverLogsUri,
  linesOf,
  LogFollower,
  logStreams,
  readDriverLog,
  type LogStream,
} from './driver-logs.js';
import { info, type Operation } from './events.js';
import { findRun } from './find-run.js';
import { requireApplication } from './submit.js';
import { pause as reallyPause, type Pause } from './waiting.js';

export interface LogsOptions {
  /** Id of the run, or a beginning or end of it. */
  readonly run: string;
  /** Default: both, stdout first. */
  readonly streams?: readonly LogStream[];
  /** Only the last so many lines of each. Default: all. */
  readonly tail?: number;
  /** Whether to go on until the run ends. Default: false. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
  readonly pause?: Pause;
}

export interface LogsResult {
  readonly runId: string;
  readonly state: RunState;
  /** Where the driver's output is. */
  readonly logs: string;
  readonly lines: number;
}

/** The lines are messages with `data.stream`; the result says where the rest is. @throws DataplatError DP6002 */
export async function* readLogs(
  environment: Environment,
  aws: Pick<Aws, 'runs' | 'objects'>,
  options: LogsOptions,
): Operation<LogsResult> {
  const application = await requireApplication(environment, aws.runs);
  let run = await findRun(environment, application, aws.runs, options.run);
  const folderOf = (one: Run): string =>
    driverLogsUri(one.logUri ?? names.runLogs(environment), application.id, one);
  let folder = folderOf(run);
  const streams = options.streams ?? logStreams;
  let lines = 0;
  const line = (stream: LogStream, text: string) => {
    lines += 1;
    return info(text, { stream });
  };
  if (options.follow === true && !endStates.includes(run.state)) {
    let follower = new LogFollower(aws.objects, folder);
    const { signal, pause = reallyPause } = options;
    for (;;) {
      const ended = endStates.includes(run.state);
      for (const stream of streams) {
        for (const text of await follower.look(stream, ended)) yield line(stream, text);
      }
      if (ended) break;
      await pause(1000, signal);
      run = (await aws.runs.get(application.id, run.id)) ?? run;
      // EMR has started the run again.
      if (folderOf(run) !== folder) follower = new LogFollower(aws.objects, (folder = folderOf(run)));
    }
  } else {
    for (const stream of streams) {
      const text = await readDriverLog(aws.objects, folder, stream);
      const all = linesOf(text ?? '');
      for (const one of options.tail === undefined ? all : all.slice(-options.tail || all.length)) {
        yield line(stream, one);
      }
    }
    if (lines === 0 && !(await aws.objects.list(...listOf(folder))).length) {
      throw new DataplatError(
        'DP6002',
        `run ${run.id} has written no log yet (${run.state}); it goes to ${folder}`,
        {
          next: [`dataplat logs ${run.id} --follow --env ${environment.name}`],
        },
      );
    }
  }
  yield { type: 'result', result: { runId: run.id, state: run.state, logs: folder, lines } };
}

function listOf(folder: string): [bucket: string, prefix: string, most: number] {
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/(.*)$/.exec(folder) ?? [];
  return [bucket, prefix, 1];
}
