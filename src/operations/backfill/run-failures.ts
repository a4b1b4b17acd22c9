import { isAws } from '../../aws/failures.js';
import type { Run } from '../../aws/job-runs.js';
import { DataplatError } from '../../model/errors.js';
import { timedOut } from '../../model/run-states.js';

/**
 * What a failed request to start a run means. `throttled`: later, and fewer. `unclear`: it may have been taken or not;
 * asked again with the same token it starts one run all the same. `known`: the token was used, with other words.
 * `fatal`: no request will get through. `refused`: this one will not.
 */
export type StartFailure = 'throttled' | 'unclear' | 'known' | 'fatal' | 'refused';

const throttling = [
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'RequestThrottledException',
  'SlowDown',
  'ServiceQuotaExceededException',
  'LimitExceededException',
];

export function startFailure(error: unknown): StartFailure {
  if (!(error instanceof DataplatError)) return 'unclear';
  if (error.code === 'DP4001' || error.code === 'DP4002' || error.code === 'DP1008') return 'fatal';
  if (isAws(error, ...throttling)) return 'throttled';
  if (isAws(error, 'ConflictException')) return 'known';
  const status = error.details.data?.['status'];
  if (typeof status === 'number' && (status === 402 || status === 429)) return 'throttled';
  if (typeof status === 'number' && status >= 400 && status < 500) return 'refused';
  return 'unclear';
}

/** Whether a run failed for want of capacity, which is not its job's fault; one that waited too long for its turn, too. */
export function lackedCapacity(run: Pick<Run, 'state' | 'stateDetails' | 'startedAt' | 'tags'>): boolean {
  if (timedOut(run) && run.startedAt === undefined) return true;
  return /insufficient capacity|capacity (is )?not available|maximum ?capacity|vcpu limit|service limit|quota|throttl/i.test(
    run.stateDetails,
  );
}
