import { suggestion } from './check.js';
import { placeIn, type SourceDocument } from './document.js';
import type { Environment } from './environment.js';
import type { Problem } from './errors.js';
import type { Job } from './lineage.js';
import type { ProjectFiles } from './platform.js';

/** Where DAG files lie; what they share is in `dags/utils/` and names no job. */
const folders = ['dags', 'dags/production', 'dags/development'];

/**
 * What DAG files say of jobs, against the graph: a list of job ids, `jobs=["orders"]`, may name only jobs that there are,
 * and a DAG that jobs are scheduled in must be made by a file, `pipeline("nightly", …)`, which Airflow takes for one of
 * DAGs. A project without DAG files schedules by other means.
 */
export function dagProblems(
  files: ProjectFiles,
  lineage: SourceDocument,
  jobs: readonly Pick<Job, 'id' | 'schedule'>[],
): Problem[] {
  const paths = dagFiles(files);
  if (paths.length === 0) return [];
  const ids = jobs.map(({ id }) => id);
  const problems: Problem[] = [];
  const made: string[] = [];
  for (const path of paths) {
    const text = files.read(path) ?? '';
    const makes = makingDag.exec(text);
    if (makes && !isFoundByAirflow(text)) {
      problems.push({
        code: 'DP2006',
        location: placeIn(path, text, makes.index),
        message: 'Airflow does not look into this file: it names no "airflow"',
        hint: 'a comment is enough: # read by airflow',
      });
    }
    made.push(...[...text.matchAll(/\bpipeline\(\s*["']([^"']+)["']/g)].map((found) => found[1] ?? ''));
    for (const list of text.matchAll(/\bjobs\s*=\s*\[([^\]]*)\]/g)) {
      const start = list.index + list[0].indexOf('[') + 1;
      for (const { index, 2: id = '' } of (list[1] ?? '').matchAll(/(["'])([^"']*)\1/g)) {
        if (ids.includes(id)) continue;
        const location = placeIn(path, text, start + index);
        problems.push({ code: 'DP2006', location, message: `no job "${id}"`, hint: suggestion(id, ids) });
      }
    }
  }
  for (const { id, schedule } of jobs) {
    if (schedule === undefined || made.includes(schedule.dag)) continue;
    problems.push({
      code: 'DP2006',
      location: lineage.locateValue(['jobs', id, 'schedule', 'dag']),
      message: `no file in dags/ makes a DAG "${schedule.dag}"`,
      hint: suggestion(schedule.dag, made),
    });
  }
  return problems;
}

/** A schedule of snapshots wants a file that makes the DAG of them. A project without DAG files takes them by other means. */
export function snapshotDagProblems(
  files: ProjectFiles,
  document: SourceDocument,
  { snapshots }: Pick<Environment, 'snapshots'>,
): Problem[] {
  if (snapshots?.schedule === undefined) return [];
  const paths = dagFiles(files);
  if (paths.length === 0 || paths.some((path) => makingSnapshots.test(files.read(path) ?? ''))) return [];
  return [
    {
      code: 'DP2006',
      location: document.locateValue(['snapshots', 'schedule']),
      message: 'no file in dags/ makes the DAG that takes snapshots',
      hint: 'dag = snapshot_dag("dr_snapshot"), from utils.snapshots',
    },
  ];
}

function dagFiles(files: ProjectFiles): string[] {
  return folders.flatMap((folder) =>
    files
      .list(folder)
      .filter((name) => name.endsWith('.py'))
      .map((name) => `${folder}/${name}`),
  );
}

const makingSnapshots = /\bsnapshot_dag\(/;

/** What makes a DAG, by our factory or by Airflow's own means. */
const makingDag = /\b(?:pipeline|of_jobs|platform_dag|snapshot_dag|DAG)\(|^@dag\b/m;

/**
 * Airflow opens only files that have both words, in whatever case.
 * Source: its configuration reference, core.dag_discovery_safe_mode, which is on unless it is set.
 */
function isFoundByAirflow(text: string): boolean {
  const lower = text.toLowerCase();
  return lower.includes('airflow') && lower.includes('dag');
}
