import { endedRun, failedTask, inOrder, type TaskRow } from '../../model/dag-run.js';
import { DataplatError } from '../../model/errors.js';
import type { Platform } from '../../model/platform.js';
import type { AccountAccess } from '../account-access.js';
import { layerOfJob } from '../airflow-platform.js';
import { info, step, warning, type Operation, type StepProgress, type TaskChanged } from '../events.js';
import { backoff, pause as reallyPause, type Pause } from '../waiting.js';
import { findDag } from './dags.js';
import { AirflowRefusal, openAirflow, type AirflowCalls } from './open-airflow.js';

export interface TriggerOptions {
  readonly dag: string;
  /** The logical date, `YYYY-MM-DD`. */
  readonly date: string;
  /** What the run is given. Default: the DAG's own parameters. */
  readonly conf?: Readonly<Record<string, unknown>>;
  /** Whether to wait for the end of the run. Default: false. */
  readonly wait?: boolean;
  /** Ends the waiting; the run goes on. */
  readonly signal?: AbortSignal;
  readonly pause?: Pause;
}

export interface DagRunResult {
  readonly environment: string;
  readonly dag: string;
  readonly run: string;
  readonly date: string;
  readonly state: string;
  readonly tasks: readonly TaskRow[];
  readonly seconds: number;
  /** What the first task that failed said at its end. */
  readonly excerpt?: readonly string[];
}

interface TaskInstance {
  readonly task_id: string;
  readonly map_index: number;
  readonly state: string | null;
  readonly try_number: number;
  readonly start_date: string | null;
  readonly end_date: string | null;
}

/**
 * Starts a run of a DAG for a date. Whether it did what it should is for the caller to judge (`unsuccessful`).
 * @throws DataplatError DP8001, DP8005 where the date has a run, DP8006 to wait for a paused DAG, DP8007 for a conf that
 * the DAG does not take, DP1008 when the signal fires
 */
export async function* triggerDag(access: AccountAccess, options: TriggerOptions): Operation<DagRunResult> {
  const began = performance.now();
  const { dag, date, conf = {}, wait = false } = options;
  const { name: environment } = access.platform.environment;
  const airflow = yield* openAirflow(access);
  const { is_paused: paused } = await findDag(airflow, dag);
  const unpause = `dataplat dag unpause ${dag} --env ${environment}`;
  if (paused && wait) {
    throw new DataplatError('DP8006', `DAG ${dag} is paused: a run of it would wait for ever`, {
      left: 'no run was started',
      next: [unpause],
    });
  }
  const run = await start(airflow, dag, date, conf, environment);
  yield info(`run ${run.dag_run_id} of ${dag} for ${date}`, { run: run.dag_run_id, dag, date });
  if (paused) yield warning(`DAG ${dag} is paused: the run waits until ${unpause}`);
  const result = { environment, dag, run: run.dag_run_id, date };
  if (!wait) {
    yield { type: 'result', result: { ...result, state: run.state, tasks: [], seconds: since(began) } };
    return;
  }
  const { state, tasks } = yield* step('dag-run', `${dag} for ${date}`, () =>
    follow(airflow, dag, run.dag_run_id, access.platform, options),
  );
  const failed = tasks.find((task) => task.state === 'failed');
  const excerpt = failed && (await lastWords(airflow, dag, run.dag_run_id, failed));
  yield {
    type: 'result',
    result: { ...result, state, tasks, seconds: since(began), ...(excerpt && { excerpt }) },
  };
}

/** Why a run did not do what it should; undefined where it did, or goes on. */
export function unsuccessful(result: DagRunResult, next: readonly string[] = []): DataplatError | undefined {
  if (result.state !== 'failed') return undefined;
  const failed = result.tasks.filter(({ state }) => state === 'failed').map(({ task }) => task);
  const behind = result.tasks.filter(({ state }) => state === 'upstream_failed').length;
  const which = failed.length > 0 ? `: ${failed.join(', ')}` : '';
  return new DataplatError('DP8002', `run ${result.run} of ${result.dag} for ${result.date} failed${which}`, {
    ...(result.excerpt && result.excerpt.length > 0 && { excerpt: result.excerpt }),
    left: `tasks that succeeded are done` + (behind > 0 ? `; ${behind} behind what failed did not run` : ''),
    next: [...next, `dataplat runs --state FAILED --env ${result.environment}`],
    data: { dag: result.dag, run: result.run, failed },
  });
}

async function start(
  airflow: AirflowCalls,
  dag: string,
  date: string,
  conf: Readonly<Record<string, unknown>>,
  environment: string,
): Promise<{ dag_run_id: string; state: string }> {
  const runs = `/dags/${encodeURIComponent(dag)}/dagRuns`;
  const logicalDate = `${date}T00:00:00Z`;
  try {
    return await airflow.post(runs, { logical_date: logicalDate, conf });
  } catch (error) {
    if (!(error instanceof AirflowRefusal)) throw error;
    if (error.status !== 409) {
      throw new DataplatError('DP8007', `DAG ${dag} cannot be started so: ${error.message}`, {
        left: 'no run was started',
        next: [
          `dataplat dag trigger ${dag} --date ${date} --conf '{"<parameter>": <value>}' --env ${environment}`,
        ],
      });
    }
    const { dag_runs: found } = await airflow.get<{ dag_runs: { dag_run_id: string; state: string }[] }>(
      runs,
      {
        logical_date_gte: logicalDate,
        logical_date_lte: logicalDate,
      },
    );
    const there = found[0];
    throw new DataplatError(
      'DP8005',
      there
        ? `DAG ${dag} has a run for ${date} already: ${there.dag_run_id}, ${there.state}`
        : `DAG ${dag} has a run for ${date} already`,
      {
        left: 'no run was started; a date has one run of a DAG',
        next: [`dataplat backfill <job> --date ${date} --reprocess completed --env ${environment}`],
        ...(there && { data: { run: there.dag_run_id, state: there.state } }),
      },
    );
  }
}

