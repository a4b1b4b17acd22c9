import type { AccountAccess } from '../operations/account-access.js';
import type { Operation } from '../operations/events.js';
import type { Invocation } from './invocation.js';

/** An operation behind the opening of the environment's account, or the start of its local endpoint. */
export async function onAccount<Result>(
  invocation: Invocation,
  operate: (access: AccountAccess) => Operation<Result>,
): Promise<Operation<Result>> {
  const platform = await invocation.platform();
  const projectDirectory = await invocation.projectDirectory();
  const { openAccount } = await import('../operations/account-access.js');
  return (async function* (): Operation<Result> {
    const profile = invocation.profile;
    const access = yield* openAccount({
      platform,
      projectDirectory,
      ...(profile !== undefined && { profile }),
    });
    yield* operate(access);
  })();
}

/** For a short verb: with `--json` it prints one document, so what happens on the way is not told. */
export async function answerOf<Result>(
  invocation: Invocation,
  operate: (access: AccountAccess) => Operation<Result>,
): Promise<Result> {
  const operation = await onAccount(invocation, operate);
  if (!invocation.ui.json) return invocation.ui.follow(operation);
  for await (const event of operation) if (event.type === 'result') return event.result;
  throw new Error('the operation ended without a result');
}
