import type { Aws } from '../aws/aws.js';
import { isAws } from '../aws/failures.js';
import { endStates, type RunState } from '../model/run-states.js';
import type { Environment } from '../model/environment.js';
import { DataplatError } from '../model/errors.js';
import { step, type Operation } from './events.js';
import { findRun } from './find-run.js';
import { rowOf } from './runs.js';
import { requireApplication } from './submit.js';
import { backoff, pause as reallyPause, type Pause } from './waiting.js';

export interface CancelOptions {
  /** Id of the run, or a beginning or end of it. */
  readonly run: string;
  readonly signal?: AbortSignal;
  readonly pause?: Pause;
}

export interface CancelResult {
  readonly runId: string;
  readonly job: string;
  readonly date?: string;
  readonly state: RunState;
}

/**
 * Cancels a run and waits until it has ended.
 * @throws DataplatError DP6002 for no such run, DP6003 for one that has ended, before or meanwhile
 */
export async function* cancelRun(
  environment: Environment,
  aws: Pick<Aws, 'runs'>,
  options: CancelOptions,
): Operation<CancelResult> {
  const application = await requireApplication(environment, aws.runs);
  const found = await findRun(environment, application, aws.runs, options.run);
  const { job, date } = rowOf(found, new Date());
  const hasEnded = (state: RunState): DataplatError =>
    new DataplatError('DP6003', `run ${found.id} of ${job} has ended already: ${state}`, {
      left: 'nothing was changed',
      next: [`dataplat runs --job ${job} --env ${environment.name}`],
      data: { runId: found.id, state },
    });
  if (endStates.includes(found.state)) throw hasEnded(found.state);
  const { pause = reallyPause } = options;
  const state = yield* step('cancel', `Cancel run ${found.id} of ${job}`, async function* () {
    try {
      await aws.runs.cancel(application.id, found.id);
    } catch (error) {
      // It may have ended between the look and the request.
      const now = isAws(error, 'ValidationException', 'ConflictException')
        ? await aws.runs.get(application.id, found.id)
        : undefined;
      if (now && endStates.includes(now.state)) throw hasEnded(now.state);
      throw error;
    }
    for (const wait of backoff()) {
      const run = await aws.runs.get(application.id, found.id);
      if (run?.state === 'CANCELLED') return run.state;
      if (run && endStates.includes(run.state)) throw hasEnded(run.state);
      yield { detail: run?.state ?? '' };
      await pause(wait, options.signal);
    }
    throw new Error('the waiting ended without an end of the run');
  });
  yield { type: 'result', result: { runId: found.id, job, ...(date !== undefined && { date }), state } };
}
