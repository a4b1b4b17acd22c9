import type { CostEstimate } from '../model/cost/estimate.js';
import { costOf } from './cost.js';
import type { EnvironmentAccess } from './environment-access.js';
import type { Operation } from './events.js';
import { planBesideTerraform } from './stacks/beside-terraform.js';
import { waitForLeftAtWork } from './stacks/left-at-work.js';
import { planStacks, hasChanges, type Change, type Counts, type StackPlan } from './stacks/plan-stacks.js';
import { savePlans } from './stacks/saved-plan.js';
import type { Setting } from './stacks/settings-plan.js';
import { adoptionAfterCutOff } from './adopt/adoption.js';
import { warnOfChange } from './state/being-changed.js';
import { refuseBrokenStates } from './state/broken-states.js';
import { stacksOf } from './stacks/stacks.js';
import { withNextSteps } from './stacks/under-lock.js';
import { warnOfUnwrittenStates } from './stacks/unwritten-states.js';
import type { Finding } from './findings/finding.js';
import { synthesizeStacks } from './synth.js';

export interface DiffOptions {
  readonly access: EnvironmentAccess;
  /** File to save the plan into. Default: not saved. */
  readonly out?: string;
  /** Plan as `deploy --allow-data-loss` does: what is guarded in a protected environment may be destroyed. */
  readonly allowDataLoss?: boolean;
  readonly signal?: AbortSignal;
}

export interface DiffResult {
  readonly environment: string;
  readonly changes: boolean;
  readonly stacks: readonly StackSummary[];
  readonly cost: CostEstimate;
  readonly savedTo?: string;
}

export interface StackSummary {
  readonly name: string;
  /** `later`: cannot be planned before the stacks in front of it are applied. `provisional`: planned again after them. */
  readonly state: 'planned' | 'provisional' | 'later';
  readonly counts: Counts;
  readonly changes: readonly Change[];
  readonly findings: readonly Finding[];
  /** What changes besides Terraform's plan; left out where nothing does. */
  readonly settings?: readonly Setting[];
}

/** What a deploy would change. */
export function diff(options: DiffOptions): Operation<DiffResult> {
  return withNextSteps(options.access, planned(options));
}

async function* planned({ access, out, allowDataLoss, signal }: DiffOptions): Operation<DiffResult> {
  const stacks = stacksOf(access, { ...(signal && { signal }), withoutLock: true });
  yield* waitForLeftAtWork(stacks);
  yield* warnOfChange(access);
  await refuseBrokenStates(access, stacks);
  yield* warnOfUnwrittenStates(stacks);
  yield* synthesizeStacks({ ...access, mayDestroyData: allowDataLoss ?? false });
  const reading = besideTerraform(access);
  const plans = yield* planStacks(stacks, {
    caller: access.caller,
    adoption: await adoptionAfterCutOff(access),
  });
  const { settings } = await reading;
  const { environment } = access.platform;
  if (out !== undefined) await savePlans(out, access, plans);
  yield {
    type: 'result',
    result: {
      environment: environment.name,
      changes: settings.length > 0 || plans.some((plan) => plan.state === 'later' || hasChanges(plan)),
      stacks: plans.map((plan) => summaryOf(plan, settings)),
      cost: await costOf(environment, plans),
      ...(out !== undefined && { savedTo: out }),
    },
  };
}

/** Begins to look at what Terraform does not see, so that it is known by the time the plan is. */
export function besideTerraform(access: EnvironmentAccess): ReturnType<typeof planBesideTerraform> {
  const reading = planBesideTerraform(access);
  // Awaited behind the plan; where that fails, this failure is of no interest.
  reading.catch(() => undefined);
  return reading;
}

export function summaryOf(
  { stack, state, counts, changes, findings }: StackPlan,
  settings: readonly Setting[] = [],
): StackSummary {
  const ofThis = settings.filter((setting) => setting.stack === stack.kind);
  return {
    name: stack.name,
    state,
    counts,
    changes,
    findings,
    ...(ofThis.length > 0 && { settings: ofThis }),
  };
}
