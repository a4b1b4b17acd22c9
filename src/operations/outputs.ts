import { DataplatError } from '../model/errors.js';
import type { EnvironmentAccess } from './environment-access.js';
import { stacksOf } from './stacks/stacks.js';
import { refuseBrokenStates } from './state/broken-states.js';
import { step, type Operation } from './events.js';
import { synthesizeStacks } from './synth.js';

export interface Output {
  readonly stack: string;
  readonly name: string;
  readonly value: unknown;
  readonly sensitive: boolean;
}

/** What the stacks tell of themselves. A sensitive value is left out. @throws DataplatError DP4004, DP5012 */
export async function* outputs(access: EnvironmentAccess): Operation<readonly Output[]> {
  const stacks = stacksOf(access);
  await refuseBrokenStates(access, stacks);
  yield* synthesizeStacks(access);
  const found = yield* step('outputs', 'Read the outputs', async () => {
    const read = stacks.map(async ({ kind, terraform }) => {
      await terraform.init();
      return Object.entries(await terraform.outputs()).map(([name, { value, sensitive }]) => ({
        stack: kind,
        name,
        value: sensitive ? undefined : value,
        sensitive,
      }));
    });
    return (await Promise.all(read)).flat();
  });
  if (found.length === 0) {
    const { name } = access.platform.environment;
    throw new DataplatError('DP4004', `${name} is not deployed`, { next: [`dataplat deploy --env ${name}`] });
  }
  yield { type: 'result', result: found };
}
