import { DataplatError } from '../../model/errors.js';
import type { EnvironmentAccess } from '../environment-access.js';
import type { OperationEvent, Operation } from '../events.js';
import { whileChanging, type HeldLock } from '../state/change-lock.js';
import { parseHolder } from '../state/holder.js';
import { refusal } from '../state/refusal.js';
import { recordNames, stateRecords } from '../state/state-records.js';
import type { RunningTerraform } from './stacks.js';

/** A colleague's `diff` locks a stack's state for a moment; a change waits for it. */
const lockTimeoutSeconds = 60;

/** Changes an environment while nobody else does. `work` is handed how to run terraform meanwhile. */
export async function* underLock<Result>(
  access: EnvironmentAccess,
  command: string,
  signal: AbortSignal | undefined,
  work: (running: RunningTerraform) => Operation<Result>,
): Operation<Result> {
  const environment = access.platform.environment.name;
  yield* withNextSteps(
    access,
    whileChanging<OperationEvent<Result>>(
      {
        records: stateRecords(access),
        environment,
        caller: access.caller,
        command: `${command} --env ${environment}`,
        signal,
      },
      ({ signal: ending, terraformStarted }: HeldLock) =>
        work({ signal: ending, started: terraformStarted, lockTimeoutSeconds }),
    ),
  );
}

/**
 * Follows an operation that reads or changes states; says of a lock whose it is, and of a bucket that is missing how it
 * is made.
 */
export async function* withNextSteps<Result>(
  access: EnvironmentAccess,
  operation: Operation<Result>,
): Operation<Result> {
  try {
    yield* operation;
  } catch (error) {
    if (!(error instanceof DataplatError) || error.details.next) throw error;
    const environment = access.platform.environment.name;
    if (error.code === 'DP5008') {
      throw again(error, [`dataplat bootstrap --env ${environment}`, 'and then the same command again']);
    }
    if (error.code === 'DP5006') {
      const allow = '--allow-data-loss';
      throw again(error, [
        `dataplat diff --env ${environment} ${allow}, which shows what would go`,
        `dataplat deploy --env ${environment} ${allow} --confirm ${environment}`,
      ]);
    }
    if (error.code === 'DP5007') throw again(error, [`dataplat diff --env ${environment} --out <file>`]);
    if (error.code !== 'DP5003') throw error;
    const held = await stateRecords(access).read(recordNames.lock(environment));
    // Terraform says `user@host` only; where a change of ours is behind it, more is known.
    if (held) throw refusal(environment, parseHolder(held.text));
    throw again(error, [`dataplat unlock --env ${environment}`]);
  }
}

function again(error: DataplatError, next: readonly string[]): DataplatError {
  return new DataplatError(error.code, error.message, { ...error.details, next, cause: error });
}
