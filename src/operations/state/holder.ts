import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { z } from 'zod';
import { processStartOf, isProcess } from '../../toolchain/file-lock.js';

const processSchema = z.strictObject({
  pid: z.int().positive(),
  /** When it began, as the system tells; process ids are used again. */
  processStart: z.string().nullable(),
});

const holderSchema = z.strictObject({
  id: z.string(),
  user: z.string(),
  host: z.string(),
  /** The running system of that host, where it tells: two machines may have one name, and a machine restarts. */
  boot: z.string().nullable(),
  /** As whom AWS knows them. */
  caller: z.string(),
  process: processSchema,
  /** The last terraform that may change something; it outlives a killed dataplat. */
  terraform: processSchema.optional(),
  command: z.string(),
  since: z.iso.datetime(),
  heartbeat: z.iso.datetime(),
});

/** Who is changing an environment, as it stands in the lock. */
export type Holder = z.infer<typeof holderSchema>;

/** The holder in a lock's text; undefined where it is not one of ours. */
export function parseHolder(text: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** `user@host` of this process. */
export function whoIsHere(): { user: string; host: string } {
  const { USER, USERNAME } = process.env;
  try {
    return { user: userInfo().username, host: hostname() };
  } catch {
    // A container may run as a number that no file of users knows.
    return { user: USER ?? USERNAME ?? String(process.getuid?.() ?? 'somebody'), host: hostname() };
  }
}

/** This process as a holder. */
export function thisHolder(id: string, caller: string, command: string): Holder {
  const now = new Date().toISOString();
  return {
    id,
    ...whoIsHere(),
    boot: bootOfThisMachine(),
    caller,
    process: processOf(process.pid),
    command,
    since: now,
    heartbeat: now,
  };
}

export function processOf(pid: number): Holder['process'] {
  return { pid, processStart: processStartOf(pid) };
}

/**
 * Whether a holder still works. `alive`: its process runs, or another machine's gave a sign of life lately.
 * `terraform`: it is gone, but its terraform still works. `dead`: both are gone. `silent`: on another machine, and no
 * sign of life for a while.
 */
export type Life = 'alive' | 'terraform' | 'dead' | 'silent';

/** Whether nobody is left who would come to an end of it. */
export function isOver(life: Life | undefined): boolean {
  return life === 'dead' || life === 'silent';
}

/** Signs of life come every ten seconds; so many seconds without one mean something. */
export const heartbeatSeconds = 10;
const silentAfterSeconds = 60;

export function lifeOf(holder: Holder, now = Date.now()): Life {
  const here = holder.host === hostname() && holder.boot === bootOfThisMachine();
  if (here) {
    if (isProcess(holder.process)) return 'alive';
    return holder.terraform && isProcess(holder.terraform) ? 'terraform' : 'dead';
  }
  return secondsSince(holder.heartbeat, now) > silentAfterSeconds ? 'silent' : 'alive';
}

export function secondsSince(time: string, now = Date.now()): number {
  return Math.max(0, Math.round((now - Date.parse(time)) / 1000));
}

function bootOfThisMachine(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
}
