import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { Run } from '../../../src/aws/job-runs.js';
import { declaredAlarms } from '../../../src/model/alarms.js';
import { DataplatError } from '../../../src/model/errors.js';
import { metricNamespace } from '../../../src/model/metrics.js';
import { emitMetrics } from '../../../src/operations/sla/emit-metrics.js';
import { loadPlatform } from '../../../src/project/load-platform.js';
import { smallPlatform } from '../../small-platform.js';
import { collect, failureOf } from '../collect.js';
import { MemoryRecords } from '../memory-records.js';
import { SlaAws } from './sla-aws.js';

const platform = loadPlatform(smallPlatform, 'local', {}, {});
const time = (clock: string): Date => new Date(`2026-01-06T${clock}:00Z`);
const logUri = 's3://roastery-local-123456789012-logs/emr/shops/';

describe('metrics', () => {
  let records: MemoryRecords;
  let aws: SlaAws;
  beforeEach(() => {
    records = new MemoryRecords();
    aws = new SlaAws();
  });

  const emit = (clock = '07:00', dryRun = false, of = platform) =>
    collect(emitMetrics(of, aws, records, { now: () => time(clock), dryRun }));
  const values = (name: string, subject: string): number[] =>
    aws.sent
      .filter(({ metric }) => metric.name === name && Object.values(metric.dimensions).includes(subject))
      .map(({ value }) => value);

  function ended(id: string, fields: Partial<Run> = {}): void {
    aws.runs.add({
      ...{
        id,
        state: 'SUCCESS',
        createdAt: time('05:00'),
        startedAt: time('05:10'),
        endedAt: time('05:40'),
        logUri,
      },
      ...fields,
    });
    const report = {
      type: 'result',
      outputs: [{ table: 'shops_bronze', rows: { read: 12, written: 9, quarantined: 3 } }],
    };
    aws.objects.stored.set(
      `roastery-local-123456789012-logs/emr/shops/applications/app/jobs/${id}/SPARK_DRIVER/stdout.gz`,
      gzipSync(JSON.stringify(report)),
    );
  }

  it('tell of a run that has ended once, at its end, with the rows that it wrote', async () => {
    ended('00run1');
    const { result } = await emit();
    expect(result.runs).to.deep.equal(['00run1']);
    expect(values('RunsSucceeded', 'shops')).to.deep.equal([1]);
    expect(values('RunSeconds', 'shops')).to.deep.equal([1800]);
    expect(values('RowsWritten', 'shops_bronze')).to.deep.equal([9]);
    expect(values('RowsQuarantined', 'shops_bronze')).to.deep.equal([3]);
    expect(aws.sent[0]?.at).to.deep.equal(time('05:40'));
    ended('00run2', { state: 'FAILED' });
    ended('00run3', { state: 'CANCELLED', tags: { 'dataplat.cancelled': 'yes' } });
    await emit('07:10');
    expect(values('RunsSucceeded', 'shops')).to.deep.equal([1]);
    expect(values('RunsFailed', 'shops')).to.deep.equal([1]);
    // EMR ends what took too long in the same state, and nobody has asked for this one's end.
    ended('00run4', { state: 'CANCELLED' });
    await emit('07:15');
    expect(values('RunsFailed', 'shops')).to.deep.equal([1, 1]);
    expect(values('RunSeconds', 'shops')).to.deep.equal([1800, 1800, 1800]);
  });

  it('tell of it once though several send at the same moment', async () => {
    ended('00run1');
    await Promise.all(Array.from({ length: 6 }, () => emit()));
    expect(values('RunsSucceeded', 'shops')).to.deep.equal([1]);
  });

  it('tell of it the next time where CloudWatch throttles for longer than anybody waits', async () => {
    ended('00run1');
    aws.failure = new DataplatError('DP4003', 'CloudWatch PutMetricData: ThrottlingException: Rate exceeded');
    expect(await failureOf(emit())).to.equal(aws.failure);
    aws.failure = undefined;
    await emit('07:15');
    expect(values('RunsSucceeded', 'shops')).to.deep.equal([1]);
  });

  it('say how long a run waits and how late its job is: what never ends is late', async () => {
    aws.runs.add({ id: '00run1', state: 'QUEUED', createdAt: time('06:00') });
    await emit();
    expect(values('QueuedSeconds', 'shops')).to.deep.equal([3600]);
    expect(values('QueuedSeconds', 'members')).to.deep.equal([0]);
    // By 06:00 it was to be done, which is an hour ago; the half hour that a run may take ended later.
    expect(values('SecondsLate', 'shops')).to.deep.equal([3600]);
    expect(values('SecondsLate', 'members')).to.deep.equal([]);
  });

  it('say how old and how good the data is', async () => {
    for (const dataset of platform.datasets)
      if (['shops_bronze', 'invoices_bronze', 'dq_results_gold'].includes(dataset.id)) aws.register(dataset);
    aws.queries.answers.set('max("updated_at")', [['2026-01-05 07:00:00.000']]);
    // A day's invoices are of that whole day.
    aws.queries.answers.set('max("issued_on")', [['2026-01-04']]);
    const row = (expectation: string, severity: string, status: string) => [
      ...['shops_bronze', '2026-01-05', expectation, 'range', severity, status, 'x', 'y'],
    ];
    aws.queries.answers.set('r.expectation', [
      ...[
        row('a', 'error', 'failed'),
        row('b', 'warn', 'failed'),
        row('c', 'warn', 'failed'),
        row('d', 'error', 'passed'),
      ],
    ]);
    await emit();
    expect(values('FreshnessSeconds', 'shops_bronze')).to.deep.equal([86_400]);
    expect(values('FreshnessSeconds', 'invoices_bronze')).to.deep.equal([31 * 3600]);
    expect(values('QualityErrors', 'shops_bronze')).to.deep.equal([1]);
    expect(values('QualityWarnings', 'shops_bronze')).to.deep.equal([2]);
  });

  it('are those that the alarms watch, dimension by dimension', async () => {
    for (const dataset of platform.datasets) aws.register(dataset);
    for (const name of ['updated_at', 'issued_on'])
      aws.queries.answers.set(`max("${name}")`, [['2026-01-05 07:00:00.000']]);
    aws.queries.answers.set(
      'r.expectation',
      platform.datasets.map(({ id }) => [id, '2026-01-05', 'a', 'range', 'error', 'passed', '', '']),
    );
    // Whose rows tell no time is as old as what was written last.
    aws.objects.modified = time('06:00');
    aws.objects.stored.set(
      'roastery-local-123456789012-bronze/order_events/_delta_log/00000000000000000000.json',
      Buffer.from(''),
    );
    const { datasets } = platform.quality;
    const { order_events_bronze: events } = datasets;
    if (!events) throw new Error('nothing is expected of the events');
    const timeless = {
      ...platform,
      quality: { datasets: { ...datasets, order_events_bronze: { ...events, expectations: [] } } },
    };
    for (const job of platform.jobs)
      aws.runs.add({
        ...{ id: `00${job.id}`, name: `${job.id} 2026-01-05`, state: 'RUNNING' as const },
        ...{ createdAt: time('05:00'), startedAt: time('05:00') },
      });
    await emit('07:00', false, timeless);
    const sent = new Set(aws.sent.map(({ metric }) => JSON.stringify(metric)));
    const watched = declaredAlarms(platform, { applicationId: 'app', natGatewayIds: [] }).flatMap(
      ({ measured }) =>
        'metric' in measured && measured.metric.namespace === metricNamespace
          ? [JSON.stringify(measured.metric)]
          : [],
    );
    expect(watched.length).to.be.greaterThan(20);
    const stale = watched.filter((metric) => metric.includes('FreshnessSeconds'));
    expect(stale.length).to.be.greaterThan(3);
    expect(values('FreshnessSeconds', 'order_events_bronze')).to.deep.equal([3600]);
    expect(watched.filter((metric) => !sent.has(metric))).to.deep.equal([]);
  });

  it('can be looked at before they are sent, which takes nothing', async () => {
    ended('00run1');
    const { result } = await emit('07:00', true);
    expect(result).to.include({ emitted: false });
    expect(result.metrics.map(({ name }) => name)).to.include('RunsSucceeded');
    expect(aws.sent).to.deep.equal([]);
    expect((await emit()).result.runs).to.deep.equal(['00run1']);
  });
});
