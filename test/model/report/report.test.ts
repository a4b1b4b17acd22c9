import { expect } from 'chai';
import { backfillCalendar, mostCells } from '../../../src/model/report/backfill-calendar.js';
import { datesBetween } from '../../../src/model/report/dates.js';
import { durationsByJob } from '../../../src/model/report/durations.js';
import { costsByJob } from '../../../src/model/report/job-costs.js';
import { outcomesByDay } from '../../../src/model/report/outcomes.js';
import { reportOf } from '../../../src/model/report/report.js';
import type { ReportedRun } from '../../../src/model/report/reported-run.js';
import { loadPlatform } from '../../../src/project/load-platform.js';
import { smallPlatform } from '../../small-platform.js';
import { aBackfill } from './reported.js';

const run = (of: Partial<ReportedRun>): ReportedRun => ({
  ...{ runId: 'r', job: 'shops', state: 'SUCCESS', startedAt: '2026-01-05T06:00:00.000Z', seconds: 60 },
  ...of,
});

describe('what a report makes of runs', () => {
  it('is their outcome by day, days without a run among them', () => {
    const runs = [
      run({}),
      run({ startedAt: '2026-01-05T23:59:59.999Z', state: 'FAILED' }),
      run({ startedAt: '2026-01-07T00:00:00.000Z', state: 'CANCELLED' }),
      run({ startedAt: '2026-01-07T00:00:00.000Z', state: 'CANCELLED', timedOut: true }),
      run({ startedAt: '2026-01-07T00:00:00.000Z', state: 'CANCELLING' }),
      run({ startedAt: '2026-01-07T00:00:00.000Z', state: 'QUEUED' }),
      run({ startedAt: '2026-01-08T00:00:00.000Z' }),
    ];
    expect(outcomesByDay(runs, '2026-01-05', '2026-01-07')).to.deep.equal([
      { date: '2026-01-05', succeeded: 1, failed: 1, cancelled: 0, active: 0 },
      { date: '2026-01-06', succeeded: 0, failed: 0, cancelled: 0, active: 0 },
      { date: '2026-01-07', succeeded: 0, failed: 1, cancelled: 1, active: 2 },
    ]);
  });

  it('goes over the end of a month and of a leap year’s February', () => {
    expect(datesBetween('2028-02-28', '2028-03-01')).to.deep.equal([
      '2028-02-28',
      '2028-02-29',
      '2028-03-01',
    ]);
    expect(datesBetween('2026-01-02', '2026-01-01')).to.deep.equal([]);
  });

  it('is how long each job took that succeeded: the middle one, or the mean of both', () => {
    const runs = [
      ...[30, 10, 20].map((seconds) => run({ seconds })),
      ...[100, 50].map((seconds) => run({ job: 'members', seconds })),
      run({ job: 'members', seconds: 9000, state: 'FAILED' }),
      run({ job: 'invoices', state: 'RUNNING' }),
    ];
    expect(durationsByJob(runs)).to.deep.equal([
      { job: 'members', runs: 2, median: 75, longest: 100 },
      { job: 'shops', runs: 3, median: 20, longest: 30 },
    ]);
  });

  it('is what each job cost, the dearest first; failed runs cost too', () => {
    const billed = { vcpuHours: 0.5, memoryGbHours: 2 };
    const runs = [
      run({ billed }),
      run({ state: 'RUNNING' }),
      run({ job: 'members', billed }),
      run({ job: 'members', billed: { vcpuHours: 1, memoryGbHours: 4 }, state: 'FAILED' }),
    ];
    // 1.5 vCPU-h at 0.04 and 6 GB-h at 0.005: 0.06 and 0.03.
    expect(costsByJob(runs, { cpuHour: 0.04, gbHour: 0.005 })).to.deep.equal([
      { job: 'members', runs: 2, vcpuHours: 1.5, memoryGbHours: 6, usd: 0.09 },
      { job: 'shops', runs: 1, vcpuHours: 0.5, memoryGbHours: 2, usd: 0.03 },
    ]);
    expect(costsByJob(runs)[0]).not.to.have.property('usd');
  });
});

