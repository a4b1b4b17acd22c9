import { expect } from 'chai';
import { startRequest } from '../../src/aws/job-runs.js';
import { airflowPlatform } from '../../src/operations/airflow-platform.js';
import { startRunOf } from '../../src/operations/spark-run.js';
import { loadPlatform } from '../../src/project/load-platform.js';
import { smallPlatform } from '../small-platform.js';

const platform = loadPlatform(smallPlatform, 'prod', {}, {});
const deployed = {
  release: '0123456789abcdef',
  libraries: true,
  applicationId: '00f5k2pmu4ds4f09',
  logKeyArn: 'arn:aws:kms:eu-central-1:444455556666:key/logs',
  configuration: { 'spark-defaults': { 'spark.sql.ansi.enabled': 'false' } },
};
const described = airflowPlatform(platform, deployed);

describe('what DAGs are made from', () => {
  it('has the request of every job as it is sent for a day by every other way to run it', () => {
    const { applicationId, ...about } = deployed;
    for (const job of platform.jobs) {
      const start = startRunOf(platform.environment, { job, date: '2026-01-15', clientToken: 't', ...about });
      const sent = startRequest(applicationId, start);
      const text = JSON.stringify(described.jobs.find(({ id }) => id === job.id)?.request);
      const request = JSON.parse(text.replaceAll('{date}', '2026-01-15')) as Record<string, unknown>;
      expect({ ...request, clientToken: 't' }, job.id).to.deep.equal({
        ...sent,
        // By which a task finds its run again.
        tags: { ...sent.tags, 'dataplat.airflow': '{task}' },
      });
    }
  });

  it('lets EMR start no stream again that takes what there is and ends; one that stays, EMR keeps going', () => {
    const { applicationId, ...about } = deployed;
    const policyOf = (id: string, ...given: string[]): unknown => {
      const job = platform.jobs.find((one) => one.id === id);
      if (!job) throw new Error(id);
      const run = { job, date: '2026-01-15', clientToken: 't', arguments: given, ...about };
      return startRequest(applicationId, startRunOf(platform.environment, run)).retryPolicy;
    };
    const stream = platform.jobs.find(({ mode }) => mode === 'stream')?.id ?? '';
    expect(policyOf(stream)).to.deep.equal({ maxFailedAttemptsPerHour: 1 });
    expect(policyOf(stream, '--trigger', 'continuous')).to.equal(undefined);
    expect(policyOf('shops')).to.equal(undefined);
  });

  it('asks for no more executors to begin with than a job may have at most', () => {
    const { applicationId: _, ...about } = deployed;
    const begins = (maximum: number): string | undefined => {
      const [job] = platform.jobs;
      if (!job) throw new Error('no job');
      const spark = { ...job.spark, executor: { ...job.spark.executor, maximum } };
      const run = { job: { ...job, spark }, date: '2026-01-15', clientToken: 't', ...about };
      return /initialExecutors=(\d+)/.exec(startRunOf(platform.environment, run).submitParameters)?.[1];
    };
    // EMR begins with three by itself.
    expect([1, 2, 3, 4].map(begins)).to.deep.equal(['1', '2', undefined, undefined]);
  });

  it('has every job behind those that it waits for', () => {
    const seen = new Set<string>();
    for (const { id, upstream } of described.jobs) {
      for (const before of upstream) expect(seen, `${id} waits for ${before}`).to.include(before);
      seen.add(id);
    }
    expect(seen).to.have.lengthOf(platform.jobs.length);
  });

  it('puts a job into the layer whose tables it makes, and a gate into the one that it checks', () => {
    const layerOf = (id: string) => described.jobs.find((job) => job.id === id)?.layer;
    expect(layerOf('shops')).to.equal('bronze');
    expect(layerOf('check_bronze')).to.equal('bronze');
    expect(layerOf('check_silver')).to.equal('silver');
  });

  it('names who owns what a job makes, and where Airflow tells of it', () => {
    const accounts = platform.datasets.find(({ id }) => id === 'shops_bronze');
    expect(described.jobs.find(({ id }) => id === 'shops')?.owner).to.equal(accounts?.owner);
    expect(described.topicArn).to.equal('arn:aws:sns:eu-central-1:444455556666:roastery-prod-events');
  });
});
