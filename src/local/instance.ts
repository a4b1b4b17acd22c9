/**
 * An instance is everything that the endpoint knows, in one folder: what the emulators and our services hold, and
 * Terraform's state files of the local environment, which describe exactly that. So they live and go together. An
 * instance is either resumed whole or given up whole.
 *
 * What decides: ministack writes what it holds only when it is asked to end. Its guardian asks it even when the
 * endpoint is killed, and then leaves a record of how it ended. With that record the instance is whole (our services
 * write after every request, moto is rebuilt from its journal); without it, it is not.
 */
import { randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, writeWhole } from './files.js';
import type { Ended } from './guardian.js';

/** `<directory>/instance.json`: which instance is the current one. */
interface InstanceRecord {
  readonly id: string;
  readonly createdAt: string;
  /** The start of the endpoint that last changed it; missing while no start has got as far as serving. */
  readonly run?: string;
  /** Process groups of that start's emulators. */
  readonly processes?: readonly GuardedRecord[];
}

interface GuardedRecord {
  readonly name: string;
  readonly pid: number;
  /** When the process began, by `ps`: tells it from another that has been given the same number since. */
  readonly began: string;
}

export interface Instance {
  readonly id: string;
  readonly createdAt: string;
  readonly directory: string;
  readonly began: 'resumed' | 'new';
  /** Why it is a new one, or what was special about resuming it. */
  readonly note?: string;
}

/** How long emulators of an earlier start get to finish writing. */
const patienceSeconds = 40;

const recordFile = (directory: string): string => join(directory, 'instance.json');

export function instanceDirectory(directory: string, id: string): string {
  return join(directory, 'instances', id);
}

export function endRecordFile(instance: Pick<Instance, 'directory'>, run: string): string {
  return join(instance.directory, 'ministack', `ended-${run}.json`);
}

/** The instance that a start of the endpoint would resume, if any; looks only. */
export function currentInstance(directory: string): { id: string; createdAt: string } | undefined {
  const record = readJson<InstanceRecord>(recordFile(directory));
  return record && existsSync(instanceDirectory(directory, record.id))
    ? { id: record.id, createdAt: record.createdAt }
    : undefined;
}

/** Resumes the current instance, or begins a new one where there is none or it is not whole. */
export async function openInstance(directory: string, log: (line: string) => void): Promise<Instance> {
  const record = readJson<InstanceRecord>(recordFile(directory));
  if (!record) return beginInstance(directory);
  const place = instanceDirectory(directory, record.id);
  if (!existsSync(place)) return beginInstance(directory, `Instance ${record.id} is no longer there.`);
  if (record.run === undefined) {
    // Nothing was ever done in it: no start got as far as serving.
    return { id: record.id, createdAt: record.createdAt, directory: place, began: 'new' };
  }
  await outlive(record.processes ?? [], log);
  const missing = whatIsMissing(place, record.run);
  if (missing === undefined) {
    return { id: record.id, createdAt: record.createdAt, directory: place, began: 'resumed' };
  }
  return giveUp(directory, record.id, missing);
}

/** Sets an instance aside that is not whole, and begins a new one. Only the last one set aside is kept. */
export function giveUp(directory: string, id: string, reason: string): Instance {
  const instances = join(directory, 'instances');
  const aside = `${id}-lost`;
  for (const name of existsSync(instances) ? readdirSync(instances) : []) {
    if (name.endsWith('-lost')) rmSync(join(instances, name), { recursive: true, force: true });
  }
  renameSync(join(instances, id), join(instances, aside));
  return beginInstance(
    directory,
    `Instance ${id} could not be resumed: ${reason}. What it held is set aside in ${join(instances, aside)} ` +
      'and goes when the next one is set aside.',
  );
}

/**
 * The current instance as it lies there while nothing runs: which run last changed it, and what keeps it from being
 * whole. Undefined where there is none, or nothing was ever done in it.
 */
export function restingInstance(
  directory: string,
): { id: string; createdAt: string; directory: string; run: string; missing?: string } | undefined {
  const record = readJson<InstanceRecord>(recordFile(directory));
  const place = record && instanceDirectory(directory, record.id);
  if (!place || record.run === undefined || !existsSync(place)) return undefined;
  const { id, createdAt, run } = record;
  const missing = whatIsMissing(place, run);
  return { id, createdAt, run, directory: place, ...(missing !== undefined && { missing }) };
}