describe('the calendar of backfills', () => {
  it('has of each job and date what the newest backfill made of it, jobs as the graph has them', () => {
    const newer = aBackfill('b2', [['members', '2026-01-06', 'succeeded']]);
    const older = aBackfill('b1', [
      ['shops', '2026-01-04', 'failed'],
      ['members', '2026-01-06', 'failed'],
      ['gone', '2026-01-04', 'blocked'],
    ]);
    const { jobs, dates, cells, left } = backfillCalendar([newer, older], ['shops', 'invoices', 'members']);
    expect(jobs).to.deep.equal(['shops', 'members', 'gone']);
    expect(dates).to.deep.equal(['2026-01-04', '2026-01-05', '2026-01-06']);
    expect(cells.map(({ job, date, state, backfill }) => [job, date, state, backfill])).to.deep.equal([
      ['members', '2026-01-06', 'succeeded', 'b2'],
      ['shops', '2026-01-04', 'failed', 'b1'],
      ['gone', '2026-01-04', 'blocked', 'b1'],
    ]);
    expect(left).to.equal(0);
  });

  it('is of the newest dates where there are many, and counts the others', () => {
    const dates = datesBetween('2025-01-01', '2025-12-31');
    const jobs = Array.from({ length: 50 }, (_, index) => `job_${index}`);
    const pairs = jobs.flatMap((job) => dates.map((date) => [job, date, 'succeeded'] as const));
    const calendar = backfillCalendar([aBackfill('b', pairs)], jobs);
    // 1,500 places for 50 jobs are 30 dates; 335 dates of 50 jobs are left.
    expect(calendar.dates).to.have.length(30);
    expect(calendar.dates.at(-1)).to.equal('2025-12-31');
    expect(calendar.cells).to.have.length(mostCells);
    expect(calendar.left).to.equal(335 * 50);
  });

  it('is empty where there was no backfill', () => {
    expect(backfillCalendar([], ['shops'])).to.deep.equal({ jobs: [], dates: [], cells: [], left: 0 });
  });
});

describe('a report', () => {
  const platform = loadPlatform(smallPlatform, 'local', {}, {});
  const at = new Date('2026-01-06T08:00:00Z');
  const observed = { at, runs: [], newestData: new Map<string, Date>(), checks: new Map<string, never>() };
  const nothing = { runs: [], earlierRuns: false, observed, backfills: [], earlierBackfills: 0, unknown: {} };

  it('of what is not deployed has the declaration alone', () => {
    const report = reportOf(platform, at, 2);
    expect(report).to.deep.include({ deployed: false, runs: [], costs: [], checks: [], backfills: [] });
    expect(report.graph.nodes.map(({ id }) => id)).to.include('shops_bronze');
    expect(new Set(report.promises.map(({ state }) => state))).to.deep.equal(new Set(['unmeasured']));
  });

  it('tells of no run before its days', () => {
    const runs = [
      run({ runId: 'in', startedAt: '2026-01-04T08:00:00.000Z' }),
      run({ runId: 'out', startedAt: '2026-01-04T07:59:59.999Z' }),
    ];
    const report = reportOf(platform, at, 2, { ...nothing, runs });
    expect(report.runs.map(({ runId }) => runId)).to.deep.equal(['in']);
    expect(report.outcomes.map(({ date }) => date)).to.deep.equal(['2026-01-04', '2026-01-05', '2026-01-06']);
  });

  it('has broken promises first', () => {
    const runs = [
      { runId: 'late', job: 'shops', state: 'RUNNING' as const, createdAt: new Date('2026-01-06T01:00:00Z') },
    ];
    const { promises } = reportOf(platform, at, 2, { ...nothing, observed: { ...observed, runs } });
    const order = ['broken', 'unmeasured', 'kept'];
    const states = promises.map(({ state }) => order.indexOf(state));
    expect(states).to.deep.equal([...states].sort((a, b) => a - b));
    expect(promises[0]).to.include({ subject: 'shops', state: 'broken' });
  });

  it('prices runs where something is billed, by the region and kind of processor', () => {
    // eu-central-1, ARM64: 10 vCPU-h at 0.048425 and 40 GB-h at 0.005317 are 0.48425 + 0.21268.
    const runs = [run({ billed: { vcpuHours: 10, memoryGbHours: 40 } })];
    const production = loadPlatform(smallPlatform, 'prod', {}, {});
    expect(reportOf(production, at, 2, { ...nothing, runs }).costs[0]).to.have.property('usd', 0.697);
    const here = reportOf(platform, at, 2, { ...nothing, runs });
    expect(here.costs[0]).not.to.have.property('usd');
    expect(here.simulated).to.equal(true);
  });

  it('does not call data absent that could not be asked', () => {
    const { promises } = reportOf(platform, at, 2, { ...nothing, unknown: { data: 'Athena refused' } });
    const found = promises.filter(({ kind }) => kind === 'freshness' || kind === 'quality');
    expect(found).not.to.be.empty;
    expect(new Set(found.map((one) => one.found))).to.deep.equal(new Set(['the data could not be asked']));
  });
});
