import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { DataplatError } from '../../../src/model/errors.js';
import type { Platform } from '../../../src/model/platform.js';
import { broken, checkSla, type CheckSlaResult } from '../../../src/operations/sla/check-sla.js';
import { loadPlatform } from '../../../src/project/load-platform.js';
import { smallPlatform } from '../../small-platform.js';
import { collect, failureOf } from '../collect.js';
import { MemoryRecords } from '../memory-records.js';
import { SlaAws } from './sla-aws.js';

const declared = loadPlatform(smallPlatform, 'local', {}, {});
const subject = 'shops_bronze';
const subjects = declared.datasets.filter(({ id }) => id === subject);
const clock =
  (time: string): (() => Date) =>
  () =>
    new Date(`2026-01-06T${time}:00Z`);
const sound = ['2026-01-06 04:00:00.000'];
const stale = ['2026-01-03 04:00:00.000'];

describe('a check of promises that tells of them', () => {
  let records: MemoryRecords;
  let aws: SlaAws;
  let server: Server | undefined;
  const received: { text: string; blocks: unknown[] }[] = [];
  let statuses: number[] = [];

  beforeEach(() => {
    records = new MemoryRecords();
    aws = new SlaAws();
    for (const dataset of subjects) aws.register(dataset);
    newest(stale);
    received.length = 0;
    statuses = [];
  });
  afterEach(async () => {
    await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
    server = undefined;
  });

  function newest(row: string[]): void {
    aws.queries.answers.set('max("updated_at")', [row]);
  }

  /** Another call is another machine: they share what is in the records alone. */
  async function check(
    time: string,
    notifications: Platform['environment']['notifications'] = {},
  ): Promise<CheckSlaResult> {
    const platform = { ...declared, environment: { ...declared.environment, notifications } };
    const options = { subject, notify: true, now: clock(time), pause: () => Promise.resolve() };
    return (await collect(checkSla(platform, aws, records, options))).result;
  }

  /** A receiver in the way of Slack. */
  async function webhook(): Promise<{ url: string }> {
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const status = statuses.shift() ?? 200;
        if (status === 200)
          received.push(JSON.parse(Buffer.concat(parts).toString('utf8')) as (typeof received)[number]);
        response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/x` };
  }

  it('publishes a breach once, from whichever machine, and that it is over once', async () => {
    const first = await check('07:00');
    expect(first).to.include({ broken: 1 });
    expect(first.told).to.deep.equal({ topic: 1 });
    expect(aws.published).to.deep.equal([
      {
        topicArn: 'arn:aws:sns:eu-central-1:123456789012:roastery-local-alarms',
        subject: 'roastery-local: promises 1 broken',
        text: [
          'BROKEN: freshness of shops_bronze (at most 26h old): the newest is of 2026-01-03 04:00 UTC',
          'dataplat sla check --env local   (what to do: docs/RUNBOOK_AWS.md#job-late)',
        ].join('\n'),
      },
    ]);
    expect((await check('07:05')).told).to.deep.equal({});
    newest(sound);
    expect((await check('07:10')).told).to.deep.equal({ topic: 1 });
    expect(aws.published[1]?.subject).to.equal('roastery-local: promises 1 kept again');
    expect((await check('07:15')).told).to.deep.equal({});
    newest(stale);
    expect((await check('07:20')).told).to.deep.equal({ topic: 1 });
    expect(aws.published).to.have.length(3);
  });

  it('tells it once though several check at the same moment', async () => {
    await Promise.all(Array.from({ length: 8 }, () => check('07:00')));
    expect(aws.published).to.have.length(1);
  });

  it('keeps quiet at night: what is over by the morning was never told, what still stands is told then', async () => {
    const quietHours = { from: '22:00', to: '06:00' };
    expect((await check('03:00', { quietHours })).told).to.deep.equal({});
    newest(sound);
    await check('03:30', { quietHours });
    await check('06:00', { quietHours });
    expect(aws.published).to.have.length(0);
    newest(stale);
    await check('05:00', { quietHours });
    expect((await check('06:01', { quietHours })).told).to.deep.equal({ topic: 1 });
  });

  it('does not tell a breach again that was over for a while of the night', async () => {
    const quietHours = { from: '22:00', to: '06:00' };
    await check('21:00', { quietHours });
    newest(sound);
    await check('22:30', { quietHours });
    newest(stale);
    await check('23:30', { quietHours });
    await check('07:00', { quietHours });
    expect(aws.published).to.have.length(1);
  });

  it('posts to a webhook in the shape of Slack, again where it is busy', async () => {
    statuses = [429, 503];
    const result = await check('07:00', { webhook: await webhook() });
    expect(result.told).to.deep.equal({ topic: 1, webhook: 1 });
    expect(received).to.have.length(1);
    expect(received[0]?.text).to.equal('roastery-local: promises 1 broken');
    expect(received[0]?.blocks[0]).to.deep.equal({
      type: 'header',
      text: { type: 'plain_text', text: 'roastery-local: promises 1 broken' },
    });
    expect(JSON.stringify(received[0]?.blocks[1])).to.contain('freshness of shops_bronze');
  });

  it('tells later whom it could not reach, and the others no second time', async () => {
    const target = await webhook();
    statuses = [404];
    const first = await check('07:00', { webhook: target });
    expect(first.told).to.deep.equal({ topic: 1 });
    expect(first.untold).to.deep.equal(['webhook: the webhook did not take the message: it answered 404']);
    const second = await check('07:05', { webhook: target });
    expect(second.told).to.deep.equal({ webhook: 1 });
    expect(second.untold).to.deep.equal([]);
    expect([aws.published.length, received.length]).to.deep.equal([1, 1]);
  });

  it('tells nothing of a secret address that cannot be reached but why', async () => {
    const { untold } = await check('07:00', { webhook: { secret: 'slack' } });
    expect(untold).to.deep.equal(['webhook: the webhook did not take the message: it cannot be reached']);
  });

  it('goes on where SNS refuses, and fails for it though every promise were kept', async () => {
    aws.failure = new DataplatError('DP4003', 'SNS Publish: AuthorizationError: not authorized');
    const refused = await check('07:00');
    expect(refused.told).to.deep.equal({});
    expect(broken(refused)).to.include({ code: 'DP6020', exitCode: 1 });
    expect(broken({ ...refused, broken: 0 })).to.include({ code: 'DP6021', exitCode: 1 });
    aws.failure = undefined;
    expect((await check('07:05')).told).to.deep.equal({ topic: 1 });
  });

  it('takes over what somebody was killed at while telling it, after five minutes', async () => {
    aws.failure = new TypeError('killed');
    expect(await failureOf(check('07:00'))).to.be.instanceOf(TypeError);
    aws.failure = undefined;
    expect((await check('07:06')).told).to.deep.equal({ topic: 1 });
  });

  it('says which job or dataset there is, where the one that is named is none', async () => {
    const asked = collect(checkSla(declared, aws, records, { subject: 'shps' }));
    expect(await failureOf(asked))
      .to.have.property('message')
      .that.matches(/no job or dataset "shps" \(did you mean shops/);
  });

  it('counts what nothing measures as broken where silence is late', async () => {
    const { environment } = declared;
    const loud = {
      ...declared,
      environment: { ...environment, alarms: { ...environment.alarms, silenceIsLate: true } },
    };
    const count = async (platform: Platform) =>
      (await collect(checkSla(platform, aws, records, { subject: 'members', now: clock('07:00') }))).result;
    expect(await count(declared)).to.include({ broken: 0, kept: 0, unmeasured: 4 });
    expect(await count(loud)).to.include({ broken: 4, kept: 0, unmeasured: 0 });
  });
});
