import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { checksOf } from '../../src/model/checks.js';
import { DataplatError } from '../../src/model/errors.js';
import { checkQuality, unmet, type CheckQualityOptions } from '../../src/operations/check-quality.js';
import { loadPlatform } from '../../src/project/load-platform.js';
import { smallPlatform } from '../small-platform.js';
import { collect, failureOf } from './collect.js';
import { MemoryObjects } from './memory-objects.js';
import { MemoryRuns } from './memory-runs.js';

const platform = loadPlatform(smallPlatform, 'local', {}, {});
const { environment } = platform;
const buckets = environment.lake.bucketPrefix;

function deployed() {
  const objects = new MemoryObjects();
  objects.stored.set(
    `${buckets}-artifacts/releases/current.json`,
    Buffer.from('{"release":"0123456789abcdef"}'),
  );
  return { objects, runs: new MemoryRuns(), parameters: { get: () => Promise.resolve('arn:aws:kms:x') } };
}

function tells(objects: MemoryObjects, job: string, run: string, line: Record<string, unknown>): void {
  const key = `emr/${job}/applications/app/jobs/${run}/SPARK_DRIVER/stdout.gz`;
  objects.stored.set(`${buckets}-logs/${key}`, gzipSync(JSON.stringify({ type: 'result', ...line })));
}

const failed = {
  expectation: 'range:n',
  severity: 'error',
  observed: 0.5,
  found: '1 of 2',
  threshold: 'at least 0',
};
const broken = { dataset: 'shops_bronze', rows: 2, errors: 1, warnings: 0, failed: [failed] };
const sound = { dataset: 'shops_silver', rows: 2, errors: 0, warnings: 0, failed: [] };
const [first, second] = ['00run00000000001', '00run00000000002'];
const noFiles = { list: () => [], read: () => undefined };
const options = (name?: string): CheckQualityOptions => ({
  checks: checksOf(platform, name),
  date: '2026-01-05',
  failOn: 'error',
  pause: () => Promise.resolve(),
});

describe('a check of data quality', () => {
  it('asks a job for one dataset, for all that it checks, and of all jobs for everything', () => {
    const named = (name?: string): [string, readonly string[]][] =>
      checksOf(platform, name).map(({ job, datasets }) => [job.id, datasets]);
    expect(named('shops_bronze')).to.deep.equal([['check_bronze', ['shops_bronze']]]);
    expect(named('silver')).to.deep.equal([['check_silver', []]]);
    expect(named()).to.deep.equal([
      ['check_bronze', []],
      ['check_silver', []],
    ]);
    expect(() => named('shop_bronze')).to.throw(DataplatError, /no dataset "shop_bronze" \(did you mean/);
    expect(() => named('dq_results')).to.throw(DataplatError, 'no job checks dq_results');
  });

  it('tells what every job found, though the first closed its gate', async () => {
    const aws = deployed();
    aws.runs.plans.push(['FAILED'], ['SUCCESS']);
    const details = (docs: string, checks: unknown[]) => ({ details: { docs, checks } });
    tells(aws.objects, 'check_bronze', first, {
      status: 'failed',
      error: { kind: 'gate', message: 'the gate is closed' },
      ...details('s3://b/index.html', [broken]),
    });
    tells(aws.objects, 'check_silver', second, {
      status: 'succeeded',
      ...details('s3://s/index.html', [sound]),
    });
    const { result } = await collect(checkQuality(environment, noFiles, aws, options()));
    expect(result).to.deep.equal({
      environment: 'local',
      date: '2026-01-05',
      failOn: 'error',
      passed: false,
      datasets: [broken, sound],
      docs: ['s3://b/index.html', 's3://s/index.html'],
      runs: [first, second],
    });
    expect(aws.runs.started.map((run) => run.arguments.slice(6))).to.deep.equal([
      ['--fail-on', 'error'],
      ['--fail-on', 'error'],
    ]);
    const error = unmet(result);
    expect([error.code, error.exitCode, error.message]).to.deep.equal([
      'DP6006',
      1,
      '1 expectation is not met on 2026-01-05',
    ]);
    expect(error.details.next).to.include('dataplat dq run shops_bronze --date 2026-01-05 --env local');
  });

  it('that fails for another reason than the data is a run that failed', async () => {
    const aws = deployed();
    aws.runs.plans.push(['FAILED']);
    tells(aws.objects, 'check_bronze', first, {
      status: 'failed',
      error: { kind: 'storage', message: 'no answer' },
    });
    const error = await failureOf(collect(checkQuality(environment, noFiles, aws, options('shops_bronze'))));
    expect(error).to.include({ code: 'DP6001' });
    expect(aws.runs.started[0]?.arguments.slice(6)).to.deep.equal([
      ...['--fail-on', 'error', '--dataset', 'shops_bronze'],
    ]);
  });
});
