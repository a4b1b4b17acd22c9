import { adoptionAfterCutOff } from './adopt/adoption.js';
import { deployAlone, type DeployOptions, type DeployResult } from './deploy.js';
import { summaryOf, type StackSummary } from './diff.js';
import type { EnvironmentAccess } from './environment-access.js';
import { info, warning, type Operation, type Steps } from './events.js';
import { hasChanges, planStacks } from './stacks/plan-stacks.js';
import { mustBeNamed, notNamed } from './stacks/protection.js';
import { stacksOf } from './stacks/stacks.js';
import { underLock } from './stacks/under-lock.js';
import { brokenStates, brokenText } from './state/broken-states.js';
import { putBack, setAside, type SetAside } from './state/set-aside.js';
import { stateRecords } from './state/state-records.js';

export type RecoverOptions = Omit<DeployOptions, 'planFile'>;

export interface RecoverResult extends DeployResult {
  /** Broken states, by the names under which they are kept. */
  readonly kept: readonly SetAside[];
  /** What a deploy would still change; empty where it has no changes. */
  readonly left: readonly StackSummary[];
}

/**
 * Makes states know again what exists: plans each stack so that what is there by a name of ours and carries our tags is
 * adopted, and applies that as a deploy does. A state that cannot be read is kept by another name, and put back where
 * nothing comes of it.
 * @throws DataplatError as `deploy`; in a protected environment DP5005 also where nothing is called out
 */
export async function* recover(options: RecoverOptions): Operation<RecoverResult> {
  const { access, signal, naming = {} } = options;
  const { environment } = access.platform;
  if (environment.protected && mustBeNamed(environment, naming))
    throw notNamed(environment, `dataplat recover --env ${environment.name}`);
  yield* underLock(access, 'dataplat recover', signal, async function* (running): Operation<RecoverResult> {
    // All are planned, also from a machine that has applied none of them.
    const stacks = stacksOf(access, running).map((stack) => ({ ...stack, applied: true }));
    const records = stateRecords(access);
    let kept: readonly SetAside[] = [];
    let begun = false;
    try {
      for await (const event of deployAlone(options, {
        verb: 'recover',
        stacks,
        makeReady: async () => {
          const broken = await brokenStates(access, stacksOf(access));
          kept = await setAside(records, broken);
          return [
            ...broken.map((state) => info(brokenText(state))),
            ...kept.map((one) => info(`kept as ${one.kept}`)),
          ];
        },
        adoption: async () => ({ ...(await adoptionAfterCutOff(access)), isWanted: () => true }),
        needsName: () => environment.protected,
        agreed: () => (begun = true),
      })) {
        if (event.type !== 'result') yield event;
        else
          yield { type: 'result', result: { ...event.result, kept, left: yield* leftToDo(access, stacks) } };
      }
    } finally {
      if (!begun) await putBack(records, kept);
    }
  });
}

/** What a deploy would still change, as it would plan now. */
async function* leftToDo(
  { caller }: EnvironmentAccess,
  stacks: ReturnType<typeof stacksOf>,
): Steps<StackSummary[]> {
  const left = (yield* planStacks(stacks, { caller })).filter(hasChanges);
  if (left.length > 0) yield warning('something is not yet as declared');
  return left.map((plan) => summaryOf(plan));
}
