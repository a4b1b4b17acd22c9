import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { DataplatError } from '../../src/model/errors.js';
import { cancelRun } from '../../src/operations/cancel.js';
import { readLogs } from '../../src/operations/logs.js';
import { listRuns } from '../../src/operations/runs.js';
import { status } from '../../src/operations/status.js';
import { loadPlatform } from '../../src/project/load-platform.js';
import { collect, failureOf } from './collect.js';
import { MemoryObjects } from './memory-objects.js';
import { MemoryRuns } from './memory-runs.js';
import { smallPlatform } from '../small-platform.js';

const platform = loadPlatform(smallPlatform, 'local', {}, {});
const { environment } = platform;
const buckets = environment.lake.bucketPrefix;
const billed = { vcpuHours: 0.25, memoryGbHours: 1, storageGbHours: 0 };
const pause = (): Promise<void> => Promise.resolve();

describe('runs', () => {
  it('come newest first, with date, release, duration and cost', async () => {
    const runs = new MemoryRuns();
    runs.add({
      id: '00aaaaaaaaaaaaa1',
      state: 'SUCCESS',
      createdAt: new Date('2026-01-06T06:00:00Z'),
      endedAt: new Date('2026-01-06T06:01:30Z'),
      tags: { 'dataplat.job': 'shops', 'dataplat.date': '2026-01-05', 'dataplat.release': 'cafe' },
      billed,
    });
    runs.add({
      id: '00aaaaaaaaaaaaa2',
      name: 'members 2026-01-06',
      state: 'RUNNING',
      createdAt: new Date('2026-01-06T07:00:00Z'),
    });
    const now = () => new Date('2026-01-06T07:00:10Z');
    const { result } = await collect(listRuns(environment, { runs }, { now }));
    expect(result.runs).to.deep.equal([
      {
        runId: '00aaaaaaaaaaaaa2',
        job: 'members',
        date: '2026-01-06',
        state: 'RUNNING',
        startedAt: '2026-01-06T07:00:00.000Z',
        seconds: 10,
      },
      {
        runId: '00aaaaaaaaaaaaa1',
        job: 'shops',
        date: '2026-01-05',
        release: 'cafe',
        state: 'SUCCESS',
        startedAt: '2026-01-06T06:00:00.000Z',
        seconds: 90,
        billed,
      },
    ]);
  });

  it('are narrowed by job, state, time and number', async () => {
    const runs = new MemoryRuns();
    const at = (hour: number) => ({ createdAt: new Date(Date.UTC(2026, 0, 6, hour)) });
    runs.add({ ...at(1), name: 'shops 2026-01-05', state: 'FAILED' });
    runs.add({ ...at(2), name: 'members 2026-01-05', state: 'SUCCESS' });
    runs.add({ ...at(3), name: 'shops 2026-01-05', state: 'SUCCESS' });
    const hours = async (options: Parameters<typeof listRuns>[2]): Promise<string[]> =>
      (await collect(listRuns(environment, { runs }, options))).result.runs.map((row) =>
        row.startedAt.slice(11, 13),
      );
    expect(await hours({ job: { id: 'shops' } })).to.deep.equal(['03', '01']);
    expect(await hours({ states: ['SUCCESS'] })).to.deep.equal(['03', '02']);
    expect(await hours({ since: new Date('2026-01-06T02:00:00Z') })).to.deep.equal(['03', '02']);
    expect(await hours({ limit: 1 })).to.deep.equal(['03']);
  });
});

