import { expect } from 'chai';
import { surviving } from './killed-again.js';

describe('a backfill that is killed again and again', () => {
  it('runs every pair once, and its ledger knows of every run', async function () {
    const { pairs, kills } = await surviving({
      ...{ from: '2026-01-01', to: '2026-02-05', kills: 5, seed: 7, jobMilliseconds: 20, maxActiveRuns: 30 },
      faults: { throttled: 0.002, lost: 0.01, broken: 0.01, slow: 0.005 },
      ...{ failing: 0.05, clockJumps: true, damage: true },
    });
    expect(kills).to.equal(5);
    expect(pairs).to.be.at.least(200);
  });
});
