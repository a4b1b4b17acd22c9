import { expect } from 'chai';
import type { AirflowAnswer, AirflowCall } from '../../src/aws/airflow.js';
import type { DataplatError } from '../../src/model/errors.js';
import type { AccountAccess } from '../../src/operations/account-access.js';
import { listDags, setPaused } from '../../src/operations/airflow/dags.js';
import { triggerDag, unsuccessful } from '../../src/operations/airflow/trigger-dag.js';
import { loadPlatform } from '../../src/project/load-platform.js';
import { smallPlatform } from '../small-platform.js';
import { collect, failureOf } from './collect.js';

/** What Airflow's API says, by method and path; for what an Airflow that runs does not do when it is asked to. */
type Said = Readonly<Record<string, AirflowAnswer | ((call: AirflowCall) => AirflowAnswer)>>;

const ok = (body: unknown): AirflowAnswer => ({ status: 200, body });

/** An environment in AWS whose MWAA says this. */
function environmentOf(said: Said | undefined): { access: AccountAccess; calls: AirflowCall[] } {
  const calls: AirflowCall[] = [];
  const access = {
    platform: loadPlatform(smallPlatform, 'dev', {}, {}),
    projectDirectory: smallPlatform,
    aws: {
      airflow: {
        call: (_name: string, call: AirflowCall): Promise<AirflowAnswer | undefined> => {
          calls.push(call);
          if (!said) return Promise.resolve(undefined);
          const answer = said[`${call.method} ${call.path}`] ?? {
            status: 404,
            body: { detail: `no ${call.path}` },
          };
          return Promise.resolve(typeof answer === 'function' ? answer(call) : answer);
        },
      },
    },
  } as unknown as AccountAccess;
  return { access, calls };
}

const known: Said = {
  'GET /version': ok({ version: '3.0.6' }),
  'GET /dags/daily': ok({ dag_id: 'daily', is_paused: false, fileloc: '/x/dags/daily_dag.py' }),
  'GET /dags/sleeping': ok({ dag_id: 'sleeping', is_paused: true, fileloc: '/x/dags/sleeping_dag.py' }),
  'GET /dags': ok({
    dags: [{ dag_id: 'daily', is_paused: false, fileloc: '/x/dags/daily_dag.py' }],
    total_entries: 1,
  }),
  'GET /importErrors': ok({
    import_errors: [
      { filename: 'broken_dag.py', stack_trace: '  File "/x/dags/broken_dag.py", line 7\nNameError: y' },
    ],
  }),
  'GET /dags/daily/dagRuns': ok({ dag_runs: [] }),
};
const refusal = async (promise: Promise<unknown>): Promise<DataplatError> =>
  (await failureOf(promise)) as DataplatError;
const asked = { dag: 'daily', date: '2026-01-15', pause: () => Promise.resolve() };

