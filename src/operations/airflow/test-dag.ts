import { spawn } from 'node:child_process';
import { copyFileSync, createWriteStream, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import {
  failedTask,
  importProblem,
  inOrder,
  problemText,
  type ImportProblem,
  type TaskRow,
} from '../../model/dag-run.js';
import { DataplatError } from '../../model/errors.js';
import { packageDirectory } from '../../project/project-directory.js';
import type { AirflowTools } from '../../toolchain/locate-toolchain.js';
import { runProgram } from '../../toolchain/run-program.js';
import type { AccountAccess } from '../account-access.js';
import {
  info,
  step,
  warning,
  type Message,
  type Operation,
  type StepProgress,
  type TaskChanged,
} from '../events.js';
import type { AirflowPlatform } from '../airflow-platform.js';
import { accountVariables, endpointVariables } from '../../aws/shell-variables.js';
import { dagFiles } from '../release/release-dags.js';
import { readReleaseFiles } from '../release/read-release-files.js';
import { snapshotProgram } from '../release/snapshot-program.js';
import { resolveRelease } from '../release/current-release.js';
import { unknownDag } from './dags.js';
import { deployedPlatform } from './deployed-platform.js';
import { installedAirflow } from './open-airflow.js';
import type { DagRunResult } from './trigger-dag.js';

export interface TestDagOptions {
  readonly dag: string;
  /** The logical date, `YYYY-MM-DD`. */
  readonly date: string;
  readonly conf?: Readonly<Record<string, unknown>>;
  /** Whether a task that failed is tried again as the DAG says. Default: false, for its waits are made for the night. */
  readonly retries?: boolean;
  /** Ends Airflow, and with it the task that runs. */
  readonly signal?: AbortSignal;
}

export interface DagTestResult extends DagRunResult {
  /** What Airflow and the tasks printed. */
  readonly log: string;
}

/** What the process that runs the DAG tells (dag_test.py). */
type Told =
  | { type: 'read'; dags: string[]; errors: { file: string; trace: string }[] }
  | { type: 'early'; first: string }
  | { type: 'dag'; tasks: { id: string; group: string | null; downstream: string[] }[] }
  | { type: 'task'; task: string; state: string; attempt: number; seconds: number | null }
  | { type: 'error'; task: string; message: string }
  | { type: 'run'; run: string; state: string };

/** How long a task that is interrupted gets to cancel its job run. */
const graceMilliseconds = 15_000;

const script = join(packageDirectory, 'src', 'operations', 'airflow', 'dag_test.py');

/**
 * Runs a whole DAG on this machine, as `airflow dags test` does: its files as the project has them, its real operators
 * and with them real job runs of the environment. Whether it did what it should is for the caller to judge.
 * @throws DataplatError DP4004 where nothing is deployed, DP5005 for a protected environment, DP8001, DP8003 where no DAG
 * can be read, DP8007 for a date before the DAG's first, DP1008 when the signal fires
 */
export async function* testDag(access: AccountAccess, options: TestDagOptions): Operation<DagTestResult> {
  const began = performance.now();
  const { environment } = access.platform;
  if (environment.protected) {
    throw new DataplatError(
      'DP5005',
      `environment "${environment.name}" is protected: no DAG is tried out on it`,
      {
        left: 'nothing was started',
        next: [`dataplat dag trigger ${options.dag} --date ${options.date} --env ${environment.name}`],
      },
    );
  }
  const release = await resolveRelease(environment, access.aws.objects);
  const tools = yield* installedAirflow();
  const home = join(access.projectDirectory, '.dataplat', 'airflow', environment.name);
  const program = await snapshotProgram(environment);
  const dags = stage(access, await deployedPlatform(access, release), home, program);
  const variables = variablesOf(access, tools, home, dags);
  const database = join(home, 'airflow.db');
  if (!existsSync(database)) {
    yield* step('airflow-database', "Make Airflow's database", () => migrate(tools, variables, database));
  }
  const log = join(home, 'logs', `${options.dag}-${options.date}.log`);
  yield info(`release ${release}, log ${log}`, { release, log });
  const { told, tasks, why } = yield* step('dag-run', `${options.dag} for ${options.date}`, () =>
    run(tools, variables, log, environment.name, options),
  );
  const failed = tasks.find(({ state }) => state === 'failed');
  const reason = failed && why.get(failed.task);
  yield {
    type: 'result',
    result: {
      environment: environment.name,
      dag: options.dag,
      run: told.run,
      date: options.date,
      state: told.state,
      tasks,
      seconds: Math.round(performance.now() - began) / 1000,
      ...(failed && reason !== undefined && { excerpt: [`${failed.task}: ${reason}`] }),
      log,
    },
  };
}

/** Lays out the project's DAGs as a deploy lays them out for MWAA, so that they find the same beside them. */
function stage(
  { platform, projectDirectory }: AccountAccess,
  described: AirflowPlatform,
  home: string,
  program: Uint8Array | undefined,
): string {
  const folder = join(home, 'dags');
  rmSync(folder, { recursive: true, force: true });
  const files = readReleaseFiles(projectDirectory, packageDirectory);
  for (const { path, content } of dagFiles(
    { id: described.release, files },
    platform.environment,
    described,
    program,
  )) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  mkdirSync(join(home, 'logs'), { recursive: true });
  return folder;
}

/** The environment of Airflow's process: its own home, and the way to the environment's AWS. */
function variablesOf(
  { platform, aws }: AccountAccess,
  tools: AirflowTools,
  home: string,
  dags: string,
): NodeJS.ProcessEnv {
  const { environment } = platform;
  const { endpoint, region, account, profile } = aws.clients.settings;
  const inherited = Object.entries(process.env).filter(
    ([name]) =>
      !/^(?:AIRFLOW|PYTHON|VIRTUAL_ENV|AWS_)/.test(name) &&
      !(endpoint !== undefined && /^(?:https?|all|no)_proxy$/i.test(name)),
  );
  return {
    ...Object.fromEntries(inherited),
    ...(endpoint === undefined && accountVariables(process.env)),
    PATH: `${dirname(tools.python)}:${process.env['PATH'] ?? ''}`,
    TZ: 'UTC',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    ...(profile !== undefined && { AWS_PROFILE: profile }),
    ...(endpoint !== undefined && {
      ...endpointVariables(endpoint, account),
      AWS_EC2_METADATA_DISABLED: 'true',
    }),
    ...Object.fromEntries(
      Object.entries(environment.airflow.options).map(([option, value]) => [
        `AIRFLOW__${option.replace('.', '__')}`.toUpperCase(),
        value,
      ]),
    ),
    AIRFLOW__DATAPLAT__ENVIRONMENT: environment.name,
    // What a task runs of this package, it runs by the same Node; where its endpoint is, that one is told the same way.
    DATAPLAT_NODE: process.execPath,
    ...(environment.endpoint && { DATAPLAT_LOCAL_PORT: String(environment.endpoint.port) }),
    AIRFLOW_CONN_AWS_DEFAULT: 'aws://',
    AIRFLOW_HOME: home,
    AIRFLOW__CORE__DAGS_FOLDER: dags,
    AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: `sqlite:///${join(home, 'airflow.db')}`,
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED: 'False',
    PYTHONUNBUFFERED: '1',
  };
}

/** An empty database is the same for everybody: the local endpoint keeps one beside Airflow once it has made it. */
async function migrate(tools: AirflowTools, variables: NodeJS.ProcessEnv, database: string): Promise<void> {
  const empty = join(dirname(dirname(tools.python)), 'empty-airflow.db');
  if (existsSync(empty)) {
    copyFileSync(empty, database);
    return;
  }
  await runProgram({
    purpose: "make Airflow's database",
    command: tools.airflow,
    args: ['db', 'migrate'],
    variables,
  });
}

interface Ran {
  readonly told: { readonly run: string; readonly state: string };
  readonly tasks: TaskRow[];
  /** Why tasks failed, by their ids. */
  readonly why: ReadonlyMap<string, string>;
}

async function* run(
  tools: AirflowTools,
  variables: NodeJS.ProcessEnv,
  log: string,
  environment: string,
  { dag, date, conf = {}, retries = false, signal }: TestDagOptions,
): AsyncGenerator<Omit<StepProgress, 'type' | 'id'> | TaskChanged | Message, Ran, void> {
  const order = JSON.stringify({ dag, date: `${date}T00:00:00Z`, conf, retries });
  const child = spawn(tools.python, [script, order], {
    env: variables,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    // What the tasks start ends with it.
    detached: true,
  });
  const output = createWriteStream(log);
  child.stdout?.pipe(output, { end: false });
  child.stderr?.pipe(output, { end: false });
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  const running = (): boolean => child.exitCode === null && child.signalCode === null;
  const end = (): void => {
    if (child.pid === undefined || !running()) return;
    // As somebody at the keyboard would: what waits for a job run then cancels it.
    process.kill(-child.pid, 'SIGINT');
    setTimeout(() => {
      if (child.pid !== undefined && running()) process.kill(-child.pid, 'SIGKILL');
    }, graceMilliseconds).unref();
  };
  signal?.addEventListener('abort', end, { once: true });
  const groups = new Map<string, string>();
  const within = (task: string): { group?: string } => {
    const group = groups.get(task.replace(/\[\d+\]$/, ''));
    return group === undefined ? {} : { group };
  };
  const rows = new Map<string, TaskRow>();
  const why = new Map<string, string>();
  let known: { dags: string[]; problems: ImportProblem[] } | undefined;
  let told: Ran['told'] | undefined;
  let first: string | undefined;
  try {
    for await (const line of createInterface({ input: child.stdio[3] as Readable })) {
      const one = JSON.parse(line) as Told;
      if (one.type === 'run') told = one;
      else if (one.type === 'error') why.set(one.task, one.message);
      else if (one.type === 'early') first = one.first;
      else if (one.type === 'read') {
        const problems = one.errors.map(({ file, trace }) =>
          importProblem(`dags/${file.replace(/^.*\/dags\//, '')}`, trace),
        );
        known = { dags: one.dags, problems };
        if (one.dags.includes(dag)) {
          for (const problem of problems)
            yield warning(`Airflow cannot read ${problemText(problem)}`, { ...problem });
        }
      } else if (one.type === 'dag') {
        for (const { id, group } of one.tasks) if (group !== null) groups.set(id, group);
        for (const id of inOrder(one.tasks))
          rows.set(id, { task: id, ...within(id), state: 'none', attempt: 0 });
      } else {
        const { task, state, attempt, seconds } = one;
        const row = {
          task,
          ...within(task),
          state,
          attempt,
          ...(seconds !== null && seconds >= 0 && { seconds }),
        };
        rows.set(task, row);
        if (state !== 'none') yield { type: 'task', dag, ...row };
        const done = [...rows.values()].filter((each) =>
          ['success', 'skipped', ...failedTask].includes(each.state),
        );
        yield { done: done.length, total: rows.size, data: { tasks: [...rows.values()] } };
      }
    }
    await ended;
  } finally {
    signal?.removeEventListener('abort', end);
    end();
    output.end();
  }
  if (signal?.aborted) {
    throw new DataplatError('DP1008', `interrupted; ${dag} for ${date} has ended`, {
      left: 'tasks that succeeded are done; the job run of the task that ran was cancelled',
      next: [`dataplat runs --limit 5`],
    });
  }
  if (known && !known.dags.includes(dag)) throw unknownDag(dag, known.dags, known.problems);
  if (first !== undefined) {
    throw new DataplatError('DP8007', `DAG ${dag} has no run for ${date}: its first is that of ${first}`, {
      left: 'nothing was started',
      next: [`dataplat dag test ${dag} --date ${first} --env ${environment}`],
    });
  }
  if (!told) {
    throw new DataplatError('DP8003', `Airflow ended before ${dag} did`, {
      left: `Its log: ${log}`,
      next: ['dataplat doctor'],
    });
  }
  return { told, tasks: [...rows.values()], why };
}
