import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { openAws } from '../../../src/aws/aws.js';
import { s3Records } from '../../../src/aws/records.js';
import { listLedgers, readLedger } from '../../../src/operations/backfill/ledger.js';
import { loadPlatform } from '../../../src/project/load-platform.js';
import { packageDirectory } from '../../../src/project/project-directory.js';
import { smallPlatform } from '../../small-platform.js';
import { StubAws, type Fault } from './stub-aws.js';
import { ended, StubProject } from './stub-project.js';

export interface Ordeal {
  readonly from: string;
  readonly to: string;
  /** How often the command line is killed before it is let go on to the end. */
  readonly kills: number;
  readonly seed: number;
  readonly jobMilliseconds: number;
  readonly maxActiveRuns: number;
  /** The share of calls that go wrong, by what goes wrong. */
  readonly faults?: {
    readonly throttled: number;
    readonly lost: number;
    readonly broken: number;
    readonly slow: number;
  };
  /** The share of first attempts that fail by their job's own fault. */
  readonly failing?: number;
  readonly clockJumps?: boolean;
  /** Whether the copy on this machine loses the end of its last line, or all of it, after kills. */
  readonly damage?: boolean;
}

export interface Outcome {
  readonly pairs: number;
  readonly kills: number;
  readonly runs: number;
  readonly seconds: number;
  readonly segments: number;
}

/** Numbers that look random and are the same for the same seed. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * A backfill by the command line, which is killed again and again in the middle of a call and resumed each time.
 * Expects of its end: each pair succeeded once, no run that the ledger does not name, no pair that ran without need.
 */
export async function surviving(ordeal: Ordeal): Promise<Outcome> {
  const begun = performance.now();
  const dice = random(ordeal.seed);
  const { faults, failing = 0 } = ordeal;
  let child: ChildProcess | undefined;
  /** How many more runs may be asked for, then how many more calls, until the process is killed. */
  let left: { starts: number; calls: number } | undefined;
  let killed = 0;
  const first = new Set<string>();
  const stub = await StubAws.start({
    jobMilliseconds: ordeal.jobMilliseconds,
    concurrentRuns: 1000,
    outcome: ({ job, date }) => {
      const key = `${job} ${date}`;
      if (first.has(key) || dice() >= failing) return { state: 'SUCCESS' };
      first.add(key);
      return { state: 'FAILED', details: 'the job failed' };
    },
    fault: (call): Fault | undefined => {
      if (left && child?.exitCode === null && !child.killed) {
        if (left.starts > 0) left.starts -= call === 'StartJobRun' ? 1 : 0;
        else if (left.calls > 0) left.calls -= 1;
        else {
          killed += 1;
          left = undefined;
          child.kill('SIGKILL');
          // In the middle of the call: some are done, some are not.
          return dice() < 0.5
            ? { kind: 'lost' }
            : { kind: 'error', status: 500, code: 'InternalServerException' };
        }
      }
      // Our own looks between two lives are not tried again as often as theirs.
      const isAlive = child?.exitCode === null && child.signalCode === null;
      if (!faults || !isAlive || !/JobRun|Object/.test(call)) return undefined;
      const thrown = dice();
      if (thrown < faults.throttled)
        return call.includes('JobRun')
          ? { kind: 'error', status: 429, code: 'ThrottlingException' }
          : undefined;
      if (thrown < faults.throttled + faults.lost) return { kind: 'lost' };
      if (thrown < faults.throttled + faults.lost + faults.broken)
        return { kind: 'error', status: 500, code: 'InternalServerException' };
      return thrown < faults.throttled + faults.lost + faults.broken + faults.slow
        ? { kind: 'slow', milliseconds: 300 }
        : undefined;
    },
  });
  const project = new StubProject(stub);
  const environment = {
    ...loadPlatform(smallPlatform, 'local', {}, {}).environment,
    endpoint: { port: stub.port },
  };
  const records = s3Records(
    openAws(environment).clients,
    `${environment.lake.bucketPrefix}-artifacts`,
    environment.account,
  );
  const life = (words: readonly string[]): Promise<{ code: number | null; said: string }> => {
    const jumps = pathToFileURL(join(packageDirectory, 'dist/test/operations/backfill/clock-jumps.js'));
    child = project.start(
      ['backfill', ...words, '--max-active-runs', String(ordeal.maxActiveRuns), '--retries', '2'],
      ordeal.clockJumps ? ['--import', jumps.href] : [],
    );
    return ended(child);
  };
  try {
    let planned = 0;
    for (let lives = 0; ; lives += 1) {
      const [id] = await listLedgers(records);
      if (planned === 0 && id !== undefined)
        planned = (await readLedger(records, id))?.plan.pairs.length ?? 0;
      const share = planned === 0 ? 1 : (planned - stub.runs.length) / Math.max(1, ordeal.kills - killed);
      left =
        killed < ordeal.kills
          ? { starts: Math.max(0, Math.floor(dice() * share)), calls: Math.floor(dice() * 8) }
          : undefined;
      const range = ['bronze', '--from', ordeal.from, '--to', ordeal.to, '--downstream'];
      const { code, said } = await life(id === undefined ? range : ['--resume', id]);
      if (code === 0) break;
      // A call may go wrong as often as it is tried: then the process ends by itself, and is resumed as well.
      const gaveUp = code === 1 && said.includes('DP4003');
      if ((code !== null && !gaveUp) || lives > ordeal.kills * 3 + 20)
        throw new Error(`life ${lives} ended with ${code}:\n${said}`);
      if (ordeal.damage) damage(project.directory, dice());
    }
    const [id = '', ...others] = await listLedgers(records);
    expect(others, 'one backfill').to.deep.equal([]);
    const ledger = await readLedger(records, id);
    const pairs = (ledger?.plan.pairs ?? []).map(([job, date]) => `${ledger?.plan.jobs[job]?.id} ${date}`);
    const good = stub.runs.filter((run) => stub.stateOf(run) === 'SUCCESS').map(({ name }) => name);
    expect(good.sort(), 'each pair succeeded once').to.deep.equal([...pairs].sort());
    const runs = stub.runs.length;
    expect(runs, 'nothing ran without need').to.equal(pairs.length + first.size);
    const told = new Set((ledger?.lines ?? []).flatMap((line) => ('mark' in line ? [] : [line.runId])));
    expect(
      stub.runs.filter((run) => !told.has(run.id)).map(({ name }) => name),
      'not in the ledger',
    ).to.deep.equal([]);
    return {
      pairs: pairs.length,
      kills: killed,
      runs,
      seconds: (performance.now() - begun) / 1000,
      segments: ledger?.segment ?? 0,
    };
  } finally {
    child?.kill('SIGKILL');
    await stub.stop();
    project.remove();
  }
}

/** What a kill, a full disk or another machine does to the copy: whole, cut off in its last line, or not there. */
function damage(project: string, thrown: number): void {
  const folder = join(project, '.dataplat', 'backfills', 'local');
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    const length = readFileSync(file).length;
    if (thrown < 0.3) truncateSync(file, Math.max(0, length - 1 - Math.floor(thrown * 300)));
    else if (thrown < 0.4) rmSync(file);
  }
}
