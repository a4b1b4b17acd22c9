import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Records } from '../../../src/aws/records.js';
import { DataplatError } from '../../../src/model/errors.js';
import { whileChanging, type HeldLock } from '../../../src/operations/state/change-lock.js';
import { fileRecords } from '../../../src/operations/state/file-records.js';
import { parseHolder, processOf, thisHolder, type Holder } from '../../../src/operations/state/holder.js';
import { recordNames } from '../../../src/operations/state/state-records.js';
import { failureOf } from '../collect.js';

const name = recordNames.lock('dev');

describe('the lock of an environment', () => {
  let directory: string;
  let records: Records;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'dataplat-lock-'));
    records = fileRecords(directory);
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const change = async (
    work: (held: HeldLock) => Promise<void>,
    heartbeatMilliseconds = 60_000,
    signal?: AbortSignal,
  ): Promise<string[]> => {
    const request = {
      records,
      environment: 'dev',
      caller: 'arn:aws:iam::1:user/a',
      command: 'dataplat deploy',
    };
    const said: string[] = [];
    const doing = whileChanging<{ type: 'did' }>(
      { ...request, heartbeatMilliseconds, signal },
      async function* (held) {
        await work(held);
        yield { type: 'did' };
      },
    );
    for await (const event of doing) said.push(event.type);
    return said;
  };
  const held = async (): Promise<Holder | undefined> => parseHolder((await records.read(name))?.text ?? '');
  const put = async (holder: Holder): Promise<void> => {
    await records.create(name, JSON.stringify(holder));
  };
  const error = async (promise: Promise<unknown>): Promise<DataplatError> => {
    const failure = await failureOf(promise);
    expect(failure).to.be.instanceOf(DataplatError);
    return failure as DataplatError;
  };

  it('tells who holds it while the work lasts, and is given back at its end', async () => {
    let during: Holder | undefined;
    expect(
      await change(async () => {
        during = await held();
      }),
    ).to.deep.equal(['did']);
    expect(during).to.include({ caller: 'arn:aws:iam::1:user/a', command: 'dataplat deploy' });
    expect(during?.process.pid).to.equal(process.pid);
    expect(await held()).to.equal(undefined);
  });

  it('is given back where the work fails, and the failure is the one that is told', async () => {
    const failure = await failureOf(change(() => Promise.reject(new Error('no'))));
    expect(failure).to.have.property('message', 'no');
    expect(await held()).to.equal(undefined);
  });

  it('is refused to a second, who is told of the first; and is free for him afterwards', async () => {
    await change(async () => {
      const failure = await error(change(() => Promise.resolve()));
      expect(failure.code).to.equal('DP5003');
      expect(failure.exitCode).to.equal(4);
      expect(failure.details.excerpt?.join('\n')).to.contain(`process ${process.pid}, which works`);
      expect(failure.details.next?.join('\n')).to.contain('dataplat unlock --env dev --force --reason');
    });
    expect(await change(() => Promise.resolve())).to.deep.equal(['did']);
  });

  it('has one holder of many who want it at one moment', async () => {
    let [working, refused] = [0, 0];
    const othersRefused = new EventEmitter();
    const attempts = Array.from({ length: 20 }, () =>
      change(async () => {
        working += 1;
        if (refused < 19) await once(othersRefused, 'all');
      }).catch(() => {
        refused += 1;
        if (refused === 19) othersRefused.emit('all');
      }),
    );
    await Promise.all(attempts);
    expect([working, refused]).to.deep.equal([1, 19]);
  });

  it('of a process that is gone is told as such, and that unlock breaks it', async () => {
    const gone = spawn('true');
    const process = processOf(gone.pid ?? 0);
    await new Promise((resolve) => gone.on('close', resolve));
    await put({ ...thisHolder('x', 'arn', 'dataplat deploy --env dev'), process });
    const failure = await error(change(() => Promise.resolve()));
    expect(failure.message).to.contain('did not end as it should');
    expect(failure.details.excerpt?.join('\n')).to.contain(`process ${process.pid} is gone`);
    expect(failure.details.next?.[0]).to.equal('dataplat unlock --env dev');
  });

  it('of a process that is gone is held by its terraform, as long as that works', async () => {
    const [gone, terraform] = [spawn('true'), spawn('sleep', ['60'])];
    try {
      const process = processOf(gone.pid ?? 0);
      await new Promise((resolve) => gone.on('close', resolve));
      const noted = processOf(terraform.pid ?? 0);
      await put({ ...thisHolder('x', 'arn', 'dataplat deploy'), process, terraform: noted });
      const failure = await error(change(() => Promise.resolve()));
      expect(failure.message).to.contain('is being changed by');
      expect(failure.details.excerpt?.join('\n')).to.contain(
        `its terraform, process ${noted.pid}, still works`,
      );
    } finally {
      terraform.kill();
    }
  });

  it('of a process number that is used again by another process is not held', async () => {
    const process = { ...processOf(globalThis.process.pid), processStart: '1' };
    await put({ ...thisHolder('x', 'arn', 'dataplat deploy'), process });
    expect((await error(change(() => Promise.resolve()))).message).to.contain('did not end as it should');
  });

  it('of another machine is held while there are signs of life, and silent a minute after the last', async () => {
    const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();
    const elsewhere = { ...thisHolder('x', 'arn', 'dataplat deploy'), host: 'elsewhere' };
    await put({ ...elsewhere, heartbeat: ago(30) });
    expect((await error(change(() => Promise.resolve()))).message).to.contain('is being changed by');
    await records.remove(name, (await records.read(name))?.version ?? '');
    await put({ ...elsewhere, heartbeat: ago(90) });
    const failure = await error(change(() => Promise.resolve()));
    expect(failure.details.excerpt?.join('\n')).to.contain('without a sign of life');
  });

  it('shows signs of life, and notes the terraform that works', async () => {
    await change(async ({ terraformStarted }) => {
      terraformStarted(process.ppid);
      const first = (await held())?.heartbeat;
      // Ends by the time limit of tests where there is no other sign of life.
      while ((await held())?.heartbeat === first) await new Promise((resolve) => setImmediate(resolve));
      expect((await held())?.terraform?.pid).to.equal(process.ppid);
    }, 10);
    expect(await held()).to.equal(undefined);
  });

  it('that is taken away ends the work, which is told as what it is; the other one keeps it', async () => {
    const failure = await error(
      change(async ({ signal }) => {
        // A sign of life may come between reading and removing, and the lock be ours again.
        while ((await held())?.id !== 'another') {
          await records.remove(name, (await records.read(name))?.version ?? '');
          await put(thisHolder('another', 'arn:other', 'dataplat deploy'));
        }
        if (!signal.aborted) await once(signal, 'abort');
        throw new Error('interrupted');
      }, 10),
    );
    expect(failure.code).to.equal('DP5003');
    expect(failure.message).to.contain('took the lock of dev away');
    expect((await held())?.id).to.equal('another');
  });

  it('passes an interruption on to the work', async () => {
    const interrupted = new AbortController();
    const failure = await failureOf(
      change(
        async ({ signal }) => {
          interrupted.abort();
          expect(signal.aborted).to.equal(true);
          await Promise.reject(new Error('stopped'));
        },
        60_000,
        interrupted.signal,
      ),
    );
    expect(failure).to.have.property('message', 'stopped');
    expect(await held()).to.equal(undefined);
  });

  it('that cannot be read is refused, with what helps', async () => {
    await records.create(name, 'not one of ours');
    const failure = await error(change(() => Promise.resolve()));
    expect(failure.message).to.equal('dev is locked, by whom cannot be read');
    expect(failure.details.next).to.deep.equal(['dataplat unlock --env dev']);
  });
});
