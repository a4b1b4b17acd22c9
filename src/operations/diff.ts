import type { EnvironmentAccess } from './environment-access.js';
import type { Operation } from './events.js';
import { planStacks, hasChanges, type Change, type Counts, type StackPlan } from './deploy/plan-stacks.js';
import { savePlans } from './deploy/saved-plan.js';
import { stacksOf } from './deploy/stacks.js';
import type { Finding } from './findings.js';
import { synthesizeStacks } from './synth.js';

export interface DiffOptions {
  readonly access: EnvironmentAccess;
  /** File to save the plan into. Default: not saved. */
  readonly out?: string;
  readonly signal?: AbortSignal;
}

export interface DiffResult {
  readonly environment: string;
  readonly changes: boolean;
  readonly stacks: readonly StackSummary[];
  readonly savedTo?: string;
}

export interface StackSummary {
  readonly name: string;
  /** `later`: cannot be planned before the stacks in front of it are applied. `provisional`: planned again after them. */
  readonly state: 'planned' | 'provisional' | 'later';
  readonly counts: Counts;
  readonly changes: readonly Change[];
  readonly findings: readonly Finding[];
}

/** What a deploy would change. */
export async function* diff({ access, out, signal }: DiffOptions): Operation<DiffResult> {
  yield* synthesizeStacks(access);
  const plans = yield* planStacks(stacksOf(access, signal), { caller: access.caller });
  const { environment } = access.platform;
  if (out !== undefined) await savePlans(out, environment, plans);
  yield {
    type: 'result',
    result: {
      environment: environment.name,
      changes: plans.some((plan) => plan.state === 'later' || hasChanges(plan)),
      stacks: plans.map(summaryOf),
      ...(out !== undefined && { savedTo: out }),
    },
  };
}

export function summaryOf({ stack, state, counts, changes, findings }: StackPlan): StackSummary {
  return { name: stack.name, state, counts, changes, findings };
}
