import type { JobRuns, Run, RunSummary, StartRun } from '../../src/aws/job-runs.js';
import { cancelTag, type RunState } from '../../src/model/run-states.js';

/** EMR Serverless in memory: each look at a run takes it one state further along what the test wrote down. */
export class MemoryRuns implements JobRuns {
  application: { id: string; name: string; state: string } | undefined = {
    id: 'app',
    name: 'roastery-local',
    state: 'STARTED',
  };
  readonly started: StartRun[] = [];
  readonly cancelled: string[] = [];
  readonly runs: Run[] = [];
  /** States that the next runs pass, a look each; the last one stays. */
  readonly plans: RunState[][] = [];
  private readonly ahead = new Map<string, RunState[]>();

  findApplication: JobRuns['findApplication'] = (name) =>
    Promise.resolve(this.application?.name === name ? this.application : undefined);

  limits: JobRuns['limits'] = () => Promise.resolve({ concurrentRuns: 4 });

  start: JobRuns['start'] = (_application, run) => {
    this.started.push(run);
    const id = `00run${String(this.started.length).padStart(11, '0')}`;
    this.ahead.set(id, [...(this.plans.shift() ?? ['SUCCESS'])]);
    this.add({
      ...{ id, name: run.name, tags: run.tags, streaming: run.streaming },
      ...(run.logging && { logUri: run.logging.uri }),
    });
    return Promise.resolve(id);
  };

  add(run: Partial<Run>): Run {
    const createdAt = run.createdAt ?? new Date('2026-01-06T06:00:00Z');
    const added: Run = {
      id: `00run${String(this.runs.length + 1).padStart(11, '0')}`,
      name: 'shops 2026-01-05',
      state: 'SUBMITTED',
      stateDetails: '',
      createdAt,
      updatedAt: createdAt,
      tags: {},
      streaming: false,
      attempt: 1,
      executionSeconds: 0,
      entryPoint: '',
      ...run,
    };
    this.runs.unshift(added);
    return added;
  }

  get: JobRuns['get'] = (_application, id) => {
    const index = this.runs.findIndex((run) => run.id === id);
    const run = this.runs[index];
    const state = this.ahead.get(id)?.shift();
    if (!run || state === undefined) return Promise.resolve(run);
    const billed = { vcpuHours: 0.5, memoryGbHours: 2, storageGbHours: 0 };
    this.runs[index] = {
      ...run,
      state,
      ...(state === 'RUNNING' && { startedAt: run.createdAt }),
      ...(state === 'SUCCESS' && { billed }),
    };
    return Promise.resolve(this.runs[index]);
  };

  async *list(_application: string, filter: Parameters<JobRuns['list']>[1] = {}): AsyncGenerator<RunSummary> {
    await Promise.resolve();
    for (const run of this.runs) {
      if (filter.after && run.createdAt < filter.after) continue;
      if (filter.states && !filter.states.includes(run.state)) continue;
      yield run;
    }
  }

  cancel: JobRuns['cancel'] = (_application, id) => {
    this.cancelled.push(id);
    const index = this.runs.findIndex((run) => run.id === id);
    const run = this.runs[index];
    if (run) this.runs[index] = { ...run, tags: { ...run.tags, [cancelTag]: 'yes' } };
    this.ahead.set(id, ['CANCELLING', 'CANCELLED']);
    return Promise.resolve();
  };
}
