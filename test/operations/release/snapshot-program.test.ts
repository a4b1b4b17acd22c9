import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { snapshotProgram } from '../../../src/operations/release/snapshot-program.js';
import { loadPlatform } from '../../../src/project/load-platform.js';
import { smallPlatform } from '../../small-platform.js';

const { environment } = loadPlatform(smallPlatform, 'prod', {}, {});

describe('the program that takes snapshots', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dataplat-snapshot-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Runs it where there is no package, with the declaration alone beside it, as in Airflow's folder. */
  async function run(...words: string[]): Promise<{ code: number | null; error: { code: string } }> {
    const program = join(folder, 'snapshot.mjs');
    writeFileSync(program, (await snapshotProgram(environment)) ?? '');
    cpSync(join(smallPlatform, 'config'), join(folder, 'config'), { recursive: true });
    return new Promise((resolve) => {
      const variables = { PATH: process.env['PATH'], DATAPLAT_LOCAL_PORT: '1' };
      const child = execFile(
        process.execPath,
        [program, ...words],
        { cwd: '/', env: variables },
        (_, out) => {
          const last = JSON.parse(out.trim().split('\n').at(-1) ?? '') as { error: { code: string } };
          resolve({ code: child.exitCode, error: last.error });
        },
      );
    });
  }

  it('stands alone: it reads the declaration and asks AWS, with nothing else there', async () => {
    // Nothing answers at that port.
    expect((await run(folder, 'local')).error.code).to.equal('DP3004');
  });

  it('ends with the exit code of its failure', async () => {
    const { code, error } = await run(folder, 'nowhere');
    expect(error.code).to.equal('DP1003');
    expect(code).to.equal(2);
    expect((await run()).code).to.equal(2);
  });

  it('is there where snapshots are declared, and only there', async () => {
    const { snapshots: _, ...without } = environment;
    expect(await snapshotProgram(without)).to.equal(undefined);
  });
});
