import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { openAws } from '../../../src/aws/aws.js';
import { datesBetween } from '../../../src/model/date.js';
import type { DataplatError } from '../../../src/model/errors.js';
import type { AccountAccess } from '../../../src/operations/account-access.js';
import {
  backfill,
  ledgerRecords,
  previewBackfill,
  resumeBackfill,
  type BackfillRequest,
  type RunSettings,
} from '../../../src/operations/backfill/backfill.js';
import { readLedger } from '../../../src/operations/backfill/ledger.js';
import { loadPlatform } from '../../../src/project/load-platform.js';
import { smallPlatform } from '../../small-platform.js';
import { collect, failureOf } from '../collect.js';
import { StubAws, type StubOptions } from './stub-aws.js';

const platform = loadPlatform(smallPlatform, 'local', {}, {});

const request: BackfillRequest = {
  what: 'shops',
  dates: datesBetween('2026-01-01', '2026-01-06'),
  downstream: false,
  reprocess: 'none',
  backwards: false,
};

const settings = (more: Partial<RunSettings> = {}): RunSettings => ({
  retries: 1,
  command: 'dataplat backfill shops',
  signal: new AbortController().signal,
  tuning: { retryMilliseconds: 5, backoffMilliseconds: 5, wishMilliseconds: 20 },
  ...more,
});

