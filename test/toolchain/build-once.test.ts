import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { buildOnce, isComplete } from '../../src/toolchain/complete-directory.js';
import { withLock } from '../../src/toolchain/file-lock.js';
import { FakeMachine } from './fake-machine.js';

describe('what is built once for all', () => {
  let machine: FakeMachine;
  beforeEach(() => {
    machine = new FakeMachine();
  });
  afterEach(() => machine.remove());

  it('is built once when several ask at the same time', async () => {
    const directory = join(machine.cache, 'thing');
    let builds = 0;
    const build = async () => {
      builds += 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
      writeFileSync(join(directory, 'part'), 'whole');
    };
    await Promise.all([1, 2, 3].map(() => buildOnce(directory, build)));
    expect(builds).to.equal(1);
    expect(isComplete(directory)).to.equal(true);
    expect(readdirSync(machine.cache)).to.deep.equal(['thing']);
  });

  it('leaves nothing behind when its build fails, and can be built afterwards', async () => {
    const directory = join(machine.cache, 'thing');
    const failing = buildOnce(directory, () => {
      writeFileSync(join(directory, 'half'), '');
      return Promise.reject(new Error('no space'));
    });
    expect(await failing.catch((error: Error) => error.message)).to.equal('no space');
    expect(existsSync(directory)).to.equal(false);
    await buildOnce(directory, () => Promise.resolve());
    expect(isComplete(directory)).to.equal(true);
  });

  it('is built anew where an interrupted build left a part', async () => {
    const directory = join(machine.cache, 'thing');
    machine.file(join(directory, 'half'));
    await buildOnce(directory, () => Promise.resolve());
    expect(existsSync(join(directory, 'half'))).to.equal(false);
  });

  it('takes over the lock of a process that has died', async () => {
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const lock = machine.file('lock', JSON.stringify({ pid: dead, processStart: '1', id: 'x' }));
    expect(await withLock(lock, () => Promise.resolve('done'))).to.equal('done');
    expect(existsSync(lock)).to.equal(false);
  });

  it('takes over the lock of a dead process whose number another has now', async function () {
    if (process.platform !== 'linux') return; // only Linux tells when a process began
    const lock = machine.file('lock', JSON.stringify({ pid: process.pid, processStart: '1', id: 'x' }));
    expect(await withLock(lock, () => Promise.resolve('done'))).to.equal('done');
  });

  it('tells who holds the lock, and waits for it', async () => {
    const lock = join(machine.root, 'lock');
    const order: string[] = [];
    let waits = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (waits = resolve));
    const first = withLock(lock, async () => {
      await waiting;
      order.push('first');
    });
    const second = withLock(
      lock,
      () => Promise.resolve(order.push('second')),
      (holder) => {
        order.push(`waits for ${holder}`);
        waits();
      },
    );
    await Promise.all([first, second]);
    expect(order).to.deep.equal([`waits for ${process.pid}`, 'first', 'second']);
  });
});
