import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { DataplatError } from '../../../src/model/errors.js';
import type { LineageEvent } from '../../../src/model/open-lineage.js';
import { emitLineage } from '../../../src/operations/lineage/emit-lineage.js';
import { declaredLineage, showLineage } from '../../../src/operations/lineage/show-lineage.js';
import { loadPlatform } from '../../../src/project/load-platform.js';
import { smallPlatform } from '../../small-platform.js';
import { collect, failureOf } from '../collect.js';
import { MemoryObjects } from '../memory-objects.js';
import { MemoryRuns } from '../memory-runs.js';

const platform = loadPlatform(smallPlatform, 'local', {}, {});
const buckets = platform.environment.lake.bucketPrefix;
const time = (clock: string): string => `2026-01-06T${clock}:00.000Z`;
const since = new Date('2026-01-05T00:00:00Z');

function event(run: string, kind: string, clock: string, more: Partial<LineageEvent> = {}): LineageEvent {
  return {
    ...{ eventType: kind, eventTime: time(clock), job: { namespace: 'roastery', name: 'shops' } },
    run: {
      runId: run,
      facets: { dataplat_run: { runId: `job-${run}`, application: 'a', date: '2026-01-05' } },
    },
    ...more,
  };
}

describe('events of lineage that runs have kept', () => {
  let aws: { objects: MemoryObjects; runs: MemoryRuns };
  let folder: string;
  let server: Server | undefined;
  beforeEach(() => {
    aws = { objects: new MemoryObjects(), runs: new MemoryRuns() };
    folder = mkdtempSync(join(tmpdir(), 'dataplat-lineage-'));
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true });
    await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
    server = undefined;
  });

  function keep(one: LineageEvent, text = JSON.stringify(one)): void {
    const name = `${one.run.runId}.${one.eventType.toLowerCase()}.json`;
    const key = `emr/${one.job.name}/lineage/2026-01-05/${name}`;
    aws.objects.stored.set(`${buckets}-logs/${key}`, Buffer.from(text));
  }

  async function written(): Promise<LineageEvent[]> {
    const file = join(folder, 'events.jsonl');
    await collect(emitLineage(platform, aws, { to: { file }, since }));
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LineageEvent);
  }

  it('come in the order of their times, whatever the names of their files; a torn one is left out', async () => {
    keep(event('b', 'START', '05:00'));
    keep(event('b', 'COMPLETE', '05:30'));
    keep(event('a', 'START', '05:10'));
    keep(event('a', 'FAIL', '05:20'));
    keep(event('c', 'START', '05:00'), '{"eventType":"STA');
    const told = (await written()).map(({ run, eventType }) => `${run.runId} ${eventType}`);
    expect(told).to.deep.equal(['b START', 'a START', 'a FAIL', 'b COMPLETE']);
  });

  it('get their end from EMR where the run was killed before it told', async () => {
    keep(event('a', 'START', '05:10'));
    keep(event('b', 'START', '06:10'));
    keep(event('c', 'START', '07:10'));
    keep(event('d', 'START', '08:10'));
    const run = { createdAt: new Date(time('05:00')), endedAt: new Date(time('05:40')) };
    aws.runs.add({ state: 'FAILED', stateDetails: 'driver was killed', ...run });
    aws.runs.add({
      state: 'CANCELLED',
      tags: { 'dataplat.cancelled': 'yes' },
      createdAt: new Date(time('06:00')),
      endedAt: new Date(time('06:20')),
    });
    aws.runs.add({ state: 'RUNNING', createdAt: new Date(time('07:00')) });
    // Nobody has asked for its end: EMR ended it for its time.
    aws.runs.add({
      state: 'CANCELLED',
      createdAt: new Date(time('08:00')),
      endedAt: new Date(time('08:50')),
    });
    const events = await written();
    const told = events.map(({ run: { runId }, eventType, eventTime }) => [
      runId,
      eventType,
      eventTime.slice(11, 16),
    ]);
    expect(told).to.deep.equal([
      ['a', 'START', '05:10'],
      ['a', 'FAIL', '05:40'],
      ['b', 'START', '06:10'],
      ['b', 'ABORT', '06:20'],
      ['c', 'START', '07:10'],
      ['d', 'START', '08:10'],
      ['d', 'FAIL', '08:50'],
    ]);
    expect(events[1]?.run.facets).to.have.nested.property('errorMessage.message', 'driver was killed');
  });

  async function receiver(statuses: number[]): Promise<{ url: string; got: string[] }> {
    const got: string[] = [];
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const status = statuses.shift() ?? 201;
        const one = JSON.parse(Buffer.concat(parts).toString('utf8')) as LineageEvent;
        if (status === 201) got.push(one.eventType);
        response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/lineage`, got };
  }

  it('are sent one after the other; a receiver that is busy is asked again', async () => {
    keep(event('a', 'START', '05:10'));
    keep(event('a', 'COMPLETE', '05:20'));
    const { url, got } = await receiver([429]);
    const options = { to: { url }, since, pause: () => Promise.resolve() };
    const { result } = await collect(emitLineage(platform, aws, options));
    expect(got).to.deep.equal(['START', 'COMPLETE']);
    expect(result).to.include({ events: 2, runs: 1, completed: 0 });
  });

  it('that a receiver refuses are told with how many it has', async () => {
    keep(event('a', 'START', '05:10'));
    keep(event('a', 'COMPLETE', '05:20'));
    const { url } = await receiver([201, 403]);
    const failure = await failureOf(collect(emitLineage(platform, aws, { to: { url }, since })));
    expect(failure).to.be.instanceOf(DataplatError);
    expect((failure as DataplatError).message).to.equal(
      'the receiver of lineage did not take the message: it answered 403',
    );
    expect((failure as DataplatError).details.left).to.match(/^1 events were sent/);
  });

  it('show where columns come from, by the names of the declaration, and what is not declared', async () => {
    const bucket = (layer: string): string => `s3://${buckets}-${layer}`;
    const from = { namespace: bucket('landing'), name: 'till/shops', field: 'shop_id' };
    const output = (name: string, column: string) => ({
      ...{ namespace: bucket('bronze'), name },
      facets: { columnLineage: { fields: { [column]: { inputFields: [from] } } } },
    });
    keep(
      event('a', 'COMPLETE', '05:20', {
        run: {
          runId: 'a',
          facets: {
            dataplat_observed: {
              reads: [`${bucket('landing')}/till/shops/2026-01-05/shops.csv`, `${bucket('bronze')}/invoices`],
              writes: [`${bucket('bronze')}/shops__quarantine`, `${bucket('silver')}/members`],
            },
          },
        },
        outputs: [output('shops', 'shop_id'), output('shops__quarantine', '_raw')],
      }),
    );
    const { result } = await collect(showLineage(platform, aws, 'shops'));
    expect(result.observed[0]?.columns).to.deep.equal({
      shops_bronze: [{ column: 'shop_id', from: ['source/shops.shop_id'] }],
      shops_bronze__quarantine: [{ column: '_raw', from: ['source/shops.shop_id'] }],
    });
    expect(result.observed[0]?.disagreements).to.deep.equal([
      'shops reads invoices_bronze, which lineage.yaml does not say',
      'shops writes members_silver, which lineage.yaml does not say',
    ]);
  });

  it('are drawn as far as they lead to a name and from it', () => {
    const ids = declaredLineage(platform, 'invoices_bronze').nodes.map(({ kind, id }) => `${kind}/${id}`);
    expect(ids).to.include.members([
      'source/invoices',
      'job/invoices',
      'dataset/invoices_bronze',
      'job/check_bronze',
    ]);
    expect(ids).not.to.include('source/shops');
    expect(() => declaredLineage(platform, 'invoice')).to.throw(
      DataplatError,
      'no job, dataset or source "invoice"',
    );
  });
});