/** Makes a folder that holds a whole instance the current one; what was current is removed. */
export function adoptInstance(
  directory: string,
  adopted: { readonly id: string; readonly createdAt: string; readonly run: string },
): void {
  const { id, createdAt, run } = adopted;
  // The name first: should this be interrupted, what is left over is in nobody's way.
  writeWhole(recordFile(directory), JSON.stringify({ id, createdAt, run } satisfies InstanceRecord));
  const instances = join(directory, 'instances');
  for (const name of readdirSync(instances)) {
    if (name !== id && !name.endsWith('-lost'))
      rmSync(join(instances, name), { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A name for a new instance: the day, and a random number. */
export function newInstanceId(createdAt: string): string {
  return `${createdAt.slice(0, 10).replaceAll('-', '')}-${randomBytes(4).toString('hex')}`;
}

function beginInstance(directory: string, note?: string): Instance {
  const createdAt = new Date().toISOString();
  const id = newInstanceId(createdAt);
  const place = instanceDirectory(directory, id);
  mkdirSync(join(place, 'terraform'), { recursive: true });
  writeWhole(recordFile(directory), JSON.stringify({ id, createdAt } satisfies InstanceRecord));
  return { id, createdAt, directory: place, began: 'new', ...(note !== undefined && { note }) };
}

/** From here on the instance changes: it is whole again when this run's ministack has left its end record. */
export function markServing(
  directory: string,
  instance: Instance,
  run: string,
  processes: readonly { name: string; pid: number }[],
): void {
  const record: InstanceRecord = {
    id: instance.id,
    createdAt: instance.createdAt,
    run,
    processes: processes.map(({ name, pid }) => ({ name, pid, began: beginning(pid) })),
  };
  writeWhole(recordFile(directory), JSON.stringify(record));
  const records = join(instance.directory, 'ministack');
  for (const name of readdirSync(records)) {
    if (/^ended-.*\.json$/.test(name)) rmSync(join(records, name));
  }
}

/** What keeps an instance from being whole; undefined if nothing does. */
function whatIsMissing(place: string, run: string): string | undefined {
  const ended = readJson<Ended & { run: string }>(endRecordFile({ directory: place }, run));
  if (ended?.run !== run) return 'the endpoint and its emulators were killed before they could write it down';
  if (ended.killed) return 'ministack had to be killed before it had written everything';
  // Killed while it was being asked to end, it has written no more than one killed before.
  if (!ended.asked || ended.signal === 'SIGKILL') {
    return `ministack ended by itself (${ended.signal ?? `exit code ${ended.code ?? 'unknown'}`})`;
  }
  const log = join(place, 'ministack', 'ministack.log');
  const failure = existsSync(log)
    ? /Persistence: (?:failed to save|error getting).*/.exec(readFileSync(log, 'utf8'))
    : null;
  return failure ? `ministack could not write everything (${failure[0]})` : undefined;
}

/** Waits for what an earlier start left running; its guardians are ending it. Kills what does not end. */
async function outlive(processes: readonly GuardedRecord[], log: (line: string) => void): Promise<void> {
  const deadline = Date.now() + patienceSeconds * 1000;
  let left = processes.filter(isStillThere);
  if (left.length > 0)
    log(`waiting for ${left.map(({ name }) => name).join(', ')} of the earlier start to end`);
  while (left.length > 0 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    left = left.filter(isStillThere);
    // Nobody will end those whose guardian has been killed.
    if (left.every(isOrphan)) break;
  }
  for (const { name, pid } of left) {
    log(`${name} of the earlier start (process ${pid}) does not end: killed`);
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }
  // The guardian writes its record right after the program has ended.
  if (processes.length > 0) await new Promise((resolve) => setTimeout(resolve, 300));
}

function isStillThere({ pid, began }: GuardedRecord): boolean {
  return began !== '' && beginning(pid) === began;
}

function isOrphan({ pid }: GuardedRecord): boolean {
  const parent = ps(pid, 'ppid=');
  return parent !== '' && !ps(Number(parent), 'args=').includes('guardian-process');
}

/** When a process began; empty where there is none, or it has ended and only waits to be collected. */
function beginning(pid: number): string {
  const [state, ...began] = ps(pid, 'stat=,lstart=').split(/\s+/);
  return state === undefined || state === '' || state.startsWith('Z') ? '' : began.join(' ');
}

function ps(pid: number, columns: string): string {
  const shown = spawnSync('ps', ['-o', columns, '-p', String(pid)], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  return shown.stdout?.trim() ?? '';
}
