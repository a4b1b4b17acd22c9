import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { DataplatError } from '../../src/model/errors.js';
import { packageDirectory } from '../../src/project/project-directory.js';
import { machineFailure } from '../../src/toolchain/machine-failure.js';

function failureOf(work: () => unknown): DataplatError | undefined {
  try {
    work();
  } catch (error) {
    return machineFailure(error);
  }
  throw new Error('nothing failed');
}

describe('what the machine refuses', () => {
  const root = mkdtempSync(join(tmpdir(), 'dataplat-refused-'));
  after(() => rmSync(root, { recursive: true }));
  const file = join(root, 'file');
  writeFileSync(file, '');

  it('is a full disk, where that is the reason', () => {
    const error = failureOf(() => writeFileSync('/dev/full', 'something'));
    expect(error).to.have.property('code', 'DP3005');
    expect(error?.message).to.contain('the disk is full: ENOSPC');
  });

  it('is a place that cannot be written, which is named', () => {
    const places: readonly (readonly [() => unknown, string])[] = [
      [
        () => mkdirSync(join(file, 'folder'), { recursive: true }),
        `${join(file, 'folder')} cannot be written`,
      ],
      [() => writeFileSync(root, ''), `${root} cannot be opened: EISDIR`],
    ];
    for (const [work, said] of places) {
      const error = failureOf(work);
      expect(error, said).to.have.property('code', 'DP1010');
      expect(error?.message).to.contain(said);
    }
  });

  it('is a file system that is read-only, in whose folders Node finds none', () => {
    const thrown = Object.assign(new Error("ENOENT: no such file or directory, mkdir '/media/cdktf.out'"), {
      ...{ code: 'ENOENT', syscall: 'mkdir', path: '/media/cdktf.out' },
    });
    expect(machineFailure(thrown)).to.have.property('code', 'DP1010');
  });

  it('is nothing of the machine where a file is not there, or the code is wrong', () => {
    expect(failureOf(() => readFileSync(join(root, 'none')))).to.equal(undefined);
    expect(failureOf(() => (undefined as unknown as string).length)).to.equal(undefined);
  });

  it('is a folder that is gone under somebody’s feet', () => {
    const program = join(packageDirectory, 'bin', 'dataplat.js');
    const line = `mkdir '${root}/gone' && cd '${root}/gone' && rmdir '${root}/gone' && '${process.execPath}' '${program}' "$@" 2>&1; echo $?`;
    const said = (...words: string[]): string =>
      execFileSync('bash', ['-c', line, 'bash', ...words], { encoding: 'utf8' });
    expect(said('validate')).to.match(
      /^error {2}the folder that this shell is in is gone {2}\[DP1002\]\n.*\n2\n$/s,
    );
    expect(said('init', 'here')).to.contain('[DP1002]');
    expect(said('synth', '--quiet', '-C', join(packageDirectory, 'test', 'nowhere'))).to.contain(
      'no directory',
    );
  });
});
