import { expect } from 'chai';
import { cancelTag } from '../../../src/model/run-states.js';
import { lackedCapacity } from '../../../src/operations/backfill/run-failures.js';

describe('a run of a backfill that did not succeed', () => {
  const run = { state: 'CANCELLED' as const, stateDetails: '', tags: {} };
  const startedAt = new Date('2026-01-06T06:00:00Z');

  it('is not its job’s fault where it waited too long for its turn', () => {
    expect(lackedCapacity(run)).to.equal(true);
    expect(lackedCapacity({ ...run, startedAt }), 'it ran, and took too long').to.equal(false);
    expect(lackedCapacity({ ...run, tags: { [cancelTag]: 'yes' } }), 'somebody cancelled it').to.equal(false);
  });

  it('is not its job’s fault where EMR had no vCPUs for it', () => {
    const failed = { ...run, state: 'FAILED' as const, startedAt };
    for (const stateDetails of [
      'Job failed as application has exceeded maximumCapacity settings: [cpu: 8 vCPU].',
      'Job failed as account has reached the service limit on the maximum vCPU it can use concurrently.',
    ])
      expect(lackedCapacity({ ...failed, stateDetails }), stateDetails).to.equal(true);
    expect(lackedCapacity({ ...failed, stateDetails: 'ExitCode: 1.' })).to.equal(false);
  });
});
