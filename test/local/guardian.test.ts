import { expect } from 'chai';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnGuarded } from '../../src/local/guardian.js';

const guardianModule = fileURLToPath(new URL('../../src/local/guardian.js', import.meta.url));

/** Whether a process runs; one that has ended and that nobody has waited for yet does not. */
function lives(pid: number): boolean {
  const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
  return state !== '' && !state.startsWith('Z');
}

async function until(condition: () => boolean, seconds = 120): Promise<boolean> {
  const deadline = Date.now() + seconds * 1000;
  while (!condition() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  return condition();
}

describe('The guardian of a program', function () {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'guardian-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('reports how the program ended by itself, and what it printed is in the files', async () => {
    const output = join(directory, 'out');
    const guarded = await spawnGuarded('sh', ['-c', 'echo heard; echo complaint >&2; exit 7'], {
      stdout: output,
      stderr: output,
    });
    const ended = await guarded.ended;
    expect(ended).to.deep.equal({ code: 7, signal: null, asked: false, killed: false });
    expect(readFileSync(output, 'utf8')).to.equal('heard\ncomplaint\n');
  });

  it('rejects where there is no such program', async () => {
    const error = await spawnGuarded(join(directory, 'no-such-program'), []).then(
      () => undefined,
      (thrown: unknown) => thrown as Error,
    );
    expect(error?.message).to.contain('no-such-program').and.to.contain('ENOENT');
  });

  it('passes standard input and output through', async () => {
    const guarded = await spawnGuarded('cat', [], { stdin: 'pipe', stdout: 'pipe' });
    const chunks: Buffer[] = [];
    guarded.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    guarded.stdin?.end('there and back\n');
    expect((await guarded.ended).code).to.equal(0);
    await until(() => chunks.length > 0);
    expect(Buffer.concat(chunks).toString()).to.equal('there and back\n');
  });

  it('ends the whole process group when asked, and lets it end in its own way first', async () => {
    const file = join(directory, 'pid');
    const guarded = await spawnGuarded('sh', [
      '-c',
      `sleep 60 & echo $! > ${file}; trap 'echo ended >> ${file}; exit 3' TERM; wait`,
    ]);
    await until(() => existsSync(file) && readFileSync(file, 'utf8').trim() !== '');
    const grandchild = Number(readFileSync(file, 'utf8'));
    expect(lives(grandchild)).to.equal(true);
    const ended = await guarded.stop();
    expect(ended).to.deep.equal({ code: 3, signal: null, asked: true, killed: false });
    expect(readFileSync(file, 'utf8')).to.contain('ended');
    expect(lives(grandchild)).to.equal(false);
  });

  it('kills what does not end within the grace, and says so', async () => {
    const ready = join(directory, 'ready');
    const guarded = await spawnGuarded('sh', [
      '-c',
      `trap '' TERM; touch ${ready}; while :; do sleep 0.1; done`,
    ]);
    await until(() => existsSync(ready));
    const ended = await guarded.stop(0.3);
    expect(ended.killed).to.equal(true);
    expect(ended.signal).to.equal('SIGKILL');
    expect(lives(guarded.pid)).to.equal(false);
  });

  it('ends what a program that has ended left running', async () => {
    const guarded = await spawnGuarded('sh', ['-c', 'sleep 60 & echo $!'], { stdout: 'pipe' });
    let printed = '';
    guarded.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    expect((await guarded.ended).code).to.equal(0);
    await until(() => printed.includes('\n'));
    expect(lives(Number(printed))).to.equal(false);
  });

  it('ends the program and writes the end record when the one who started it is killed', async () => {
    const record = join(directory, 'ended.json');
    const starter = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { spawnGuarded } from ${JSON.stringify(guardianModule)};
         const guarded = await spawnGuarded('sh', ['-c', 'trap "exit 0" TERM; while :; do sleep 0.05; done'],
           { endRecord: ${JSON.stringify(record)}, run: 'run-1' });
         console.log(guarded.pid); setInterval(() => {}, 1000);`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let printed = '';
    starter.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    expect(await until(() => printed.includes('\n'))).to.equal(true);
    const pid = Number(printed);
    expect(lives(pid)).to.equal(true);
    starter.kill('SIGKILL');
    expect(await until(() => existsSync(record))).to.equal(true);
    expect(lives(pid)).to.equal(false);
    const written = JSON.parse(readFileSync(record, 'utf8')) as Record<string, unknown>;
    expect(written).to.include({ run: 'run-1', code: 0, asked: true, killed: false });
  });

  it('does not leave the program behind when the guardian itself is killed', async () => {
    const guarded = await spawnGuarded('sleep', ['60']);
    process.kill(parentOf(guarded.pid), 'SIGKILL');
    const ended = await guarded.ended;
    expect(ended.asked).to.equal(false);
    expect(await until(() => !lives(guarded.pid))).to.equal(true);
  });
});

/** The process that started another; by `ps`, so that it works on a Mac too. */
function parentOf(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }));
}
