import type { AccountAccess, OpenOptions } from '../operations/account-access.js';
import type { EnvironmentAccess } from '../operations/environment-access.js';
import type { Operation, Steps } from '../operations/events.js';
import type { Invocation } from './invocation.js';

/** Opens the environment that is asked for, terraform included, and follows an operation on it. */
export async function withAccess<Result>(
  invocation: Invocation,
  operate: (access: EnvironmentAccess) => Operation<Result>,
): Promise<Result> {
  const { openEnvironment } = await import('../operations/environment-access.js');
  return invocation.ui.follow(await opened(invocation, openEnvironment, operate));
}

/** An operation on the environment's account, for what needs no terraform. */
export async function onAccount<Result>(
  invocation: Invocation,
  operate: (access: AccountAccess) => Operation<Result>,
): Promise<Operation<Result>> {
  const { openAccount } = await import('../operations/account-access.js');
  return opened(invocation, openAccount, operate);
}

/** For a short verb: with `--json` it prints one document, so what happens on the way is not told. */
export async function answerOf<Result>(
  invocation: Invocation,
  operate: (access: AccountAccess) => Operation<Result>,
): Promise<Result> {
  return answered(invocation, await onAccount(invocation, operate));
}

/** The same for one that needs terraform. */
export async function answerOfTerraform<Result>(
  invocation: Invocation,
  operate: (access: EnvironmentAccess) => Operation<Result>,
): Promise<Result> {
  const { openEnvironment } = await import('../operations/environment-access.js');
  return answered(invocation, await opened(invocation, openEnvironment, operate));
}

async function answered<Result>(invocation: Invocation, operation: Operation<Result>): Promise<Result> {
  if (!invocation.ui.json) return invocation.ui.follow(operation);
  for await (const event of operation) if (event.type === 'result') return event.result;
  throw new Error('the operation ended without a result');
}

async function opened<Access extends AccountAccess, Result>(
  invocation: Invocation,
  open: (options: OpenOptions) => Steps<Access>,
  operate: (access: Access) => Operation<Result>,
): Promise<Operation<Result>> {
  const { profile } = invocation;
  const platform = await invocation.platform();
  const projectDirectory = await invocation.projectDirectory();
  const { noticingLostEndpoint } = await import('../operations/account-access.js');
  return (async function* (): Operation<Result> {
    const access = yield* open({ platform, projectDirectory, ...(profile !== undefined && { profile }) });
    yield* noticingLostEndpoint(access, operate(access));
  })();
}
