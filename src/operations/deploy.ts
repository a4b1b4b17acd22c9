import type { CostEstimate } from '../model/cost/estimate.js';
import { DataplatError } from '../model/errors.js';
import { applyStacks, refuseDataLoss, type AppliedStack } from './stacks/apply-stacks.js';
import { hasChanges, planStacks, type StackPlan } from './stacks/plan-stacks.js';
import { waitForLeftAtWork } from './stacks/left-at-work.js';
import { mustBeNamed, needsName, notNamed, requireName, type Naming } from './stacks/protection.js';
import { loadPlans } from './stacks/saved-plan.js';
import { stacksOf, type Stack } from './stacks/stacks.js';
import { stopForChange } from './stacks/stop-application.js';
import type { Adoption } from './adopt/adopt.js';
import { adoptionAfterCutOff, forgetCutOff } from './adopt/adoption.js';
import { refuseBrokenStates } from './state/broken-states.js';
import { underLock } from './stacks/under-lock.js';
import { refuseUnknownApplication } from './deploy/unknown-application.js';
import { keepingStates, keepUnwrittenStates, pushUnwrittenStates } from './stacks/unwritten-states.js';
import { uploadSamples } from './deploy/upload-samples.js';
import { costOf } from './cost.js';
import type { Finding } from './findings/finding.js';
import { besideTerraform, summaryOf, type StackSummary } from './diff.js';
import type { EnvironmentAccess } from './environment-access.js';
import type { Message, Operation } from './events.js';
import { releaseCurrent } from './deploy/release-current.js';
import { applyRegistration, planRegistration } from './register.js';
import { synthesizeStacks } from './synth.js';

export interface DeployOptions {
  readonly access: EnvironmentAccess;
  /** Asked before anything is applied, and told what that costs; once more, of a stack alone, where a plan grew. */
  readonly consent: (plans: readonly StackSummary[], cost?: CostEstimate) => Promise<boolean>;
  /** A plan that `diff --out` saved; applied instead of a new one. */
  readonly planFile?: string;
  /** The name of a protected environment, where the plan calls something out; asked for where somebody can answer. */
  readonly naming?: Naming;
  /** Agree to what destroys or replaces data. Default: refuse. */
  readonly allowDataLoss?: boolean;
  readonly signal?: AbortSignal;
}

export interface DeployResult {
  readonly environment: string;
  readonly changed: boolean;
  readonly stacks: readonly AppliedStack[];
  readonly release: { readonly id: string; readonly uploaded: boolean };
  /** Tables that were created or updated in the catalog beside what Terraform did. */
  readonly tables: number;
}

/** What a change of an environment does in its own way: a deploy, or a recovery of what states no longer know. */
export interface Course {
  /** What is typed for it. */
  readonly verb: 'deploy' | 'recover';
  readonly stacks: readonly Stack[];
  /** Sees to it that there are states to go on from. @returns what is to be said of that */
  readonly makeReady: () => Promise<readonly Message[]>;
  readonly adoption: () => Promise<Adoption>;
  readonly needsName: (findings: readonly Finding[]) => boolean;
  /** Told when it is agreed to, before anything changes. */
  readonly agreed?: () => void;
}

/**
 * The story of a deploy: synth, plan, findings, consent, apply, what Terraform cannot set, release,
 * samples where there are any, tables. Each part
 * finds out for itself that there is nothing to do, so that a second deploy changes nothing and a broken-off one goes on.
 * @throws DataplatError DP5003 somebody else is at it, DP5004 not agreed, DP5005 a protected environment not named, DP5006
 * data loss, DP5012 a state is lost, DP5001 terraform failed half-way
 */
export function deploy(options: DeployOptions): Operation<DeployResult> {
  const { access, signal } = options;
  return underLock(access, 'dataplat deploy', signal, (running) => {
    const stacks = stacksOf(access, running);
    return deployAlone(options, {
      verb: 'deploy',
      stacks,
      makeReady: async () => {
        await refuseBrokenStates(access, stacks);
        return [];
      },
      adoption: () => adoptionAfterCutOff(access),
      needsName: (findings) => needsName(access.platform.environment, findings),
    });
  });
}

/** The same without the lock, for who holds it. */
export async function* deployAlone(options: DeployOptions, course: Course): Operation<DeployResult> {
  const { access, naming = {} } = options;
  const { environment } = access.platform;
  const allowDataLoss = options.allowDataLoss ?? false;
  const again = `dataplat ${course.verb} --env ${environment.name}`;
  const { stacks } = course;
  yield* waitForLeftAtWork(stacks);
  yield* await course.makeReady();
  await keepUnwrittenStates(stacks);
  yield* synthesizeStacks({ ...access, mayDestroyData: allowDataLoss });
  yield* pushUnwrittenStates(stacks);
  const planning = {
    caller: access.caller,
    adoption: { ...(await course.adoption()), mayKeep: true },
  };
  const reading = besideTerraform(access);
  const plans =
    options.planFile === undefined
      ? yield* planStacks(stacks, planning)
      : await loadPlans(options.planFile, access, stacks, planning);
  const refuse = (asked: readonly StackPlan[]): void => {
    refuseDataLoss(asked, allowDataLoss, again, environment);
    const found = findingsOf(asked);
    // Where it is known already that nobody will type the name, that is said before anything is asked.
    if (course.needsName(found) && mustBeNamed(environment, naming))
      throw notNamed(environment, again, found);
  };
  refuse(plans);
  const beside = await reading;
  const replanned = plans.some((plan) => plan.state === 'later' || hasChanges(plan));
  const changed = replanned || beside.settings.length > 0;
  const consent = async (asked: readonly StackPlan[], cost?: CostEstimate): Promise<boolean> => {
    const summaries = asked.map((plan) => summaryOf(plan, beside.settings));
    if (!(await options.consent(summaries, cost))) return false;
    if (course.needsName(findingsOf(asked))) await requireName(environment, naming, again);
    return true;
  };
  if (changed && !(await consent(plans, await costOf(environment, plans)))) {
    throw new DataplatError('DP5004', 'nobody agreed to the plan', {
      left: 'nothing was changed',
      next: [`${again} --yes`],
    });
  }
  course.agreed?.();
  const applied = replanned
    ? yield* keepingStates(
        stacks,
        applyStacks(plans, {
          ...planning,
          refuse,
          consent,
          prepare: async function* (plan) {
            await refuseUnknownApplication(access, plan);
            yield* stopForChange(access, plan);
          },
        }),
      )
    : plans.map((plan) => ({ stack: plan.stack.name, changed: plan.counts }));
  // What Terraform has just made has settings that it does not know.
  const set = yield* (replanned ? await besideTerraform(access) : beside).apply();
  const release = yield* releaseCurrent(access);
  yield* uploadSamples(access);
  const registration = await planRegistration(access.platform, access.aws);
  yield* applyRegistration(registration, access.aws.catalog);
  // A plan that was saved may be older than what was cut off: the next deploy looks.
  if (options.planFile === undefined) await forgetCutOff(access, stacks);
  const tables = registration.stages.filter(({ action }) => action !== 'unchanged').length;
  yield {
    type: 'result',
    result: {
      environment: environment.name,
      changed: replanned || set || release.uploaded || tables > 0,
      stacks: applied,
      release,
      tables,
    },
  };
}

function findingsOf(plans: readonly StackPlan[]): Finding[] {
  return plans.flatMap(({ findings }) => findings);
}
