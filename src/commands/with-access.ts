import type { EnvironmentAccess } from '../operations/environment-access.js';
import type { Operation } from '../operations/events.js';
import type { Invocation } from './invocation.js';

/** Opens the environment that is asked for (its account, or the local endpoint) and follows an operation on it. */
export async function withAccess<Result>(
  invocation: Invocation,
  operate: (access: EnvironmentAccess) => Operation<Result>,
): Promise<Result> {
  const { openEnvironment } = await import('../operations/environment-access.js');
  const platform = await invocation.platform();
  const projectDirectory = await invocation.projectDirectory();
  return invocation.ui.follow(
    (async function* (): Operation<Result> {
      const access = yield* openEnvironment({
        platform,
        projectDirectory,
        ...(invocation.profile !== undefined && { profile: invocation.profile }),
      });
      yield* operate(access);
    })(),
  );
}
