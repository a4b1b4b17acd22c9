import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { packageDirectory } from '../../../src/project/project-directory.js';
import { StubAws } from './stub-aws.js';
import { ended, StubProject } from './stub-project.js';

const range = ['shops', '--from', '2026-01-01', '--to', '2026-01-06'];

/** The commands of the page, in their order, without what is said of them, with a job of the project for its example. */
const commands = [
  ...readFileSync(join(packageDirectory, 'docs', 'WHEN_A_BACKFILL_DIES.md'), 'utf8').matchAll(
    /^dataplat (.*?)\s*(?:#.*)?$/gm,
  ),
].map((match) => (match[1] ?? '').replace(/^(backfill|runs --job) [a-z]\w*/, '$1 shops'));

describe('the page on backfills that die', () => {
  let stub: StubAws;
  let project: StubProject;
  let broken = '2026-01-04';

  const killedAfter = async (child: ChildProcess, runs: number): Promise<void> => {
    const before = stub.runs.length;
    const over = ended(child);
    const told = (run: string): boolean => [...stub.objects.values()].some(({ body }) => body.includes(run));
    while (stub.runs.length < before + runs && child.exitCode === null) await sleep(5);
    // What it has learnt is in the bucket a moment later.
    while (!stub.runs.slice(before, before + runs).every(({ id: run }) => told(run))) await sleep(25);
    child.kill('SIGKILL');
    expect((await over).code).to.equal(null);
  };
  const id = (): string => {
    const plans = [...stub.objects.keys()].filter((key) => key.endsWith('/plan.json')).sort();
    return plans.at(-1)?.split('/').at(-2) ?? '';
  };

  before(async () => {
    stub = await StubAws.start({
      ...{ jobMilliseconds: 350, concurrentRuns: 2 },
      outcome: ({ date }) => ({
        state: date === broken ? 'FAILED' : 'SUCCESS',
        details: date === broken ? 'no file' : '',
      }),
    });
    project = new StubProject(stub);
  });

  after(async () => {
    await stub.stop();
    project.remove();
  });

  it('has commands that do what it says', async function () {
    await killedAfter(project.start(['backfill', ...range, '--retries', '0']), 3);
    const killed = id();
    // While it stands still, nobody else takes its range.
    const refused = await project.run(['backfill', 'bronze', '--date', '2026-01-06']);
    expect(refused.code, refused.said).to.equal(4);
    expect(refused.said).to.match(
      new RegExp(`backfill ${killed} of .+ holds shops[\\s\\S]*--resume ${killed}`),
    );

    const said: string[] = [];
    for (const [index, command] of commands.entries()) {
      const last = commands.slice(index).every((one) => one.startsWith('backfills'));
      if (last && !commands.slice(index - 1).every((one) => one.startsWith('backfills'))) {
        broken = '';
        await killedAfter(project.start(['backfill', ...range, '--reprocess', 'completed']), 2);
      }
      const words = command.replace('<id>', id()).split(' ');
      const { code, said: text } = await project.run(words);
      said.push(text);
      const expected = command === 'backfill --resume <id>' ? 3 : 0;
      expect(code, `${command}\n${text}`).to.equal(expected);
      if (expected === 3) broken = '';
    }
    const [list, show, runs, resumed, failed, again, preview, nothing, once, paused, cancelled] = said;
    expect(list).to.match(new RegExp(`${killed} +shops +2026-01-01 +2026-01-06 +stopped`));
    expect(show).to.match(/shops +2026-01-01 +(active|succeeded) +1 +00stub0000000001/);
    expect(runs).to.contain('00stub0000000003');
    expect(resumed).to.match(/shops +2026-01-04 +failed +1 +00stub\d+ +no file/);
    expect(resumed).to.contain(`dataplat backfill --resume ${killed} --reprocess failed --env local`);
    expect(failed).to.match(/5 succeeded, 1 failed/);
    expect(again).to.contain(`${killed} done`);
    expect(preview).to.match(/skip +shops 2026-01-04 +done at this release/);
    expect(preview).to.match(/0 runs, 6 skipped/);
    expect(nothing).to.contain('nothing to run');
    expect(once).to.match(/1 run succeeded/);
    expect(paused).to.contain('does not run');
    expect(cancelled).to.match(/\S+ cancelled/);
    expect(said).to.have.length(11);
    // Six dates, one of them again, one on demand, and what had begun when the last one was killed.
    expect(stub.runs.length).to.be.within(10, 12);
    expect(stub.runs.slice(8).map((run) => stub.stateOf(run))).to.satisfy((states: string[]) =>
      states.every((state) => state === 'CANCELLED' || state === 'SUCCESS'),
    );
  });

  it('can be paused and ended from a second terminal while it runs', async function () {
    broken = '';
    stub.options.jobMilliseconds = 1000;
    const child = project.start([
      'backfill',
      'invoices',
      '--from',
      '2026-01-01',
      '--to',
      '2026-01-31',
      '--json',
    ]);
    const over = ended(child);
    const before = stub.runs.length;
    while (stub.runs.length < before + 2) await sleep(5);
    const paused = await project.run(['backfills', 'pause', '--json']);
    expect(paused.code, paused.said).to.equal(0);
    const first = await over;
    expect(first.code, first.said).to.equal(3);
    const lines = first.said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; state?: string });
    expect(lines.at(-1)).to.deep.include({ type: 'result', state: 'paused' });
    expect(lines.filter(({ type, state }) => type === 'run' && state === 'succeeded').length).to.be.at.least(
      2,
    );

    // Runs that are at work whenever it is cancelled, and others that end at once.
    stub.options.jobMilliseconds = 3_600_000;
    const then = stub.runs.length;
    const resumed = ended(project.start(['backfill', '--resume']));
    while (stub.runs.length < then + 2) await sleep(5);
    const shown = await project.run(['backfills', 'show']);
    expect(shown.said).to.match(/: running\n[\s\S]*written by .+, process \d+/);
    const cancelled = await project.run(['backfills', 'cancel']);
    expect(cancelled.code, cancelled.said).to.equal(0);
    const second = await resumed;
    expect(second.code, second.said).to.equal(3);
    expect(second.said).to.match(/was cancelled/);
    expect(stub.runs.slice(then).map((run) => stub.stateOf(run))).to.deep.equal(['CANCELLED', 'CANCELLED']);
    // By which they are told from runs that took too long.
    expect(stub.runs.slice(then).map(({ tags }) => tags['dataplat.cancelled'])).to.deep.equal(['yes', 'yes']);
    expect(stub.runs.some((run) => stub.stateOf(run) === 'RUNNING')).to.equal(false);
    stub.options.jobMilliseconds = 10;
    const after = await project.run(['backfill', 'invoices', '--date', '2026-01-31']);
    expect(after.code, after.said).to.equal(0);
  });

  it('is refused where it makes no sense, with what to type instead', async () => {
    const said = async (...words: string[]): Promise<string> => {
      const { code, said: text } = await project.run(['backfill', ...words]);
      return `${code} ${text}`;
    };
    expect(await said('order_events', '--date', '2026-01-01')).to.match(
      /^2 [\s\S]*checkpoint[\s\S]*DP1009[\s\S]*dataplat submit ingest order_events/,
    );
    expect(await said('bronze')).to.match(/^2 [\s\S]*--from and --to/);
    expect(await said('bronze', '--from', '2026-01-05', '--to', '2026-01-01')).to.match(
      /^2 [\s\S]*before it begins/,
    );
    expect(await said('bronce', '--date', '2026-01-01')).to.match(/^2 [\s\S]*bronze/);
    expect(await said('--resume', 'none')).to.match(/^1 [\s\S]*DP6012/);
  });
});
