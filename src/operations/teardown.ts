import { DataplatError } from '../model/errors.js';
import { emptyBuckets } from './teardown/empty-buckets.js';
import { hasChanges, planStack, type StackPlan } from './stacks/plan-stacks.js';
import { applyStacks } from './stacks/apply-stacks.js';
import { waitForLeftAtWork } from './stacks/left-at-work.js';
import { mustBeNamed, notNamed, requireName, type Naming } from './stacks/protection.js';
import { stacksOf, type RunningTerraform, type Stack } from './stacks/stacks.js';
import { warnOfCutOff } from './adopt/adoption.js';
import { stopForChange } from './stacks/stop-application.js';
import { refuseBrokenStates } from './state/broken-states.js';
import { underLock } from './stacks/under-lock.js';
import { keepingStates, keepUnwrittenStates, pushUnwrittenStates } from './stacks/unwritten-states.js';
import { summaryOf, type StackSummary } from './diff.js';
import type { EnvironmentAccess } from './environment-access.js';
import type { Operation } from './events.js';
import { leftovers, type Leftover } from './leftovers.js';
import { synthesizeStacks } from './synth.js';

export interface TeardownOptions {
  readonly access: EnvironmentAccess;
  readonly consent: (plans: readonly StackSummary[]) => Promise<boolean>;
  /** Destroy the data stack too: buckets with all versions of all objects, catalog, keys. Default: it stays. */
  readonly includeData?: boolean;
  /** The environment's name, where that is protected. */
  readonly naming?: Naming;
  readonly signal?: AbortSignal;
}

export interface TeardownResult {
  readonly environment: string;
  readonly destroyed: number;
  /** What still exists; empty means nothing does. */
  readonly left: readonly Leftover[];
}

/**
 * Takes an environment down in reverse order: observability, platform (grants before roles), and with `includeData` the
 * data. Says at the end what is left.
 * @throws DataplatError DP5005 where a protected environment is not named, DP5004 where nobody agreed
 */
export async function* teardown(options: TeardownOptions): Operation<TeardownResult> {
  const { access, signal, naming = {} } = options;
  const { environment } = access.platform;
  if (environment.protected && mustBeNamed(environment, naming)) {
    throw notNamed(environment, `dataplat teardown --env ${environment.name}`);
  }
  yield* underLock(access, 'dataplat teardown', signal, (running) => tearDownAlone(options, running));
}

async function* tearDownAlone(
  options: TeardownOptions,
  running: RunningTerraform,
): Operation<TeardownResult> {
  const { access, naming = {} } = options;
  const { environment } = access.platform;
  const all = stacksOf(access, running);
  yield* waitForLeftAtWork(all);
  await refuseBrokenStates(access, all);
  await keepUnwrittenStates(all);
  yield* synthesizeStacks({ ...access, mayDestroyData: options.includeData ?? false });
  yield* pushUnwrittenStates(all);
  yield* warnOfCutOff(access, all);
  const stacks = [...all].reverse().filter((stack) => options.includeData || stack.kind !== 'data');
  const plans: StackPlan[] = [];
  for (const stack of stacks) plans.push(yield* planStack(stack, { destroy: true }));
  if (plans.some(hasChanges) && !(await options.consent(plans.map((plan) => summaryOf(plan))))) {
    throw new DataplatError('DP5004', 'nobody agreed to the teardown', {
      left: 'nothing was changed',
      next: [`dataplat teardown --env ${environment.name} --yes`],
    });
  }
  if (environment.protected && plans.some(hasChanges)) {
    await requireName(environment, naming, `dataplat teardown --env ${environment.name}`);
  }
  const applied = yield* keepingStates(
    all,
    applyStacks(plans, {
      destroy: true,
      refuse: () => undefined,
      consent: () => Promise.resolve(true),
      prepare: async function* (plan) {
        yield* stopForChange(access, plan);
        if (isData(plan.stack)) yield* emptyBuckets(access);
      },
    }),
  );
  const destroyed = applied.reduce((sum, { changed }) => sum + changed.destroy, 0);
  yield {
    type: 'result',
    result: { environment: environment.name, destroyed, left: await leftovers(access) },
  };
}

function isData(stack: Stack): boolean {
  return stack.kind === 'data';
}