/** Follows a run to its end and tells each change of a task. */
async function* follow(
  airflow: AirflowCalls,
  dag: string,
  run: string,
  platform: Platform,
  { signal, pause = reallyPause }: TriggerOptions,
): AsyncGenerator<
  Omit<StepProgress, 'type' | 'id'> | TaskChanged,
  { state: string; tasks: TaskRow[] },
  void
> {
  const path = `/dags/${encodeURIComponent(dag)}`;
  const runPath = `${path}/dagRuns/${encodeURIComponent(run)}`;
  const { tasks: declared } = await airflow.get<{
    tasks: { task_id: string; downstream_task_ids: string[] }[];
  }>(`${path}/tasks`);
  const order = inOrder(
    declared.map(({ task_id: id, downstream_task_ids: downstream }) => ({
      id,
      downstream: [...downstream].sort(),
    })),
  );
  const interrupted = (): DataplatError =>
    new DataplatError('DP1008', `interrupted; run ${run} of ${dag} goes on`, {
      left: 'the run goes on',
      next: [`dataplat dag list --env ${platform.environment.name}`],
      data: { run },
    });
  const known = new Map<string, string>();
  for (const wait of backoff(500, 3000, 1.2)) {
    if (signal?.aborted) throw interrupted();
    // The run first: when it says that it has ended, its tasks have.
    const { state } = await airflow.get<{ state: string }>(runPath);
    const { task_instances: instances } = await airflow.get<{ task_instances: TaskInstance[] }>(
      `${runPath}/taskInstances`,
      { limit: 1000 },
    );
    const tasks = instances
      .map((one) => taskRow(one, platform))
      .sort((a, b) => rank(order, a) - rank(order, b));
    for (const row of tasks) {
      if (known.get(row.task) === row.state) continue;
      if (known.has(row.task) || row.state !== 'none') yield { type: 'task', dag, ...row };
      known.set(row.task, row.state);
    }
    const done = tasks.filter((row) => ['success', 'skipped', ...failedTask].includes(row.state)).length;
    yield { done, total: tasks.length, data: { tasks } };
    if (endedRun.includes(state)) return { state, tasks };
    await pause(wait, signal).catch((error: unknown) => {
      throw signal?.aborted ? interrupted() : error;
    });
  }
  throw new Error('the waiting ended without an end of the run');
}

function taskRow(instance: TaskInstance, platform: Platform): TaskRow {
  const { task_id: id, map_index: index, state, try_number: attempt } = instance;
  const seconds = secondsOf(instance);
  // The API does not tell groups; tasks that run a job are grouped by its layer.
  const job = platform.jobs.find((one) => one.id === id);
  return {
    task: index >= 0 ? `${id}[${index}]` : id,
    ...(job && { group: layerOfJob(platform, job) }),
    state: state ?? 'none',
    attempt,
    ...(seconds !== undefined && { seconds: Math.round(seconds * 10) / 10 }),
  };
}

/**
 * How long a task took, by its times: the `duration` beside them is wrong where Airflow stands on SQLite, as it does on a
 * laptop, which counts seconds twice and falls below nought where a minute ends meanwhile.
 */
function secondsOf({ start_date: start, end_date: end }: TaskInstance): number | undefined {
  return start && end ? Math.max(0, (Date.parse(end) - Date.parse(start)) / 1000) : undefined;
}

function rank(order: readonly string[], { task }: TaskRow): number {
  const place = order.indexOf(task.replace(/\[\d+\]$/, ''));
  return place < 0 ? order.length : place;
}

/** The end of a task's log. */
async function lastWords(
  airflow: AirflowCalls,
  dag: string,
  run: string,
  failed: TaskRow,
): Promise<string[]> {
  const [, id = failed.task, index] = /^(.*?)(?:\[(\d+)\])?$/.exec(failed.task) ?? [];
  const path = [dag, 'dagRuns', run, 'taskInstances', id, 'logs'].map(encodeURIComponent).join('/');
  const answer = await airflow
    .get<{ content?: unknown }>(`/dags/${path}/${failed.attempt}`, {
      map_index: index ?? -1,
      full_content: true,
    })
    .catch(() => ({ content: [] }));
  const lines = Array.isArray(answer.content) ? (answer.content as unknown[]).map(lineOf) : [];
  return lines.filter((line) => line !== '').slice(-12);
}

function lineOf(entry: unknown): string {
  if (typeof entry === 'string') return entry.trimEnd();
  const { event, error_detail: details } = entry as {
    event?: string;
    error_detail?: { exc_type?: string; exc_value?: string }[];
  };
  const error = details?.at(0);
  const text = (event ?? '').trimEnd();
  return error ? `${text}: ${error.exc_type ?? ''}: ${error.exc_value ?? ''}` : text;
}

function since(began: number): number {
  return Math.round(performance.now() - began) / 1000;
}
