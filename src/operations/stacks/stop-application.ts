import { setTimeout as sleep } from 'node:timers/promises';
import type { Application } from '../../aws/job-runs.js';
import { DataplatError } from '../../model/errors.js';
import { names } from '../../model/names.js';
import type { EnvironmentAccess } from '../environment-access.js';
import { step, type Steps } from '../events.js';
import type { StackPlan } from './plan-stacks.js';

const stopSeconds = 120;

/**
 * EMR Serverless takes changes of an application, and its end, only while it is stopped. Stops it where the plan changes
 * it; runs that are still active are cancelled first where it is to be destroyed, else they are a reason to refuse.
 * @throws DataplatError DP6003 where runs are active and the application stays
 */
export async function* stopForChange(access: EnvironmentAccess, plan: StackPlan): Steps<void> {
  const change = plan.changes.find(
    ({ address, action }) => address.startsWith('aws_emrserverless_application.') && action !== 'add',
  );
  const name = names.application(access.platform.environment);
  const application = change && (await access.aws.runs.findApplication(name));
  if (!change || !application || ['CREATED', 'STOPPED'].includes(application.state)) return;
  const active = await activeRuns(access, application.id);
  if (active.length > 0 && change.action === 'change') {
    throw new DataplatError(
      'DP6005',
      `the EMR application must be stopped, and ${active.length} runs are active: ${active.join(', ')}`,
      {
        left: 'nothing of this stack was changed',
        next: ['wait for them: dataplat status', ...active.map((run) => `dataplat cancel ${run}`)],
      },
    );
  }
  yield* stopApplication(access, application, active);
}

/** The runs of an application that have not ended. */
export async function activeRuns(access: EnvironmentAccess, applicationId: string): Promise<string[]> {
  const active: string[] = [];
  for await (const run of access.aws.runs.list(applicationId, {
    states: ['SUBMITTED', 'QUEUED', 'PENDING', 'SCHEDULED', 'RUNNING', 'CANCELLING'],
  })) {
    active.push(run.id);
  }
  return active;
}

/** Stops an application, after cancelling these runs. @throws DataplatError DP4003 where it does not stop */
export async function* stopApplication(
  access: EnvironmentAccess,
  application: Application,
  active: readonly string[],
): Steps<void> {
  const { name } = application;
  yield* step('application', `Stop the EMR application ${name}`, async function* () {
    for (const run of active) {
      yield { detail: `cancel ${run}` };
      await access.aws.runs.cancel(application.id, run);
    }
    const emr = await access.aws.clients.emrServerless();
    const begun = performance.now();
    for (let asked = false; ; await sleep(500)) {
      const state = (await access.aws.runs.findApplication(name))?.state ?? 'STOPPED';
      if (['CREATED', 'STOPPED', 'TERMINATED'].includes(state)) return;
      if (performance.now() - begun > stopSeconds * 1000) {
        throw new DataplatError(
          'DP4003',
          `the EMR application ${name} did not stop within ${stopSeconds} s; it is ${state}`,
        );
      }
      if (!asked && state === 'STARTED') {
        asked = await emr.stopApplication({ applicationId: application.id }).then(
          () => true,
          // Refused while a cancelled run is still ending: asked again.
          () => false,
        );
      }
      yield { detail: state };
    }
  });
}
