import { DataplatError } from '../../model/errors.js';
import { snapshotKeys } from '../../model/snapshots/manifest.js';
import type { EnvironmentAccess } from '../environment-access.js';
import type { Operation, OperationEvent } from '../events.js';
import { whileChanging } from '../state/change-lock.js';
import { lifeOf, type Holder } from '../state/holder.js';
import { holderLines } from '../state/refusal.js';
import type { SnapshotStore } from './store.js';

/**
 * Does `work` while nobody else takes a snapshot of the environment. Whoever was killed while taking one has left
 * nothing that is in the way.
 * @throws DataplatError DP9005 while somebody does
 */
export async function* whileTaking<Result>(
  { environment, records }: SnapshotStore,
  { caller }: Pick<EnvironmentAccess, 'caller'>,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Operation<Result>,
): Operation<Result> {
  yield* whileChanging<OperationEvent<Result>>(
    {
      records,
      environment,
      name: snapshotKeys.lock(environment),
      refuse: (holder) => (holder && lifeOf(holder) === 'alive' ? taken(environment, holder) : undefined),
      caller,
      command: `dataplat dr snapshot --env ${environment}`,
      signal,
    },
    (held) => work(held.signal),
  );
}

function taken(environment: string, holder: Holder): DataplatError {
  return new DataplatError('DP9005', `a snapshot of ${environment} is being taken`, {
    excerpt: holderLines(holder, 'alive'),
    left: 'nothing was changed',
    next: ['the same command again, when that one has ended', `dataplat dr list --env ${environment}`],
  });
}