describe('logs', () => {
  const id = '00aaaaaaaaaaabcd';
  const given = (state: 'RUNNING' | 'SUCCESS'): { runs: MemoryRuns; objects: MemoryObjects } => {
    const aws = { runs: new MemoryRuns(), objects: new MemoryObjects() };
    aws.runs.add({ id, state });
    const folder = `${buckets}-logs/emr/applications/app/jobs/${id}/SPARK_DRIVER`;
    aws.objects.stored.set(`${folder}/stdout.gz`, gzipSync('out 1\nout 2\n'));
    aws.objects.stored.set(`${folder}/stderr.gz`, gzipSync('err 1\nerr 2\nerr 3\n'));
    return aws;
  };
  const lines = async (aws: ReturnType<typeof given>, more: object): Promise<string[]> =>
    (await collect(readLogs(environment, aws, { run: id, pause, ...more }))).events.flatMap((event) =>
      event.type === 'message' ? [event.text] : [],
    );

  it('are both streams, or the one that is asked for, or the end of each', async () => {
    const aws = given('SUCCESS');
    expect(await lines(aws, {})).to.deep.equal(['out 1', 'out 2', 'err 1', 'err 2', 'err 3']);
    expect(await lines(aws, { streams: ['stderr'] })).to.deep.equal(['err 1', 'err 2', 'err 3']);
    expect(await lines(aws, { tail: 1 })).to.deep.equal(['out 2', 'err 3']);
  });

  it('are found by a beginning or end of the id that fits one run alone', async () => {
    const aws = given('SUCCESS');
    aws.runs.add({ id: '00aaaaaaaaaaffff' });
    expect(await lines(aws, { run: 'abcd' })).to.have.length(5);
    const ambiguous = await failureOf(lines(aws, { run: '00aaaa' }));
    expect(ambiguous).to.have.property('code', 'DP6002');
    expect((ambiguous as DataplatError).details.excerpt).to.have.length(2);
    expect(await failureOf(lines(aws, { run: 'bcd' }))).to.have.property('code', 'DP6002');
    expect(await failureOf(lines(aws, { run: 'nothing-like-it' }))).to.have.property('code', 'DP6002');
  });

  it('of a streaming run are those of its last attempt, where EMR writes them', async () => {
    const aws = given('SUCCESS');
    const index = aws.runs.runs.findIndex((run) => run.id === id);
    const run = aws.runs.runs[index];
    if (run) aws.runs.runs[index] = { ...run, streaming: true, attempt: 2 };
    const jobs = `${buckets}-logs/emr/applications/app/jobs/${id}`;
    for (const attempt of [1, 2]) {
      const key = `${jobs}/attempts/${attempt}/SPARK_DRIVER/stdout.gz`;
      aws.objects.stored.set(key, gzipSync(`attempt ${attempt}\n`));
    }
    expect(await lines(aws, {})).to.deep.equal(['attempt 2']);
  });

  it('are followed until the run ends', async () => {
    const aws = given('RUNNING');
    let looks = 0;
    const waiting = (): Promise<void> => {
      looks += 1;
      const index = aws.runs.runs.findIndex((run) => run.id === id);
      const run = aws.runs.runs[index];
      if (looks === 3 && run) aws.runs.runs[index] = { ...run, state: 'SUCCESS' };
      return Promise.resolve();
    };
    expect(await lines(aws, { follow: true, pause: waiting })).to.deep.equal([
      'out 1',
      'out 2',
      'err 1',
      'err 2',
      'err 3',
    ]);
    expect(looks).to.equal(3);
  });

  it('say where they will be where there are none yet', async () => {
    const aws = given('RUNNING');
    aws.objects.stored.clear();
    const error = await failureOf(lines(aws, {}));
    expect(error).to.have.property('code', 'DP6002');
    expect((error as DataplatError).message).to.contain(
      `s3://${buckets}-logs/emr/applications/app/jobs/${id}/`,
    );
  });
});

describe('cancel', () => {
  it('waits until the run is cancelled', async () => {
    const runs = new MemoryRuns();
    runs.add({ id: '00aaaaaaaaaaabcd', state: 'RUNNING' });
    const { result } = await collect(cancelRun(environment, { runs }, { run: 'abcd', pause }));
    expect(result).to.deep.equal({
      runId: '00aaaaaaaaaaabcd',
      job: 'shops',
      date: '2026-01-05',
      state: 'CANCELLED',
    });
  });

  it('refuses a run that has ended, and asks nothing of EMR', async () => {
    const runs = new MemoryRuns();
    runs.add({ id: '00aaaaaaaaaaabcd', state: 'SUCCESS' });
    const error = await failureOf(collect(cancelRun(environment, { runs }, { run: 'abcd', pause })));
    expect(error).to.have.property('code', 'DP6003');
    expect(runs.cancelled).to.deep.equal([]);
  });
});

describe('status', () => {
  it('says what runs, what ran last of each job, what it cost and what is next', async () => {
    const aws = { runs: new MemoryRuns(), objects: new MemoryObjects() };
    aws.objects.stored.set(`${buckets}-artifacts/releases/current.json`, Buffer.from('{"release":"cafe"}'));
    const at = (hour: number) => ({
      createdAt: new Date(Date.UTC(2026, 0, 6, hour)),
      endedAt: new Date(Date.UTC(2026, 0, 6, hour, 10)),
    });
    aws.runs.add({ createdAt: new Date('2025-12-01T00:00:00Z'), state: 'SUCCESS', billed });
    aws.runs.add({ ...at(1), name: 'shops 2026-01-05', state: 'SUCCESS', billed });
    const failed = aws.runs.add({ ...at(2), name: 'shops 2026-01-06', state: 'FAILED', billed });
    const active = aws.runs.add({ ...at(3), name: 'members 2026-01-06', state: 'RUNNING' });
    const now = () => new Date('2026-01-06T04:10:00Z');
    const { result } = await collect(status(platform, aws, { now, days: 7 }));
    const neverRun = platform.graph.order.filter(({ id }) => !['shops', 'members'].includes(id));
    expect(neverRun.map(({ id }) => id)).to.include('invoices');
    expect(result).to.deep.include({
      release: 'cafe',
      period: { days: 7, runs: 3, billed: { vcpuHours: 0.5, memoryGbHours: 2, storageGbHours: 0 } },
      // Jobs in the order of the graph.
      next: platform.graph.order.flatMap((job) => {
        if (job.id === 'shops') return [`dataplat logs ${failed.id} --env local`];
        if (!neverRun.includes(job)) return [];
        return [`dataplat submit ${job.group} ${job.id} --date <YYYY-MM-DD> --env local`];
      }),
    });
    expect(result.active.map((row) => row.runId)).to.deep.equal([active.id]);
    const accounts = result.jobs.find((job) => job.job === 'shops');
    expect(accounts).to.deep.include({ runs: 2, failed: 1, secondsSinceSuccess: 3 * 3600 });
    expect(accounts?.last?.state).to.equal('FAILED');
  });
});
