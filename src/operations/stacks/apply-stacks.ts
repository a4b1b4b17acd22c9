import type { Environment } from '../../model/environment.js';
import { DataplatError } from '../../model/errors.js';
import { step, type Steps } from '../events.js';
import type { Finding } from '../findings/finding.js';
import {
  adoptionsIn,
  hasChanges,
  planStack,
  type Counts,
  type PlanOptions,
  type StackPlan,
} from './plan-stacks.js';

export interface ApplyOptions extends PlanOptions {
  /** Refuses what may not be applied. */
  readonly refuse: (plans: readonly StackPlan[]) => void;
  /** Asked once more where a stack that is planned late brings findings that nobody has agreed to. */
  readonly consent: (plans: readonly StackPlan[]) => Promise<boolean>;
  /** Done right before a stack with findings is applied, for example stopping what must be stopped. */
  readonly prepare?: (plan: StackPlan) => Steps<void>;
}

export interface AppliedStack {
  readonly stack: string;
  readonly changed: Counts;
  /** How many resources existed already and came into the state; left out where none did. */
  readonly adopted?: number;
}

/** Refuses a plan that destroys or replaces what holds data. @throws DataplatError DP5006 */
export function refuseDataLoss(
  plans: readonly StackPlan[],
  allowed: boolean,
  again: string,
  environment: Pick<Environment, 'name' | 'protected'>,
): void {
  const losses = plans.flatMap((plan) => plan.findings).filter((finding) => finding.kind === 'data-loss');
  if (losses.length === 0 || allowed) return;
  throw new DataplatError('DP5006', 'the plan destroys or replaces what holds data', {
    excerpt: losses.map((loss) => `${loss.address}: ${loss.text}`),
    left: 'nothing was changed',
    next: [`${again} --allow-data-loss${environment.protected ? ` --confirm ${environment.name}` : ''}`],
    data: { findings: losses },
  });
}

/** Applies the plans in order; what could not be planned before, or only provisionally, is planned when its turn comes. */
export async function* applyStacks(
  plans: readonly StackPlan[],
  options: ApplyOptions,
): Steps<AppliedStack[]> {
  const agreed = new Set(plans.flatMap((plan) => plan.findings.map(keyOf)));
  const applied: AppliedStack[] = [];
  for (const early of plans) {
    const { stack } = early;
    const agree = async (plan: StackPlan): Promise<void> => {
      if (plan.findings.every((finding) => agreed.has(keyOf(finding)))) return;
      options.refuse([plan]);
      if (!(await options.consent([plan]))) {
        throw new DataplatError('DP5004', `the plan of ${stack.name} was not agreed to`, {
          left:
            applied.length > 0
              ? `applied already: ${applied.map((one) => one.stack).join(', ')}`
              : 'nothing was changed',
        });
      }
    };
    const plan = early.state === 'planned' ? early : yield* planStack(stack, options);
    if (plan !== early) await agree(plan);
    const done = yield* withWhatIsLeft(applyOrAdopt(plan, options, agree), applied, stack.name);
    await (options.destroy ? stack.markDestroyed() : stack.markApplied());
    const adopted = adoptionsIn(done);
    applied.push({ stack: stack.name, changed: plan.counts, ...(adopted > 0 && { adopted }) });
  }
  return applied;
}

/**
 * Applies a plan. Where AWS has already what it makes, that is looked for and adopted, once, and what is left is applied
 * behind it. @returns the plan that was applied at last
 */
async function* applyOrAdopt(
  plan: StackPlan,
  options: ApplyOptions,
  agree: (plan: StackPlan) => Promise<void>,
): Steps<StackPlan> {
  try {
    yield* applyPlan(plan, options);
    return plan;
  } catch (error) {
    const { adoption } = options;
    if (!adoption || !(error instanceof DataplatError) || !madeBefore(error)) throw error;
    const again = yield* planStack(plan.stack, {
      ...options,
      adoption: { ...adoption, isWanted: () => true },
    });
    if (adoptionsIn(again) === 0) throw error;
    await agree(again);
    yield* applyPlan(again, options);
    return again;
  }
}

async function* applyPlan(plan: StackPlan, options: ApplyOptions): Steps<void> {
  const { stack, plan: toApply } = plan;
  if (!toApply || !hasChanges(plan)) return;
  if (options.prepare) yield* options.prepare(plan);
  yield* step(`apply/${stack.kind}`, `${options.destroy ? 'Destroy' : 'Apply'} ${stack.name}`, () =>
    stack.terraform.apply(toApply),
  );
}

/** A failure half-way says what stands, and that going on is safe. */
async function* withWhatIsLeft<Made>(
  work: Steps<Made>,
  applied: readonly AppliedStack[],
  stack: string,
): Steps<Made> {
  try {
    return yield* work;
  } catch (error) {
    if (!(error instanceof DataplatError)) throw error;
    if (error.code === 'DP5007' && applied.length > 0) {
      const done = applied.map((one) => one.stack).join(' and ');
      throw new DataplatError(error.code, error.message, {
        ...error.details,
        left: `${done} done; ${stack} as it was`,
        cause: error,
      });
    }
    if (error.code !== 'DP5001' && error.code !== 'DP5011') throw error;
    throw new DataplatError(error.code, error.message, {
      ...error.details,
      left: [
        ...(error.code === 'DP5011' ? ['what has the name, as it was'] : []),
        ...(applied.length > 0 ? [`${applied.map((one) => one.stack).join(' and ')} done`] : []),
        `what ${stack} has made so far is in its state; the same command goes on from there`,
      ].join('; '),
      ...(madeBefore(error) && {
        next: [
          'what exists already is of a kind that is not adopted (docs/WHEN_A_DEPLOY_IS_CUT_OFF.md):',
          `remove it, or let Terraform know it: terraform -chdir=cdktf.out/stacks/${stack} import <address> <id>`,
        ],
      }),
      cause: error,
    });
  }
}

/** Whether AWS refused since there is one of that name. */
function madeBefore({ details }: DataplatError): boolean {
  return /Already(Exists|OwnedByYou)|already exists|ResourceConflict/.test(
    (details.excerpt ?? []).join('\n'),
  );
}

function keyOf(finding: Finding): string {
  return `${finding.kind} ${finding.address}`;
}
