import { expect } from 'chai';
import {
  isQuiet,
  lastDue,
  verdictsOf,
  type Observed,
  type ObservedRun,
  type Verdict,
} from '../../src/model/sla.js';
import { loadPlatform } from '../../src/project/load-platform.js';
import { smallPlatform } from '../small-platform.js';

// shops: within 30m, by 06:00; shops_bronze: at most 26h old, volume and quality are checked.
const platform = loadPlatform(smallPlatform, 'local', {}, {});
const at = new Date('2026-01-06T07:00:00Z');
const time = (clock: string): Date => new Date(`2026-01-06T${clock}:00Z`);

function run(fields: Partial<ObservedRun>): ObservedRun {
  const createdAt = fields.createdAt ?? time('05:00');
  return {
    ...{ runId: '00run1', job: 'shops', date: '2026-01-05', state: 'SUCCESS', createdAt },
    ...fields,
  };
}

function verdict(
  kind: Verdict['kind'],
  subject: string,
  observed: Partial<Observed>,
  date?: string,
): Verdict {
  const all = verdictsOf(
    platform,
    { at, runs: [], newestData: new Map(), checks: new Map(), ...observed },
    date,
  );
  const found = all.find((one) => one.kind === kind && one.subject === subject);
  if (!found) throw new Error(`no verdict of ${kind} of ${subject}`);
  return found;
}

describe('promises of jobs', () => {
  const duration = (...runs: ObservedRun[]) => verdict('duration', 'shops', { runs });
  const completion = (...runs: ObservedRun[]) => verdict('completion', 'shops', { runs });

  it('are kept by a run that ended within its time, counted from its beginning, and before its hour', () => {
    const good = run({ startedAt: time('05:20'), endedAt: time('05:50') });
    expect(duration(good)).to.include({ state: 'kept', secondsLate: 0 });
    expect(completion(good)).to.include({
      state: 'kept',
      secondsLate: 0,
      promised: '2026-01-05 by 2026-01-06 06:00 UTC',
    });
  });

  it('are broken by a run that took longer, by so much', () => {
    const slow = run({ startedAt: time('05:00'), endedAt: time('05:45') });
    expect(duration(slow)).to.include({ state: 'broken', secondsLate: 15 * 60, runId: '00run1' });
    expect(duration(slow).found).to.equal('run 00run1 of 2026-01-05 took 45 min');
  });

  it('are broken by a run that never ends, whatever ended before', () => {
    const before = run({ runId: '00run0', startedAt: time('04:00'), endedAt: time('04:10') });
    const stuck = run({ runId: '00run2', state: 'RUNNING', startedAt: time('06:00') });
    expect(duration(stuck, before)).to.include({ state: 'broken', secondsLate: 30 * 60, runId: '00run2' });
  });

  it('are broken by a run that waits for ever, which has no beginning to count from', () => {
    const queued = run({ state: 'QUEUED', createdAt: time('06:00') });
    expect(duration(queued)).to.include({ state: 'broken', secondsLate: 30 * 60 });
    expect(duration(queued).found).to.match(/waits for its turn since 2026-01-06 06:00 UTC$/);
  });

  it('are broken where nothing of the due date has succeeded: failed, still running, or never started', () => {
    expect(completion(run({ state: 'FAILED', endedAt: time('05:10') }))).to.include({
      ...{ state: 'broken', found: '00run1 is FAILED', secondsLate: 3600 },
    });
    expect(completion(run({ state: 'RUNNING' }))).to.include({ state: 'broken', found: '00run1 is RUNNING' });
    expect(completion(run({ date: '2026-01-04' }))).to.include({
      ...{ state: 'broken', found: 'no run of 2026-01-05 was started' },
    });
  });

  it('are kept by a run that came late, for there is nothing left to do', () => {
    const late = run({ startedAt: time('06:40'), endedAt: time('06:50') });
    expect(completion(late)).to.include({ state: 'kept', secondsLate: 0 });
  });

  it('are not measured of a job that has never run', () => {
    expect(duration()).to.include({ state: 'unmeasured' });
    expect(completion()).to.include({ state: 'unmeasured' });
  });

  it('can be asked for a date of their own', () => {
    const runs = [run({ date: '2026-01-03' })];
    expect(verdict('completion', 'shops', { runs }, '2026-01-03')).to.include({ state: 'kept' });
    expect(verdict('completion', 'shops', { runs }, '2026-01-09')).to.include({
      state: 'kept',
      found: 'not due yet',
    });
  });

  it('are due the day after their date: before the hour that of the day before is the last', () => {
    expect(lastDue('06:00', time('06:00'))).to.deep.equal({ date: '2026-01-05', due: time('06:00') });
    expect(lastDue('06:00', time('05:59')).date).to.equal('2026-01-04');
  });
});

describe('promises of data', () => {
  const fresh = (newest: string) =>
    verdict('freshness', 'shops_bronze', {
      newestData: new Map([['shops_bronze', new Date(newest)]]),
    });
  const failed = (kind: string, severity: 'warn' | 'error') => ({
    ...{ expectation: kind, kind, severity, found: '3 rows', threshold: '10 rows' },
  });
  const checked = (kind: 'volume' | 'quality', ...unmet: ReturnType<typeof failed>[]) => {
    const check = { date: '2026-01-05', errors: 0, warnings: 0, unmet };
    return verdict(kind, 'shops_bronze', { checks: new Map([['shops_bronze', check]]) });
  };

  it('are kept by rows that are as old as they may be, and broken a second later', () => {
    expect(fresh('2026-01-05T05:00:00Z')).to.include({ state: 'kept', secondsLate: 0 });
    expect(fresh('2026-01-05T04:59:59Z')).to.include({
      state: 'broken',
      secondsLate: 1,
      job: 'shops',
    });
    expect(verdict('freshness', 'shops_bronze', {})).to.include({ state: 'unmeasured' });
  });

  it('are broken by a volume of any severity, and by an error of quality, each its own promise', () => {
    expect(checked('volume', failed('volume', 'warn')).state).to.equal('broken');
    expect(checked('quality', failed('volume', 'error')).state).to.equal('kept');
    expect(checked('quality', failed('range', 'warn')).state).to.equal('kept');
    expect(checked('quality', failed('range', 'error'))).to.include({
      ...{ state: 'broken', found: '2026-01-05: range: 3 rows, not 10 rows' },
    });
    expect(verdict('quality', 'shops_bronze', {}).state).to.equal('unmeasured');
  });
});

describe('quiet hours', () => {
  it('may go over midnight', () => {
    const night = { from: '22:00', to: '06:00' };
    expect(['21:59', '22:00', '05:59', '06:00'].map((clock) => isQuiet(night, time(clock)))).to.deep.equal([
      ...[false, true, true, false],
    ]);
    const noon = { from: '12:00', to: '13:00' };
    expect(['11:59', '12:00', '13:00'].map((clock) => isQuiet(noon, time(clock)))).to.deep.equal([
      false,
      true,
      false,
    ]);
    expect(isQuiet(undefined, time('03:00'))).to.equal(false);
  });
});
