import { DataplatError } from '../model/errors.js';
import type { Environment } from '../model/environment.js';
import type { Invocation } from './invocation.js';
import { onAccount } from './with-access.js';

/**
 * Waits for a run of the environment's application. Whoever interrupts that is asked whether the run is to be cancelled too.
 * @returns 130 where it was
 */
export async function orCancel(
  invocation: Invocation,
  environment: Environment,
  waiting: () => Promise<number>,
): Promise<number> {
  const { ui } = invocation;
  try {
    return await waiting();
  } catch (error) {
    const runId =
      error instanceof DataplatError && error.code === 'DP1008' ? error.details.data?.['runId'] : undefined;
    if (typeof runId !== 'string' || !(await ui.confirm(`Cancel run ${runId} too?`))) throw error;
    const { cancelRun } = await import('../operations/cancel.js');
    await ui.follow(await onAccount(invocation, ({ aws }) => cancelRun(environment, aws, { run: runId })));
    return 130;
  }
}
