/**
 * Starts programs so that they never outlive the endpoint: emulators and Spark drivers. Between the endpoint and
 * the program stands a guardian (guardian-process.ts) that holds the reading end of a pipe. When the endpoint dies,
 * by whatever means, the pipe closes and the guardian ends the program's process group: SIGTERM, and after a grace
 * SIGKILL.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export interface GuardedOptions {
  readonly cwd?: string;
  /** The program's whole environment; by default the endpoint's own. */
  readonly env?: NodeJS.ProcessEnv;
  /** A file that standard output is appended to, `pipe` to read it here; by default it is dropped. */
  readonly stdout?: string;
  /** As `stdout`; the same file name as `stdout` is allowed. */
  readonly stderr?: string;
  /** `pipe` to write the program's standard input here; by default it is empty. */
  readonly stdin?: 'pipe';
  /** Seconds between SIGTERM and SIGKILL; 10 unless given. */
  readonly graceSeconds?: number;
  /** A file that the guardian writes when the program has ended, even if the endpoint is gone by then. */
  readonly endRecord?: string;
  /** Goes into the end record as it is, to tell one run's record from another's. */
  readonly run?: string;
}

/** How a guarded program ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Whether it was asked to end, by `stop()` or by the endpoint's own end. */
  readonly asked: boolean;
  /** Whether it had to be killed after the grace. */
  readonly killed: boolean;
}

export interface GuardedProcess {
  /** Of the program, which leads a process group of the same number. */
  readonly pid: number;
  /** Resolves when the program and everything in its process group has ended; never rejects. */
  readonly ended: Promise<Ended>;
  readonly stdin?: Writable;
  readonly stdout?: Readable;
  readonly stderr?: Readable;
  /** Asks the program's process group to end; after the grace it is killed. May be called again. */
  stop(graceSeconds?: number): Promise<Ended>;
}

/** What the guardian is told in its first line. */
export interface GuardOrder {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: boolean;
  readonly graceSeconds: number;
  readonly endRecord?: string;
  readonly run?: string;
}

/** What the guardian says on file descriptor 3. */
export interface GuardReport {
  readonly started?: number;
  readonly failed?: string;
  readonly ended?: Ended;
}

const script = fileURLToPath(new URL('./guardian-process.js', import.meta.url));

/**
 * Starts a program under a guardian.
 * @throws Error if the program cannot be started, for example because there is no such file
 */
export async function spawnGuarded(
  command: string,
  args: readonly string[],
  options: GuardedOptions = {},
): Promise<GuardedProcess> {
  const opened: number[] = [];
  const sink = (target: string | undefined): number | 'pipe' | 'ignore' => {
    if (target === undefined) return 'ignore';
    if (target === 'pipe') return 'pipe';
    const descriptor = openSync(target, 'a');
    opened.push(descriptor);
    return descriptor;
  };
  const guardian = spawn(process.execPath, [script], {
    // A session of its own: a signal to the endpoint's process group must not reach it.
    detached: true,
    stdio: [
      'pipe',
      sink(options.stdout),
      sink(options.stderr),
      'pipe',
      options.stdin === 'pipe' ? 'pipe' : 'ignore',
    ],
  });
  for (const descriptor of opened) closeSync(descriptor);
  const control = guardian.stdin as Writable;
  control.on('error', () => undefined);
  const graceSeconds = options.graceSeconds ?? 10;
  const order: GuardOrder = {
    command,
    args,
    env: options.env ?? process.env,
    stdin: options.stdin === 'pipe',
    graceSeconds,
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.endRecord !== undefined && { endRecord: options.endRecord }),
    ...(options.run !== undefined && { run: options.run }),
  };
  control.write(`${JSON.stringify(order)}\n`);

  let pid = 0;
  let settled = false;
  let settle: (ended: Ended) => void = () => undefined;
  const ended = new Promise<Ended>((resolve) => (settle = resolve));
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: guardian.stdio[3] as Readable }).on('line', (line) => {
      const report = JSON.parse(line) as GuardReport;
      if (report.started !== undefined) {
        pid = report.started;
        resolve();
      } else if (report.failed !== undefined) {
        reject(new Error(`${command} does not start: ${report.failed}`));
      } else if (report.ended) {
        settled = true;
        settle(report.ended);
      }
    });
    guardian.once('error', reject);
    guardian.once('exit', () => {
      // Its last report may still be on the way. Where there is none, the guardian itself was killed, and the
      // program is ours to end.
      setTimeout(() => {
        reject(new Error(`${command} does not start: its guardian ended`));
        if (!settled && pid !== 0) killGroup(pid);
        settle({ code: null, signal: 'SIGKILL', asked: false, killed: true });
      }, 250);
    });
  });

  return {
    pid,
    ended,
    ...(options.stdin === 'pipe' && { stdin: guardian.stdio[4] as Writable }),
    ...(guardian.stdout && { stdout: guardian.stdout }),
    ...(guardian.stderr && { stderr: guardian.stderr }),
    stop: (grace) => {
      control.write(`${JSON.stringify({ stop: grace ?? null })}\n`);
      return ended;
    },
  };
}

function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
}
