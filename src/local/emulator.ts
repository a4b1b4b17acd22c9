/**
 * Starts an emulator on a free loopback port and waits until it answers.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { dirname } from 'node:path';
import { spawnGuarded } from './guardian.js';
import type { GuardedProcess } from './guardian.js';
import { reservePort } from './ports.js';

export interface Emulator {
  readonly name: string;
  readonly port: number;
  readonly process: GuardedProcess;
}

export interface EmulatorStart {
  readonly name: string;
  readonly command: string;
  /** What to start, once the port is known. */
  readonly args: (port: number) => readonly string[];
  readonly env: (port: number) => NodeJS.ProcessEnv;
  readonly log: string;
  /** A path that answers 200 when the emulator is ready. */
  readonly readyPath: string;
  /** Seconds that it may take to write down what it holds when it is asked to end. */
  readonly graceSeconds: number;
  readonly endRecord?: string;
  readonly run?: string;
  /** Seconds that it may take until it answers; 60 unless given. */
  readonly patienceSeconds?: number;
}

/** @throws Error with the end of the emulator's log if it does not come up */
export async function startEmulator(start: EmulatorStart): Promise<Emulator> {
  mkdirSync(dirname(start.log), { recursive: true });
  const { patienceSeconds = 60 } = start;
  for (let attempt = 1; ; attempt++) {
    const port = await reservePort();
    const process = await spawnGuarded(start.command, start.args(port), {
      cwd: dirname(start.log),
      env: start.env(port),
      stdout: start.log,
      stderr: start.log,
      graceSeconds: start.graceSeconds,
      ...(start.endRecord !== undefined && { endRecord: start.endRecord }),
      ...(start.run !== undefined && { run: start.run }),
    });
    let over = false;
    void process.ended.then(() => (over = true));
    const deadline = Date.now() + patienceSeconds * 1000;
    while (!over && Date.now() < deadline) {
      if (await answers(port, start.readyPath)) return { name: start.name, port, process };
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    if (!over) await process.stop(1);
    const ending = lastLines(start.log, 15);
    // A program that knows nothing of our reservations may have taken it meanwhile.
    const taken = ending.some((line) => /address already in use|already in use/i.test(line));
    if (!taken || attempt === 3) {
      throw new Error(
        `${start.name} ${over ? 'ended as it started' : `did not answer within ${patienceSeconds} s`}:\n` +
          ending.map((line) => `  ${line}`).join('\n'),
      );
    }
  }
}

/** The environment of a program that must depend on nothing of the operator's. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'USER', 'LD_LIBRARY_PATH', 'SYSTEMROOT'];
  return Object.fromEntries(
    kept.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

async function answers(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path, agent: false, timeout: 2000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => resolve(false));
    asked.end();
  });
}

export function lastLines(file: string, count: number): string[] {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count);
  } catch {
    return [];
  }
}