describe('DAGs by the API of MWAA', () => {
  it('are unknown where the environment has no MWAA: that says how to get one', async () => {
    const failure = await refusal(collect(listDags(environmentOf(undefined).access)));
    expect(failure.code).to.equal('DP4004');
    expect(failure.details.next).to.deep.equal(['dataplat deploy --env dev']);
  });

  it('wait for an Airflow that starts, and say so when it does not answer', async () => {
    let times = 0;
    const starting: Said = {
      ...known,
      'GET /version': () =>
        ++times < 3 ? { status: 503, body: { detail: 'starting' } } : ok({ version: '3.0.6' }),
    };
    const { result } = await collect(listDags(environmentOf(starting).access));
    expect(result.dags.map(({ dag }) => dag)).to.deep.equal(['daily']);
    const failing: Said = { ...known, 'GET /dags': { status: 502, body: 'Bad Gateway' } };
    expect((await refusal(collect(listDags(environmentOf(failing).access)))).code).to.equal('DP8004');
  });

  it('get the nearest names where one is wrong, and the files in which it may be', async () => {
    const failure = await refusal(collect(setPaused(environmentOf(known).access, 'dayly', true)));
    expect(failure.code).to.equal('DP8001');
    expect(failure.message).to.contain('did you mean daily?');
    expect(failure.details.excerpt?.at(-1)).to.equal('dags/broken_dag.py:7  NameError: y');
  });

  it('are paused once', async () => {
    const { access, calls } = environmentOf(known);
    const { result } = await collect(setPaused(access, 'sleeping', true));
    expect(result).to.deep.include({ paused: true, changed: false });
    expect(calls.filter(({ method }) => method !== 'GET')).to.deep.equal([]);
  });

  it('are started with a date and a conf; a paused one is not waited for', async () => {
    const start: Said = {
      ...known,
      'POST /dags/daily/dagRuns': ok({ dag_run_id: 'manual__1', state: 'queued' }),
    };
    const { access, calls } = environmentOf(start);
    const { result } = await collect(triggerDag(access, { ...asked, conf: { days: 7 } }));
    expect(result).to.deep.include({ run: 'manual__1', state: 'queued' });
    expect(calls.find(({ method }) => method === 'POST')?.body).to.deep.equal({
      logical_date: '2026-01-15T00:00:00Z',
      conf: { days: 7 },
    });
    const paused = await refusal(collect(triggerDag(access, { ...asked, dag: 'sleeping', wait: true })));
    expect(paused.code).to.equal('DP8006');
    expect(paused.details.next).to.deep.equal(['dataplat dag unpause sleeping --env dev']);
  });

  it('say which run there is where the date has one, and what is wrong with a conf', async () => {
    const taken: Said = {
      ...known,
      'POST /dags/daily/dagRuns': { status: 409, body: { detail: 'exists' } },
      'GET /dags/daily/dagRuns': ok({ dag_runs: [{ dag_run_id: 'scheduled__1', state: 'failed' }] }),
    };
    const failure = await refusal(collect(triggerDag(environmentOf(taken).access, asked)));
    expect(failure.code).to.equal('DP8005');
    expect(failure.message).to.contain('scheduled__1, failed');
    const wrong: Said = {
      ...known,
      'POST /dags/daily/dagRuns': { status: 400, body: { detail: 'Invalid input for param days' } },
    };
    const refused = await refusal(collect(triggerDag(environmentOf(wrong).access, asked)));
    expect(refused.code).to.equal('DP8007');
    expect(refused.message).to.contain('Invalid input for param days');
  });

  it('are followed to their end: each change of a task once, and why one failed', async () => {
    const states = [
      ['queued', null],
      ['running', null],
      ['running', null],
      ['failed', 'upstream_failed'],
    ];
    let looks = -1;
    const now = (): (string | null)[] => states[Math.min(looks, states.length - 1)] ?? [];
    const instance = (id: string, state: string | null | undefined): object => ({
      task_id: id,
      map_index: -1,
      state,
      try_number: state ? 1 : 0,
      start_date: state ? '2026-01-05T06:00:58.9Z' : null,
      end_date: state === 'failed' ? '2026-01-05T06:01:02.04159Z' : null,
      // What Airflow says on SQLite.
      duration: state === 'failed' ? -52.9 : null,
    });
    const failing: Said = {
      ...known,
      'POST /dags/daily/dagRuns': ok({ dag_run_id: 'manual__1', state: 'queued' }),
      'GET /dags/daily/tasks': ok({
        tasks: [
          { task_id: 'gold', downstream_task_ids: [] },
          { task_id: 'bronze', downstream_task_ids: ['gold'] },
        ],
      }),
      'GET /dags/daily/dagRuns/manual__1': () => {
        looks += 1;
        return ok({ state: looks >= 3 ? 'failed' : 'running' });
      },
      'GET /dags/daily/dagRuns/manual__1/taskInstances': () =>
        ok({ task_instances: [instance('gold', now()[1]), instance('bronze', now()[0])] }),
      'GET /dags/daily/dagRuns/manual__1/taskInstances/bronze/logs/1': ok({
        content: [
          { event: 'starting' },
          { event: 'Task failed', error_detail: [{ exc_type: 'ValueError', exc_value: 'no rows' }] },
        ],
      }),
    };
    const { result, events } = await collect(
      triggerDag(environmentOf(failing).access, { ...asked, wait: true }),
    );
    expect(
      events.flatMap((event) => (event.type === 'task' ? [`${event.task} ${event.state}`] : [])),
    ).to.deep.equal(['bronze queued', 'bronze running', 'bronze failed', 'gold upstream_failed']);
    expect(result.tasks).to.deep.equal([
      { task: 'bronze', state: 'failed', attempt: 1, seconds: 3.1 },
      { task: 'gold', state: 'upstream_failed', attempt: 1 },
    ]);
    const failure = unsuccessful(result);
    expect(failure?.code).to.equal('DP8002');
    expect(failure?.message).to.contain('bronze');
    expect(failure?.details.excerpt?.at(-1)).to.equal('Task failed: ValueError: no rows');
  });
});
