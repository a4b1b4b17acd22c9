import type { PricedResource } from '../../model/cost/resources.js';
import type { PlanDocument } from '../../terraform/plan-file.js';
import type { Import, Plan } from '../../terraform/terraform.js';
import { keepingInterrupted } from '../adopt/keep.js';
import { adopting, type Adoption, type Planned } from '../adopt/adopt.js';
import { together, step, type Steps } from '../events.js';
import { findingsOf } from '../findings.js';
import type { Finding } from '../findings/finding.js';
import type { Stack } from './stacks.js';

export interface Counts {
  readonly add: number;
  readonly change: number;
  readonly replace: number;
  readonly destroy: number;
}

export interface Change {
  readonly address: string;
  readonly action: 'add' | 'change' | 'replace' | 'destroy';
}

/**
 * What would become of one stack. It is `later` where it cannot be planned before the stacks in front of it are
 * applied, and `provisional` where those change too, so that it is planned once more after them.
 */
export interface StackPlan {
  readonly stack: Stack;
  readonly state: 'planned' | 'provisional' | 'later';
  readonly plan?: Plan;
  readonly counts: Counts;
  readonly changes: readonly Change[];
  readonly findings: readonly Finding[];
  /** What it changes, replaces or destroys, as it is now; absent where that was not looked at. */
  readonly before?: readonly PricedResource[];
}

const nothing: Counts = { add: 0, change: 0, replace: 0, destroy: 0 };

export interface PlanOptions {
  /** Who runs Terraform: an ARN. */
  readonly caller?: string;
  readonly destroy?: boolean;
  /** Takes over what exists although no state knows it. Default: nothing is looked for. */
  readonly adoption?: Adoption;
}

/** Plans one stack. */
export async function* planStack(stack: Stack, options: PlanOptions = {}): Steps<StackPlan> {
  const planned = async function* (imports: readonly Import[]): Steps<Planned> {
    const plan = yield* step(`plan/${stack.kind}`, `Plan ${stack.name}`, async function* () {
      await stack.terraform.init();
      return yield* stack.terraform.plan({ imports, ...(options.destroy && { destroy: true }) });
    });
    // A plan's whole text costs a start of the provider, so it is read only where there is something to find.
    return { plan, document: plan.changes.length > 0 ? await stack.terraform.show(plan) : {} };
  };
  const { adoption } = options;
  let made = yield* planned([]);
  if (adoption?.mayKeep && !options.destroy && (yield* keepingInterrupted(stack, made.document)))
    made = yield* planned([]);
  if (adoption && !options.destroy && adoption.isWanted(stack))
    made = yield* adopting(stack, made, adoption.place(stack), planned);
  return stackPlan(stack, made.plan, made.document, options.caller);
}

/** What a plan's text says of a stack: its changes, and what is worth stopping for. */
export function stackPlan(stack: Stack, plan: Plan, document: PlanDocument, caller?: string): StackPlan {
  const resources = document.resource_changes ?? [];
  // Terraform tells them in the order in which it found them out.
  const changes = resources
    .flatMap(({ mode, address, change: { actions } }): Change[] => {
      if (mode !== 'managed') return [];
      if (actions.includes('delete'))
        return [{ address, action: actions.includes('create') ? 'replace' : 'destroy' }];
      if (actions.includes('create')) return [{ address, action: 'add' }];
      return actions.includes('update') ? [{ address, action: 'change' }] : [];
    })
    .sort((a, b) => (a.address < b.address ? -1 : 1));
  const counts = { ...nothing };
  for (const { action } of changes) counts[action] += 1;
  const before = resources.flatMap(({ address, type, mode, change }) =>
    mode === 'managed' && change.before && !change.actions.includes('no-op')
      ? [{ address, type, values: change.before }]
      : [],
  );
  return { stack, state: 'planned', plan, counts, changes, findings: findingsOf(resources, caller), before };
}

/**
 * Plans all stacks. Where each was applied before they are planned side by side, which is what makes a deploy without
 * changes fast; else one behind the other, as far as it goes.
 */
export async function* planStacks(stacks: readonly Stack[], options: PlanOptions = {}): Steps<StackPlan[]> {
  if (stacks.every((stack) => stack.applied)) {
    const plans = yield* together(stacks.map((stack) => attempt(stack, options)));
    let before = false;
    return plans.map((made, index) => {
      if ('error' in made) {
        if (!before) throw made.error;
        return later(stacks[index] as Stack);
      }
      const plan = before ? { ...made, state: 'provisional' as const } : made;
      before ||= hasChanges(made);
      return plan;
    });
  }
  const plans: StackPlan[] = [];
  for (const stack of stacks) {
    plans.push(
      plans.some((plan) => plan.state === 'later' || hasChanges(plan))
        ? later(stack)
        : yield* planStack(stack, options),
    );
  }
  return plans;
}

async function* attempt(stack: Stack, options: PlanOptions): Steps<StackPlan | { error: unknown }> {
  try {
    return yield* planStack(stack, options);
  } catch (error) {
    return { error };
  }
}

/** One that cannot be planned yet. */
export function later(stack: Stack): StackPlan {
  return { stack, state: 'later', counts: nothing, changes: [], findings: [] };
}

/** How much it brings into the state that exists already. */
export function adoptionsIn({ findings }: Pick<StackPlan, 'findings'>): number {
  return findings.filter(({ kind }) => kind === 'adoption').length;
}

export function hasChanges(plan: StackPlan): boolean {
  return plan.changes.length > 0 || plan.plan?.outputsChange === true || adoptionsIn(plan) > 0;
}
