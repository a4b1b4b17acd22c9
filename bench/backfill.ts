import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageDirectory } from '../src/project/project-directory.js';
import { locateAirflow, locatePackagingTools, locateRuntime } from '../src/toolchain/locate-toolchain.js';
import { requirementsFile } from '../src/toolchain/requirements.js';
import { runProgram } from '../src/toolchain/run-program.js';
import { uvVariables } from '../src/toolchain/uv.js';
import { StubAws } from '../test/operations/backfill/stub-aws.js';
import { ended, StubProject } from '../test/operations/backfill/stub-project.js';
import { judged, type Comparison } from './compare.js';

export interface Load {
  readonly runs: number;
  readonly atOnce: number;
  readonly jobMilliseconds: number;
}

/**
 * The wall-clock time of a backfill whose jobs only wait, beside what they would wait with nobody to watch them. Its
 * memory is looked at too: what it takes at the end is what it took after a fifth.
 * @throws Error where the backfill fails, or its memory grows
 */
export async function backfillOverhead({ runs, atOnce, jobMilliseconds }: Load): Promise<Comparison> {
  const stub = await StubAws.start({ jobMilliseconds, concurrentRuns: 1000 });
  const project = new StubProject(stub);
  try {
    const begun = performance.now();
    const range = ['shops', '--from', '1995-01-01', '--to', dateAfter('1995-01-01', runs - 1)];
    const child = project.start(['backfill', ...range, '--max-active-runs', String(atOnce), '--json']);
    const memory: { done: number; megabytes: number }[] = [];
    const timer = setInterval(() => {
      memory.push({ done: stub.runs.length / runs, megabytes: megabytesOf(child.pid) });
    }, 500);
    const { code, said } = await ended(child);
    clearInterval(timer);
    if (code !== 0) throw new Error(`the backfill ended with ${code}:\n${said.slice(-2000)}`);
    const a = (performance.now() - begun) / 1000;
    const b = (runs / atOnce) * (jobMilliseconds / 1000);
    const peak = (from: number, to: number): number =>
      Math.max(...memory.filter(({ done }) => done >= from && done <= to).map(({ megabytes }) => megabytes));
    const [early, late] = [peak(0.1, 0.3), peak(0.8, 1)];
    if (late > early * 1.5) throw new Error(`memory grew from ${early} to ${late} MB`);
    const ratio = a / b;
    return {
      title: `dataplat backfill of ${runs} runs, ${atOnce} at once (${early} MB, later ${late} MB) / the jobs' own time`,
      ...{ bound: { most: 1.2 }, ratio, range: [ratio, ratio], a, b, holds: ratio <= 1.2 },
    };
  } finally {
    await stub.stop();
    project.remove();
  }
}

/**
 * Runs a minute of a backfill beside those of Airflow's own, which asks the same stub for as many runs at once. Airflow's
 * start is not counted, ours is. @throws Error where either fails
 */
export async function besideAirflow({ runs, atOnce, jobMilliseconds }: Load): Promise<Comparison> {
  const stub = await StubAws.start({ jobMilliseconds, concurrentRuns: 1000 });
  const project = new StubProject(stub);
  const drivers = mkdtempSync(join(tmpdir(), 'dataplat-drivers-'));
  try {
    const [{ airflow, python }, { uv }, { jobsPython }] = await Promise.all([
      locateAirflow(),
      locatePackagingTools(),
      locateRuntime(),
    ]);
    const list = requirementsFile('bench.txt');
    await runProgram({
      purpose: 'fetch what connects Airflow with PostgreSQL',
      command: uv,
      args: ['pip', 'install', '--python', python, '--require-hashes', '--target', drivers, '-r', list],
      variables: uvVariables(),
    });
    const range = ['--from', '2020-01-01', '--to', dateAfter('2020-01-01', runs - 1)];
    const begun = performance.now();
    const mine = await project.run(['backfill', 'shops', ...range, '--max-active-runs', String(atOnce)]);
    const ours = (performance.now() - begun) / 1000;
    if (mine.code !== 0) throw new Error(`the backfill ended with ${mine.code}:\n${mine.said}`);
    const theirs = await ended(
      spawn(jobsPython, [
        join(packageDirectory, 'bench', 'airflow_backfill.py'),
        ...['--airflow', airflow, '--drivers', drivers, '--endpoint', `http://127.0.0.1:${stub.port}`],
        ...['--runs', String(runs), '--at-once', String(atOnce)],
      ]),
    );
    if (theirs.code !== 0) throw new Error(`Airflow's backfill ended with ${theirs.code}:\n${theirs.said}`);
    const { seconds } = JSON.parse(/^\{"runs".*$/m.exec(theirs.said)?.[0] ?? '{}') as { seconds: number };
    const pair = { a: (60 * runs) / ours, b: (60 * runs) / seconds };
    return {
      ...judged(`runs a minute of a backfill of ${runs} / of Airflow's own`, { least: 10 }, [pair]),
      unit: 'a minute',
    };
  } finally {
    await stub.stop();
    project.remove();
    rmSync(drivers, { recursive: true, force: true });
  }
}

function dateAfter(first: string, days: number): string {
  return new Date(Date.parse(`${first}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** What a process holds of the machine's memory; 0 where the system does not tell. */
function megabytesOf(pid: number | undefined): number {
  try {
    const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Math.round(Number(kilobytes ?? 0) / 1024);
  } catch {
    return 0;
  }
}
