import pLimit from 'p-limit';
import { suggestion } from '../../model/check.js';
import { importProblem, problemText, type ImportProblem } from '../../model/dag-run.js';
import { DataplatError } from '../../model/errors.js';
import type { AccountAccess } from '../account-access.js';
import type { Operation } from '../events.js';
import { AirflowRefusal, openAirflow, type AirflowCalls } from './open-airflow.js';

export interface DagRow {
  readonly dag: string;
  /** As Airflow puts it into words; missing where it runs only when it is asked to. */
  readonly schedule?: string;
  readonly paused: boolean;
  /** When its schedule starts it next. */
  readonly next?: string;
  readonly last?: { readonly run: string; readonly state: string; readonly at: string };
  readonly owners: readonly string[];
  /** Path in the project. */
  readonly file: string;
}

export interface DagList {
  readonly environment: string;
  readonly dags: readonly DagRow[];
  /** Files that Airflow cannot read; their DAGs are not in the list, or as they were before. */
  readonly importErrors: readonly ImportProblem[];
}

export interface PauseResult {
  readonly environment: string;
  readonly dag: string;
  readonly paused: boolean;
  readonly changed: boolean;
}

/** What Airflow's API says of a DAG, as far as it is used here. */
export interface AirflowDag {
  readonly dag_id: string;
  readonly is_paused: boolean;
  readonly timetable_summary?: string | null;
  readonly timetable_description?: string | null;
  readonly next_dagrun_run_after?: string | null;
  readonly owners?: readonly string[];
  readonly relative_fileloc?: string | null;
  readonly fileloc: string;
}

interface AirflowRun {
  readonly dag_run_id: string;
  readonly state: string;
  readonly run_after: string;
}

/** Every DAG that Airflow knows, with its last run, and the files that it cannot read. */
export async function* listDags(access: AccountAccess): Operation<DagList> {
  const airflow = yield* openAirflow(access);
  const [dags, importErrors] = await Promise.all([allDags(airflow), importErrorsOf(airflow)]);
  const limit = pLimit(4);
  const rows = await Promise.all(dags.map((dag) => limit(() => rowOf(airflow, dag))));
  yield {
    type: 'result',
    result: { environment: access.platform.environment.name, dags: rows, importErrors },
  };
}

/** Pauses or unpauses a DAG: a paused one starts nothing. @throws DataplatError DP8001 */
export async function* setPaused(
  access: AccountAccess,
  dag: string,
  paused: boolean,
): Operation<PauseResult> {
  const airflow = yield* openAirflow(access);
  const found = await findDag(airflow, dag);
  if (found.is_paused !== paused)
    await airflow.patch(`/dags/${encodeURIComponent(dag)}`, { is_paused: paused });
  yield {
    type: 'result',
    result: {
      environment: access.platform.environment.name,
      dag,
      paused,
      changed: found.is_paused !== paused,
    },
  };
}

/** @throws DataplatError DP8001 with the nearest names, and the files that cannot be read, for it may be in one */
export async function findDag(airflow: AirflowCalls, dag: string): Promise<AirflowDag> {
  try {
    return await airflow.get<AirflowDag>(`/dags/${encodeURIComponent(dag)}`);
  } catch (error) {
    if (!(error instanceof AirflowRefusal) || error.status !== 404) throw error;
    const [dags, problems] = await Promise.all([allDags(airflow), importErrorsOf(airflow)]);
    throw unknownDag(
      dag,
      dags.map(({ dag_id: id }) => id),
      problems,
    );
  }
}

export function unknownDag(
  dag: string,
  known: readonly string[],
  problems: readonly ImportProblem[],
): DataplatError {
  return new DataplatError('DP8001', `no DAG "${dag}" (${suggestion(dag, known)})`, {
    ...(problems.length > 0 && {
      excerpt: [
        'Airflow cannot read these files, and knows nothing of DAGs in them:',
        ...problems.map(problemText),
      ],
      data: { importErrors: problems },
    }),
    next: ['dataplat dag list'],
  });
}

async function allDags(airflow: AirflowCalls): Promise<AirflowDag[]> {
  const found: AirflowDag[] = [];
  for (;;) {
    const page = await airflow.get<{ dags: AirflowDag[]; total_entries: number }>('/dags', {
      limit: 100,
      offset: found.length,
      order_by: 'dag_id',
    });
    found.push(...page.dags);
    if (page.dags.length === 0 || found.length >= page.total_entries) return found;
  }
}

async function importErrorsOf(airflow: AirflowCalls): Promise<ImportProblem[]> {
  const { import_errors: errors } = await airflow.get<{
    import_errors: { filename: string; stack_trace: string }[];
  }>('/importErrors', { limit: 100 });
  return errors.map(({ filename, stack_trace: trace }) =>
    // Below the folder of DAGs, which in the project is called so.
    importProblem(`dags/${filename.replace(/^.*\/dags\//, '')}`, trace),
  );
}

async function rowOf(airflow: AirflowCalls, dag: AirflowDag): Promise<DagRow> {
  const { dag_runs: runs } = await airflow.get<{ dag_runs: AirflowRun[] }>(
    `/dags/${encodeURIComponent(dag.dag_id)}/dagRuns`,
    { limit: 1, order_by: '-run_after' },
  );
  const last = runs[0];
  const schedule = dag.timetable_description ?? dag.timetable_summary;
  return {
    dag: dag.dag_id,
    ...(schedule && !/^never/i.test(schedule) && { schedule }),
    paused: dag.is_paused,
    ...(dag.next_dagrun_run_after && { next: dag.next_dagrun_run_after }),
    ...(last && { last: { run: last.dag_run_id, state: last.state, at: last.run_after } }),
    owners: dag.owners ?? [],
    file: `dags/${dag.relative_fileloc ?? dag.fileloc.replace(/^.*\/dags\//, '')}`,
  };
}
