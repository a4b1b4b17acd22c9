import { expect } from 'chai';
import { DataplatError } from '../../src/model/errors.js';
import type { Report } from '../../src/model/report/report.js';
import type { LedgerPlan } from '../../src/operations/backfill/ledger-lines.js';
import { ledgerNames } from '../../src/operations/backfill/ledger-names.js';
import type { OperationEvent } from '../../src/operations/events.js';
import { report } from '../../src/operations/report.js';
import { loadPlatform } from '../../src/project/load-platform.js';
import { reportPage } from '../../src/ui/report-page.js';
import { smallPlatform } from '../small-platform.js';
import { collect, failureOf } from './collect.js';
import { MemoryRecords } from './memory-records.js';
import { SlaAws } from './sla/sla-aws.js';

const platform = loadPlatform(smallPlatform, 'local', {}, {});
const now = (): Date => new Date('2026-01-06T08:00:00Z');
const buckets = platform.environment.lake.bucketPrefix;

const reported = (
  aws: SlaAws,
  records = new MemoryRecords(),
): Promise<{ result: Report; events: OperationEvent<Report>[] }> =>
  collect(report(platform, aws, records, { now, days: 7 }));

const told = (events: readonly OperationEvent<Report>[]): string[] =>
  events.flatMap((event) => (event.type === 'message' ? [event.text] : []));

/** A backfill of two dates of one job. */
const planOf = (id: string): LedgerPlan => ({
  ...{ id, environment: 'local', what: 'shops', from: '2026-01-04', to: '2026-01-05' },
  ...{ downstream: false, reprocess: 'none', backwards: false, release: 'cafe', retries: 0 },
  ...{ by: 'somebody@somewhere', createdAt: '2026-01-06T07:00:00.000Z' },
  ...{
    jobs: [{ id: 'shops', layer: 'bronze', once: false, exclusive: [], after: [], reads: [] }],
    dates: ['2026-01-04', '2026-01-05'],
  },
  pairs: [
    [0, '2026-01-04'],
    [0, '2026-01-05'],
  ],
  ...{ skipped: [], leftOut: [] },
});

