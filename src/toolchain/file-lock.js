// Plain JavaScript, because set-up needs it before anything is compiled.
import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Does `work` while no other process of this machine holds the same lock. A lock whose process has died is taken
 * over, so an interrupted set-up never blocks the next one.
 * @template Made
 * @param {string} file the lock's file; its folder is made where it is missing
 * @param {() => Promise<Made>} work
 * @param {(holder: number) => void} [onWait] called once, with the holder's process id, when the lock is taken
 * @returns {Promise<Made>}
 */
export async function withLock(file, work, onWait) {
  mkdirSync(dirname(file), { recursive: true });
  const mine = JSON.stringify({
    pid: process.pid,
    processStart: processStartOf(process.pid),
    id: randomUUID(),
  });
  let told = false;
  while (!tryToTake(file, mine)) {
    const held = contentOf(file);
    if (held !== undefined && !isAlive(held)) {
      await takeAway(file, held);
      continue;
    }
    if (!told && held !== undefined) onWait?.(holderOf(held)?.pid ?? 0);
    told = true;
    await sleep(100);
  }
  try {
    return await work();
  } finally {
    if (contentOf(file) === mine) rmSync(file, { force: true });
  }
}

/** The lock appears with its content or not at all: it is linked into place. */
function tryToTake(file, content) {
  const written = `${file}.${process.pid}.${randomUUID()}`;
  writeFileSync(written, content);
  try {
    linkSync(written, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(written, { force: true });
  }
}

/** Removes a dead process's lock; two that find it dead must not remove each other's new one. */
async function takeAway(file, dead) {
  const breaker = `${file}.breaker`;
  if (!tryToTake(breaker, '')) {
    const age = Date.now() - (statSync(breaker, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > 10_000) rmSync(breaker, { force: true });
    await sleep(50);
    return;
  }
  try {
    if (contentOf(file) === dead) rmSync(file, { force: true });
  } finally {
    rmSync(breaker, { force: true });
  }
}

function isAlive(content) {
  const holder = holderOf(content);
  return holder !== undefined && isProcess(holder);
}

/**
 * Whether a process of this machine still runs, and is not another that was given its number.
 * @param {{ pid: number, processStart: string | null }} holder
 * @returns {boolean}
 */
export function isProcess(holder) {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (error.code === 'ESRCH') return false;
  }
  // One that has ended and that its parent has not asked about yet works no more.
  if (statusOf(holder.pid)?.[0] === 'Z') return false;
  const processStart = processStartOf(holder.pid);
  return processStart === null || holder.processStart === null || processStart === holder.processStart;
}

function holderOf(content) {
  try {
    const { pid, processStart } = JSON.parse(content);
    return Number.isInteger(pid) && pid > 0 ? { pid, processStart: processStart ?? null } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * When a process began, where the system tells: process ids are used again.
 * @param {number} pid
 * @returns {string | null}
 */
export function processStartOf(pid) {
  return statusOf(pid)?.[19] ?? null;
}

/** The fields of /proc/<pid>/stat behind the name, which may hold anything: the state is the first. */
function statusOf(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return status.slice(status.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function contentOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
