import type { Environment } from '../../model/environment.js';
import { DataplatError } from '../../model/errors.js';
import { step, type Steps } from '../events.js';
import type { Finding } from '../findings/finding.js';
import { hasChanges, planStack, type Counts, type PlanOptions, type StackPlan } from './plan-stacks.js';

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
    const plan = early.state === 'planned' ? early : yield* planStack(stack, options);
    if (plan !== early && plan.findings.some((finding) => !agreed.has(keyOf(finding)))) {
      options.refuse([plan]);
      if (!(await options.consent([plan]))) {
        throw new DataplatError('DP5004', `the plan of ${stack.name} was not agreed to`, {
          left:
            applied.length > 0
              ? `applied already: ${applied.map((one) => one.stack).join(', ')}`
              : 'nothing was changed',
        });
      }
    }
    if (plan.plan && hasChanges(plan)) {
      const toApply = plan.plan;
      if (options.prepare) yield* options.prepare(plan);
      yield* withWhatIsLeft(
        step(`apply/${stack.kind}`, `${options.destroy ? 'Destroy' : 'Apply'} ${stack.name}`, () =>
          stack.terraform.apply(toApply),
        ),
        applied,
        stack.name,
      );
    }
    await (options.destroy ? stack.markDestroyed() : stack.markApplied());
    applied.push({ stack: stack.name, changed: plan.counts });
  }
  return applied;
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
    if (error.code !== 'DP5001') throw error;
    throw new DataplatError(error.code, error.message, {
      ...error.details,
      left: [
        ...(applied.length > 0 ? [`${applied.map((one) => one.stack).join(' and ')} done`] : []),
        `what ${stack} has made so far is in its state; the same command goes on from there`,
      ].join('; '),
      ...(madeBefore(error) && {
        next: [
          'what exists already was made by hand, or by a change that was killed before it could write its state:',
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
