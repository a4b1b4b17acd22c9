import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { DataplatError } from '../../src/model/errors.js';
import { requireFreeSpace, requireWritable } from '../../src/toolchain/disk-space.js';
import { failure, runProgram } from '../../src/toolchain/run-program.js';

describe('a set-up that fails', () => {
  const run = { purpose: 'fetch it', command: 'uv' };

  it('says that the disk is full where that is the reason', () => {
    expect(failure(run, 2, 'error: No space left on device (os error 28)')).to.have.property(
      'code',
      'DP3005',
    );
  });

  it('says that a registry cannot be reached, and shows what was said', () => {
    const error = failure(run, 2, 'error: Failed to fetch: dns error: failed to lookup address');
    expect(error.message).to.equal(
      'could not fetch it: a package registry could not be reached (network, proxy or certificate)',
    );
    expect(error.details.excerpt?.[0]).to.include('dns error');
    expect(error.details.next).to.deep.equal(['npm run setup']);
  });

  it('says that the cache cannot be written, where it cannot, and what to set', async () => {
    const file = fileURLToPath(import.meta.url);
    for (const cache of [file, join(file, 'cache'), '/dev/null/cache']) {
      const error: unknown = await requireWritable(cache).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(DataplatError).with.property('code', 'DP1010');
      expect((error as DataplatError).message).to.contain(`${cache} cannot be written: `);
    }
  });

  it('names the exit code and the last lines of a program, and no stack trace', async () => {
    const script = 'echo first; echo "Exception: it broke"; echo "	at some.Class.method"; exit 3';
    const error: unknown = await runProgram({
      purpose: 'try',
      command: '/bin/sh',
      args: ['-c', script],
    }).catch((thrown: unknown) => thrown);
    expect(error)
      .to.be.instanceOf(DataplatError)
      .with.property('message', 'could not try: /bin/sh ended with exit code 3');
    expect((error as DataplatError).details.excerpt).to.deep.equal(['first', 'Exception: it broke']);
  });

  it('hands on each line of a program that succeeds', async () => {
    const lines: string[] = [];
    const args = ['-c', 'echo one; echo two >&2; echo three'];
    const run = { purpose: 'try', command: '/bin/sh', args, onLine: (line: string) => lines.push(line) };
    expect(await runProgram(run)).to.equal('one\nthree');
    expect(lines).to.have.members(['one', 'two', 'three']);
  });

  it('is refused before anything is fetched where the disk is too small', async () => {
    await requireFreeSpace('/', 1, 'set-up');
    const error: unknown = await requireFreeSpace('/no/such/folder', 1e18, 'set-up').catch(
      (thrown: unknown) => thrown,
    );
    expect(error).to.have.property('code', 'DP3005');
  });
});
