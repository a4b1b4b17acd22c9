/**
 * Ports that are chosen before the program that will listen there is started. The system gives one out again as soon as
 * nobody listens on it, so two endpoints that start at once could be handed the same; here each is held by a file until
 * the process that asked for it ends.
 */
import { randomInt } from 'node:crypto';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** Below the ports that Linux, macOS and Windows give to whoever asks for any. */
const [lowest, highest] = [20_000, 32_000];
const dayMilliseconds = 86_400_000;
const held: string[] = [];

/** A loopback port that nobody listens on, for this process and what it starts, until it ends. */
export async function reservePort(): Promise<number> {
  const folder = join(tmpdir(), `dataplat-ports-${process.getuid?.() ?? userInfo().username}`);
  mkdirSync(folder, { recursive: true });
  for (;;) {
    const port = randomInt(lowest, highest);
    if (hold(join(folder, String(port))) && (await isFree(port))) return port;
  }
}

function hold(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // Of a process that was killed, if it is old: free for whoever comes by next.
    const made = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - made > dayMilliseconds) rmSync(file, { force: true });
    return false;
  }
  if (held.push(file) === 1) process.once('exit', () => held.forEach((one) => rmSync(one, { force: true })));
  return true;
}

async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
