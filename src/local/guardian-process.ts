/**
 * The guardian itself: a small process of its own between the endpoint and a program that the endpoint starts.
 * It reads what to start from the first line of its standard input and ends that program, with everything the
 * program started, as soon as its standard input ends: so when the endpoint is asked to, and also when the endpoint
 * is killed without a chance to clean up. It speaks to the endpoint in JSON lines on file descriptor 3.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream, renameSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { GuardOrder, GuardReport } from './guardian.js';

const reports = createWriteStream('', { fd: 3 });
// The endpoint may be gone: then nobody reads the reports, and that is no reason to stop cleaning up.
reports.on('error', () => undefined);

function report(line: GuardReport): Promise<void> {
  return new Promise((resolve) => {
    if (reports.destroyed) resolve();
    else reports.write(`${JSON.stringify(line)}\n`, () => resolve());
  });
}

/** Signals a process group; false where nothing of it is left. */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch {
    return false;
  }
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Whether something of the group still runs. A process that has ended but that nobody has waited for (its parent is
 * gone, and the first process of a container is often slow to) still takes signals: `ps` tells it apart.
 */
function groupRuns(group: number): boolean {
  if (!signalGroup(group, 0)) return false;
  const listed = spawnSync('ps', ['-A', '-o', 'pgid=,stat='], { encoding: 'utf8' });
  if (listed.status !== 0) return true;
  return listed.stdout.split('\n').some((line) => {
    const [of, state] = line.trim().split(/\s+/);
    return of === String(group) && !state?.startsWith('Z');
  });
}

/** Waits until nothing of the group is left; false if something still is after `seconds`. */
async function groupIsGone(group: number, seconds: number): Promise<boolean> {
  const deadline = Date.now() + seconds * 1000;
  while (groupRuns(group)) {
    if (Date.now() >= deadline) return false;
    await pause(50);
  }
  return true;
}

function guard(order: GuardOrder, onStop: (stop: (graceSeconds?: number) => void) => void): void {
  const child = spawn(order.command, order.args, {
    cwd: order.cwd,
    env: order.env,
    detached: true,
    stdio: [order.stdin ? 4 : 'ignore', 1, 2],
  });
  let asked = false;
  let killed = false;

  child.once('error', (error) => {
    void report({ failed: error.message }).then(() => process.exit(127));
  });
  if (child.pid === undefined) return;
  const group = child.pid;
  void report({ started: group });

  onStop((graceSeconds = order.graceSeconds) => {
    if (asked) return;
    asked = true;
    signalGroup(group, 'SIGTERM');
    setTimeout(() => {
      killed = true;
      signalGroup(group, 'SIGKILL');
    }, graceSeconds * 1000).unref();
  });

  child.once('exit', (code, signal) => {
    // As it was when the program ended: while what it started is waited for, the endpoint may end too.
    const ended = { code, signal, asked, killed };
    void (async () => {
      // The program itself has ended; what it started must not outlive it.
      if (!(await groupIsGone(group, asked ? 0.5 : 0))) {
        signalGroup(group, 'SIGTERM');
        if (!(await groupIsGone(group, Math.min(order.graceSeconds, 3)))) signalGroup(group, 'SIGKILL');
      }
      if (order.endRecord !== undefined) {
        const temporary = `${order.endRecord}.${process.pid}`;
        writeFileSync(temporary, JSON.stringify({ ...ended, run: order.run, at: new Date().toISOString() }));
        renameSync(temporary, order.endRecord);
      }
      await report({ ended });
      process.exit(0);
    })();
  });
}

let stop: ((graceSeconds?: number) => void) | undefined;
let stopEarly = false;
const askToStop = (graceSeconds?: number): void => {
  if (stop) stop(graceSeconds);
  else stopEarly = true;
};

let begun = false;
createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (!begun) {
      begun = true;
      guard(JSON.parse(line) as GuardOrder, (given) => {
        stop = given;
        if (stopEarly) given();
      });
      return;
    }
    const asked = JSON.parse(line) as { stop: number | null };
    askToStop(asked.stop ?? undefined);
  })
  .on('close', () => {
    if (begun) askToStop();
    else process.exit(0);
  });
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => askToStop());
