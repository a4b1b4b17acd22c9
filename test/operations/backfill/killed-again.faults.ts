import { expect } from 'chai';
import { surviving } from './killed-again.js';

describe('ten thousand runs and two hundred kills', () => {
  it('run every pair once, and the ledger knows of every run', async function () {
    this.timeout(3_600_000);
    const outcome = await surviving({
      ...{
        from: '2022-01-01',
        to: '2026-12-31',
        kills: 200,
        seed: 11,
        jobMilliseconds: 20,
        maxActiveRuns: 100,
      },
      faults: { throttled: 0.002, lost: 0.01, broken: 0.01, slow: 0.005 },
      ...{ failing: 0.02, clockJumps: true, damage: true },
    });
    console.log(JSON.stringify(outcome));
    expect(outcome.kills).to.equal(200);
    expect(outcome.pairs).to.be.at.least(10_000);
  });
});
