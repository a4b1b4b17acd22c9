import { expect } from 'chai';
import { validateProject } from '../../src/model/read-platform.js';
import { edited, lineOf, projectWith } from './project.js';

const lineage = 'config/shared/lineage.yaml';

function problemsWith(changes: Record<string, string>): string[] {
  return validateProject(projectWith(changes)).problems.map(
    ({ location, message, hint }) =>
      `${location.file}:${location.line}:${location.column} ${message} (${hint ?? ''})`,
  );
}

describe('DAG files', () => {
  it('name only jobs that there are, wherever they lie', () => {
    const text = '# read by airflow\ndag = of_jobs(\n    "some",\n    jobs=["shops", \'shps\'],\n)\n';
    expect(problemsWith({ 'dags/production/some_dag.py': text })).to.deep.equal([
      'dags/production/some_dag.py:4:20 no job "shps" (did you mean shops?)',
    ]);
  });

  it('name Airflow, which does not look into any other', () => {
    const text = 'from utils.factory import pipeline\n\ndag = pipeline("nightly")\n';
    expect(problemsWith({ 'dags/nightly_dag.py': text })).to.deep.equal([
      'dags/nightly_dag.py:3:7 Airflow does not look into this file: it names no "airflow" (a comment is enough: # read by airflow)',
    ]);
    expect(problemsWith({ 'dags/nightly_dag.py': `# Read by Airflow.\n${text}` })).to.deep.equal([]);
    expect(problemsWith({ 'dags/shared.py': 'limit = 3\n' })).to.deep.equal([]);
  });

  it('make every DAG that jobs are scheduled in', () => {
    const wrong = edited(lineage, 'schedule: { dag: daily }', 'schedule: { dag: dayly }');
    const line = lineOf(lineage, 'schedule: { dag: daily }');
    expect(problemsWith({ [lineage]: wrong })).to.deep.equal([
      `${lineage}:${line}:22 no file in dags/ makes a DAG "dayly" (did you mean daily?)`,
    ]);
  });

  it('make the DAG of snapshots where an environment has a schedule of them', () => {
    const prod = 'config/environments/prod.yaml';
    const without = { 'dags/dr_snapshot_dag.py': '' };
    const line = lineOf(prod, "schedule: '30 6 * * *'");
    expect(problemsWith(without)).to.deep.equal([
      `${prod}:${line}:13 no file in dags/ makes the DAG that takes snapshots (dag = snapshot_dag("dr_snapshot"), from utils.snapshots)`,
    ]);
    const own = 'from utils.snapshots import snapshot_dag  # by Airflow\n\ndag = snapshot_dag("weekly")\n';
    expect(problemsWith({ ...without, 'dags/production/weekly_dag.py': own })).to.deep.equal([]);
    const unscheduled = edited(prod, "  schedule: '30 6 * * *'", "  # schedule: '30 6 * * *'");
    expect(problemsWith({ ...without, [prod]: unscheduled })).to.deep.equal([]);
  });
});
