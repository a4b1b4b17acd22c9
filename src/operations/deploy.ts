import type { CostEstimate } from '../model/cost/estimate.js';
import { DataplatError } from '../model/errors.js';
import { applyStacks, refuseDataLoss, type AppliedStack } from './deploy/apply-stacks.js';
import { hasChanges, planStacks, type StackPlan } from './deploy/plan-stacks.js';
import { loadPlans } from './deploy/saved-plan.js';
import { stacksOf } from './deploy/stacks.js';
import { stopForChange } from './deploy/stop-application.js';
import { uploadSamples } from './deploy/upload-samples.js';
import { costOf } from './cost.js';
import { besideTerraform, summaryOf, type StackSummary } from './diff.js';
import type { EnvironmentAccess } from './environment-access.js';
import type { Operation } from './events.js';
import { releaseCurrent } from './deploy/release-current.js';
import { applyRegistration, planRegistration } from './register.js';
import { synthesizeStacks } from './synth.js';

export interface DeployOptions {
  readonly access: EnvironmentAccess;
  /** Asked before anything is applied, and told what that costs; once more, of a stack alone, where a plan grew. */
  readonly consent: (plans: readonly StackSummary[], cost?: CostEstimate) => Promise<boolean>;
  /** A plan that `diff --out` saved; applied instead of a new one. */
  readonly planFile?: string;
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

/**
 * The story of a deploy: synth, plan, findings, consent, apply, what Terraform cannot set, release,
 * samples where there are any, tables. Each part
 * finds out for itself that there is nothing to do, so that a second deploy changes nothing and a broken-off one goes on.
 * @throws DataplatError DP5004 not agreed, DP5006 data loss, DP5001 terraform failed half-way
 */
export async function* deploy(options: DeployOptions): Operation<DeployResult> {
  const { access, signal } = options;
  const { environment } = access.platform;
  const allowDataLoss = options.allowDataLoss ?? false;
  yield* synthesizeStacks(access);
  const stacks = stacksOf(access, signal);
  const planning = { caller: access.caller };
  const reading = besideTerraform(access);
  const plans =
    options.planFile === undefined
      ? yield* planStacks(stacks, planning)
      : await loadPlans(options.planFile, environment, stacks);
  refuseDataLoss(plans, allowDataLoss, `dataplat deploy --env ${environment.name}`);
  const beside = await reading;
  const replanned = plans.some((plan) => plan.state === 'later' || hasChanges(plan));
  const changed = replanned || beside.settings.length > 0;
  const consent = (asked: readonly StackPlan[], cost?: CostEstimate): Promise<boolean> =>
    options.consent(
      asked.map((plan) => summaryOf(plan, beside.settings)),
      cost,
    );
  if (changed && !(await consent(plans, await costOf(environment, plans)))) {
    throw new DataplatError('DP5004', 'nobody agreed to the plan', {
      left: 'nothing was changed',
      next: [`dataplat deploy --env ${environment.name} --yes`],
    });
  }
  const applied = replanned
    ? yield* applyStacks(plans, {
        ...planning,
        allowDataLoss,
        consent,
        prepare: (plan) => stopForChange(access, plan),
      })
    : plans.map((plan) => ({ stack: plan.stack.name, changed: plan.counts }));
  // What Terraform has just made has settings that it does not know.
  const set = yield* (replanned ? await besideTerraform(access) : beside).apply();
  const release = yield* releaseCurrent(access);
  yield* uploadSamples(access);
  const registration = await planRegistration(access.platform, access.aws);
  yield* applyRegistration(registration, access.aws.catalog);
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