describe('backfill', () => {
  let directory: string;
  let stub: StubAws;
  let access: AccountAccess;

  const begin = async (options: Partial<StubOptions> = {}): Promise<void> => {
    stub = await StubAws.start({ jobMilliseconds: 10, concurrentRuns: 3, ...options });
    const environment = { ...platform.environment, endpoint: { port: stub.port } };
    const ours = { ...platform, environment };
    access = { platform: ours, projectDirectory: directory, aws: openAws(environment) };
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'dataplat-backfill-'));
  });

  afterEach(async () => {
    await stub.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('runs each date once, as many at once as the application lets run, and knows it afterwards', async () => {
    await begin({ held: () => stub.mostActive < 3 });
    const { result } = await collect(backfill(access, request, settings()));
    expect(result).to.deep.include({ state: 'done', failures: [] });
    expect(result.billed.vcpuHours).to.equal(3);
    expect(stub.runs.map(({ name }) => name).sort()).to.deep.equal(
      request.dates.map((date) => `shops ${date}`),
    );
    expect(stub.mostActive).to.equal(3);
    const { result: preview } = await collect(previewBackfill(access, request));
    expect(preview.pairs).to.deep.equal([]);
    expect(preview.skipped.map(({ reason }) => reason)).to.deep.equal(Array(6).fill('done'));
    expect(preview.expected[0]?.each).to.deep.include({ runs: 6, seconds: 1 });
  });

  it('tries a failed run again, then gives the date up, and tells what to type for these alone', async () => {
    await begin({
      outcome: ({ date }) =>
        date === '2026-01-03' ? { state: 'FAILED', details: 'no file' } : { state: 'SUCCESS' },
    });
    const { result } = await collect(backfill(access, request, settings()));
    expect(result).to.deep.include({ state: 'failed' });
    expect(result.failures).to.have.length(1);
    expect(result.failures[0]).to.deep.include({
      date: '2026-01-03',
      attempts: 2,
      why: 'no file',
      state: 'failed',
    });
    stub.options.outcome = () => ({ state: 'SUCCESS' });
    const again = await collect(
      resumeBackfill(access, result.backfill, { ...settings(), reprocess: 'failed' }),
    );
    expect(again.result).to.deep.include({ state: 'done', failures: [] });
    expect(stub.runs).to.have.length(8);
    expect(await failureOf(collect(resumeBackfill(access, result.backfill, settings())))).to.have.property(
      'code',
      'DP6013',
    );
  });

  it('starts no run of what waits for a failed one, and none of a job whose first runs all fail', async () => {
    await begin({
      outcome: ({ job, date }) => ({
        state: job === 'invoices' || (job === 'shops' && date === '2026-01-02') ? 'FAILED' : 'SUCCESS',
      }),
    });
    const { result } = await collect(
      backfill(access, { ...request, what: 'shops', downstream: true }, settings({ retries: 0 })),
    );
    const blocked = result.failures.filter(({ state }) => state === 'blocked');
    expect(blocked.map(({ date }) => date)).to.include('2026-01-02');
    expect(stub.runs.some(({ name }) => name === 'check_bronze 2026-01-02')).to.equal(false);
    expect(stub.runs.some(({ name }) => name === 'check_bronze 2026-01-03')).to.equal(true);
    const fx = await collect(
      backfill(access, { ...request, what: 'invoices' }, settings({ retries: 0, maxActiveRuns: 1 })),
    );
    expect(stub.runs.filter(({ name }) => name.startsWith('invoices '))).to.have.length(3);
    expect(fx.result.counts).to.deep.include({ failed: 3, stopped: 3 });
  });

  it("does not count what is not the job's fault", async () => {
    let calls = 0;
    await begin({
      outcome: ({ nth }) =>
        nth < 3 ? { state: 'FAILED', details: 'Insufficient capacity in the zone' } : { state: 'SUCCESS' },
      fault: (call) => {
        if (call !== 'StartJobRun' || (calls += 1) > 4) return undefined;
        if (calls % 3 === 0) return { kind: 'error', status: 429, code: 'ThrottlingException' };
        return calls % 3 === 1 ? { kind: 'lost' } : undefined;
      },
    });
    const one = { ...request, dates: request.dates.slice(0, 2) };
    const { result } = await collect(backfill(access, one, settings({ retries: 0 })));
    expect(result.state).to.equal('done');
    expect(stub.runs).to.have.length(6);
  });

  it('watches a thousand runs with thirty calls a minute, and before the first of them has ended', async function () {
    await begin({ jobMilliseconds: 600_000, concurrentRuns: 1000 });
    const stop = new AbortController();
    // A hundred times as fast as at AWS: a minute is 600 ms.
    const tuning = { look: { least: 20, most: 300, eachCall: 20 }, wishMilliseconds: 50 };
    const many = { ...request, dates: datesBetween('2023-01-01', '2025-09-26') };
    const over = failureOf(collect(backfill(access, many, settings({ signal: stop.signal, tuning }))));
    while (stub.runs.length < 1000) await sleep(10);
    const calls = (): number => stub.calls.get('ListJobRuns') ?? 0;
    await sleep(600);
    const [before, begun] = [calls(), performance.now()];
    await sleep(1800);
    const minutes = (performance.now() - begun) / 600;
    // Beside them, what of a look falls into the time at both of its ends.
    expect(calls() - before).to.be.within(1, 30 * minutes + 20);
    expect(stub.calls.get('GetJobRun') ?? 0).to.equal(0);
    stop.abort();
    expect(await over).to.have.property('code', 'DP1008');
  });

  it('refuses a range that another one holds, and says who and how to go on', async () => {
    await begin({ held: () => true });
    const stop = new AbortController();
    const first = failureOf(collect(backfill(access, request, settings({ signal: stop.signal }))));
    while (stub.runs.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    const overlapping = { ...request, what: 'bronze', dates: ['2026-01-06', '2026-01-07'] };
    const refused = (await failureOf(collect(backfill(access, overlapping, settings())))) as DataplatError;
    expect(refused).to.have.property('code', 'DP6011');
    expect(refused.message).to.match(/holds shops from 2026-01-01 to 2026-01-06/);
    stop.abort();
    expect(await first).to.have.property('code', 'DP1008');
    stub.options.held = () => false;
    const elsewhere = { ...request, dates: ['2026-02-01'] };
    expect((await collect(backfill(access, elsewhere, settings()))).result.state).to.equal('done');
  });

  it('goes on after an interruption without a second run of anything', async () => {
    await begin({ jobMilliseconds: 60 });
    const stop = new AbortController();
    const first = failureOf(collect(backfill(access, request, settings({ signal: stop.signal }))));
    while (stub.runs.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    const failure = (await first) as DataplatError;
    const id = String(failure.details.data?.['backfill']);
    const { result } = await collect(resumeBackfill(access, undefined, settings()));
    expect(result).to.deep.include({ backfill: id, state: 'done' });
    expect(stub.runs).to.have.length(6);
    const ledger = await readLedger(ledgerRecords(access), id);
    const told = new Set(ledger?.lines.flatMap((line) => ('mark' in line ? [] : [line.runId ?? ''])));
    expect([...told].sort()).to.deep.equal(stub.runs.map(({ id: run }) => run).sort());
  });
});
