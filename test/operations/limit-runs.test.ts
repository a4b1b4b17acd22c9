import { expect } from 'chai';
import { limitRuns, type LimitRunsRequest } from '../../src/operations/deploy/limit-runs.js';
import type { OperationEvent } from '../../src/operations/events.js';
import { platformOf } from '../stacks/synthesized.js';

type Client = Awaited<ReturnType<LimitRunsRequest['emr']>>;

/** Runs it against an application; says what was asked of EMR, what was reported, and what came back. */
async function limiting(application: object) {
  const updates: unknown[] = [];
  const client = {
    getApplication: () => Promise.resolve({ application }),
    updateApplication: (update: unknown) => Promise.resolve(void updates.push(update)),
  } as unknown as Client;
  const running = limitRuns({
    environment: platformOf('dev').environment,
    applicationId: '00app',
    emr: () => Promise.resolve(client),
  });
  const events: OperationEvent[] = [];
  for (;;) {
    const next = await running.next();
    if (next.done) return { updates, events, changed: next.value };
    events.push(next.value);
  }
}

describe('the limit of runs at once', () => {
  it('is set as the environment declares it, on an application at rest', async () => {
    const { updates, changed } = await limiting({ state: 'CREATED' });
    expect(updates).to.deep.equal([
      { applicationId: '00app', schedulerConfiguration: { maxConcurrentRuns: 8, queueTimeoutMinutes: 120 } },
    ]);
    expect(changed).to.equal(true);
  });

  it('is left alone where it is as declared', async () => {
    const { updates, events, changed } = await limiting({
      state: 'STOPPED',
      schedulerConfiguration: { maxConcurrentRuns: 8, queueTimeoutMinutes: 120 },
    });
    expect([updates, events, changed]).to.deep.equal([[], [], false]);
  });

  it('waits, with a warning, while the application is at work', async () => {
    const { updates, events, changed } = await limiting({
      state: 'STARTED',
      schedulerConfiguration: { maxConcurrentRuns: 2, queueTimeoutMinutes: 120 },
    });
    expect([updates, changed]).to.deep.equal([[], false]);
    expect(events).to.have.length(1);
    expect(events[0]).to.include({ type: 'message', level: 'warning' });
  });
});
