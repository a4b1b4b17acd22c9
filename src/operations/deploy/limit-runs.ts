import type { EMRServerless } from '@aws-sdk/client-emr-serverless';
import type { Environment } from '../../model/environment.js';
import { names } from '../../model/names.js';
import { step, warning, type Steps } from '../events.js';

export interface LimitRunsRequest {
  readonly environment: Environment;
  readonly applicationId: string;
  readonly emr: () => Promise<Pick<EMRServerless, 'getApplication' | 'updateApplication'>>;
}

/**
 * Sets how many runs the application takes at once and how long one may queue: Terraform's AWS provider does not know
 * these settings before version 6. Does nothing where they are as declared already.
 * @returns whether anything was changed
 */
export async function* limitRuns({ environment, applicationId, emr }: LimitRunsRequest): Steps<boolean> {
  const declared = {
    maxConcurrentRuns: environment.emr.maximumConcurrentRuns,
    queueTimeoutMinutes: environment.emr.queueTimeoutMinutes,
  };
  const client = await emr();
  const { application } = await client.getApplication({ applicationId });
  const { maxConcurrentRuns, queueTimeoutMinutes } = application?.schedulerConfiguration ?? {};
  if (
    maxConcurrentRuns === declared.maxConcurrentRuns &&
    queueTimeoutMinutes === declared.queueTimeoutMinutes
  ) {
    return false;
  }
  const name = names.application(environment);
  if (!['CREATED', 'STOPPED'].includes(application?.state ?? '')) {
    // EMR Serverless changes an application at rest only; runs that are under way are worth more than this limit.
    yield warning(
      `the EMR application ${name} is ${application?.state ?? 'gone'}: its limit of ${declared.maxConcurrentRuns} runs at once is set by the next deploy that finds it stopped`,
    );
    return false;
  }
  yield* step('limit-runs', `Limit the runs of ${name} at once to ${declared.maxConcurrentRuns}`, () =>
    client.updateApplication({ applicationId, schedulerConfiguration: declared }),
  );
  return true;
}