describe('report', () => {
  it('of an environment that is not deployed asks for nothing more, and says so', async () => {
    const aws = new SlaAws();
    aws.runs.application = undefined;
    const { result, events } = await reported(aws);
    expect(result).to.include({ deployed: false, environment: 'local', days: 7 });
    expect(told(events)).to.deep.equal([
      'environment "local" is not deployed: the report is of what is declared',
    ]);
    expect(aws.objects.calls).to.deep.equal([]);
  });

  it('of one where nothing has run yet has no runs, checks or backfills', async () => {
    const { result } = await reported(new SlaAws());
    expect(result).to.deep.include({ deployed: true, runs: [], checks: [], backfills: [], unknown: {} });
  });

  it('has the runs with what they cost, what checks found, how new data is, and the release', async () => {
    const aws = new SlaAws();
    aws.objects.stored.set(`${buckets}-artifacts/releases/current.json`, Buffer.from('{"release":"cafe"}'));
    aws.runs.add({
      ...{ state: 'SUCCESS', createdAt: new Date('2026-01-06T06:00:00Z') },
      ...{ startedAt: new Date('2026-01-06T06:00:10Z'), endedAt: new Date('2026-01-06T06:02:00Z') },
      billed: { vcpuHours: 0.25, memoryGbHours: 1, storageGbHours: 0 },
    });
    for (const dataset of platform.datasets) aws.register(dataset);
    aws.queries.answers.set('dq_results', [
      ['shops_bronze', '2026-01-05', 'unique:shop_id', 'unique', 'error', 'failed', '2 rows', '0'],
      ['members_bronze', '2026-01-05', 'nulls:member_id', 'nulls', 'warn', 'passed', '0', '0'],
    ]);
    aws.queries.answers.set('FROM "shops"', [['2026-01-06 05:00:00.000']]);
    const { result } = await reported(aws);
    expect(result.release).to.equal('cafe');
    expect(result.runs).to.have.length(1);
    expect(result.earlierRuns).to.equal(false);
    expect(result.costs).to.deep.equal([{ job: 'shops', runs: 1, vcpuHours: 0.25, memoryGbHours: 1 }]);
    expect(result.durations).to.deep.equal([{ job: 'shops', runs: 1, median: 120, longest: 120 }]);
    expect(result.checks.map(({ dataset, errors }) => [dataset, errors])).to.deep.equal([
      ['shops_bronze', 1],
      ['members_bronze', 0],
    ]);
    const quality = result.promises.find(
      ({ kind, subject }) => kind === 'quality' && subject === 'shops_bronze',
    );
    expect(quality).to.include({ state: 'broken' });
  });

  it('has the backfills, and of each job and date what became of it', async () => {
    const records = new MemoryRecords();
    const id = '20260106-070000-ab12';
    const line = (n: number, date: string, state: string): string =>
      `${JSON.stringify({ n, writer: 'w', at: '2026-01-06T07:01:00.000Z', job: 'shops', date, attempt: 1, token: 't', runId: `r${n}`, state })}\n`;
    await records.create(ledgerNames.plan(id), JSON.stringify(planOf(id)));
    await records.create(
      ledgerNames.segment(id, 1),
      line(1, '2026-01-04', 'succeeded') + line(2, '2026-01-05', 'failed'),
    );
    const { result } = await reported(new SlaAws(), records);
    expect(result.backfills.map(({ backfill, state }) => [backfill, state])).to.deep.equal([[id, 'stopped']]);
    expect(result.calendar.cells.map(({ date, state }) => [date, state])).to.deep.equal([
      ['2026-01-04', 'succeeded'],
      ['2026-01-05', 'failed'],
    ]);
  });

  it('has the newest twenty backfills, and says how many there are besides', async () => {
    const records = new MemoryRecords();
    const ids = Array.from(
      { length: 23 },
      (_, index) => `202601${String(index + 1).padStart(2, '0')}-070000-ab12`,
    );
    for (const id of ids) await records.create(ledgerNames.plan(id), JSON.stringify(planOf(id)));
    const { result } = await reported(new SlaAws(), records);
    expect(result.backfills.map(({ backfill }) => backfill)).to.deep.equal(ids.slice(3).reverse());
    expect(result.earlierBackfills).to.equal(3);
    expect(await reportPage(result)).to.match(/Only the newest 20 are shown; .* has 3 earlier ones/);
  });

  it('says where it has not looked at every run', async () => {
    const aws = new SlaAws();
    for (let run = 0; run < 2001; run += 1) aws.runs.add({ createdAt: new Date('2026-01-06T06:00:00Z') });
    const { result } = await reported(aws);
    expect(result.runs).to.have.length(2000);
    expect(result.earlierRuns).to.equal(true);
  });

  it('is made without what Athena or the ledgers do not tell, and says why', async () => {
    const aws = new SlaAws();
    aws.catalog.tables = () => Promise.reject(new DataplatError('DP4003', 'GetTables: AccessDenied'));
    const records = new MemoryRecords();
    records.list = () => Promise.reject(new DataplatError('DP4003', 'ListObjectsV2: AccessDenied'));
    const { result, events } = await reported(aws, records);
    expect(result.unknown).to.deep.equal({
      data: 'GetTables: AccessDenied',
      backfills: 'ListObjectsV2: AccessDenied',
    });
    expect(told(events)).to.deep.equal([
      'of the data nothing is known: GetTables: AccessDenied',
      'of backfills nothing is known: ListObjectsV2: AccessDenied',
    ]);
  });

  it('fails as a bug where something else goes wrong', async () => {
    const aws = new SlaAws();
    aws.catalog.tables = () => Promise.reject(new TypeError('ours'));
    expect(await failureOf(reported(aws))).to.be.instanceOf(TypeError);
  });
});
