import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Records } from '../aws/records.js';
import { DataplatError } from '../model/errors.js';
import type { EnvironmentAccess } from './environment-access.js';
import { info, step, type Operation, type Steps } from './events.js';
import {
  heartbeatSeconds,
  isOver,
  lifeOf,
  parseHolder,
  secondsSince,
  whoIsHere,
  type Holder,
  type Life,
} from './state/holder.js';
import { endLeftPlans } from './stacks/left-at-work.js';
import { stacksOf } from './stacks/stacks.js';
import { holderLines, timeOf } from './state/refusal.js';
import { recordNames, stateRecords } from './state/state-records.js';
import { terraformLocks, type TerraformLock } from './state/terraform-locks.js';
import { backoff, pause, type Pause } from './waiting.js';

export interface UnlockOptions {
  readonly access: EnvironmentAccess;
  /** Break what may still be held. Wants a reason. */
  readonly force?: boolean;
  readonly reason?: string;
  /** Asked, with what is held in lines, before the lock of somebody who works no more is broken. */
  readonly consent: (held: readonly string[]) => Promise<boolean>;
  readonly signal?: AbortSignal;
  readonly wait?: Pause;
}

export interface UnlockResult {
  readonly environment: string;
  /** Who held it; undefined where nobody did. */
  readonly holder?: Holder;
  readonly life?: Life;
  readonly terraform: readonly Omit<TerraformLock, 'name' | 'version'>[];
  readonly broken: boolean;
}

/** One breaking of a lock, as it is kept beside the state. */
const breakingSchema = z.strictObject({
  at: z.iso.datetime(),
  by: z.string(),
  caller: z.string(),
  forced: z.boolean(),
  reason: z.string(),
  held: z.array(z.string()),
});
export type Breaking = z.infer<typeof breakingSchema>;

/**
 * Says who holds an environment's lock, ours and Terraform's own, and breaks them: with consent where the holder works no
 * more, else only by force and with a reason. Each breaking is recorded before it is done.
 * @throws DataplatError DP5003 where the holder may still work, DP5004 where nobody agreed
 */
export async function* unlock(options: UnlockOptions): Operation<UnlockResult> {
  const { access, force = false, reason, signal } = options;
  const environment = access.platform.environment.name;
  const records = stateRecords(access);
  const record = await records.read(recordNames.lock(environment));
  const holder = record && parseHolder(record.text);
  const life = holder && (yield* watched(holder, records, options));
  yield* endLeftPlans(stacksOf(access, { ...(signal && { signal }) }));
  const locks = await terraformLocks(access, records);
  const terraform = locks.map(({ stack, id, who, operation, since }) => ({
    stack,
    id,
    who,
    operation,
    since,
  }));
  if (!record && locks.length === 0) {
    yield { type: 'result', result: { environment, terraform, broken: false } };
    return;
  }
  const held = [
    ...(record && !holder ? ['a lock that cannot be read'] : []),
    ...(holder && life ? holderLines(holder, life) : []),
    ...locks.map(
      ({ stack, who, operation, since, id }) =>
        `terraform of ${stack}: ${operation} by ${who} since ${timeOf(since)} (${id})`,
    ),
  ];
  const over = holder !== undefined && isOver(life) && locks.every((lock) => belongsTo(lock, holder));
  if (!over && !force) {
    throw new DataplatError('DP5003', `whoever holds the lock of ${environment} may still be at work`, {
      excerpt: held,
      left: 'the lock',
      next: [`dataplat unlock --env ${environment} --force --reason "…"`],
      data: { ...(holder && { holder, life }), terraform },
    });
  }
  if (!force && !(await options.consent(held))) {
    throw new DataplatError('DP5004', 'nobody agreed to break the lock', {
      excerpt: held,
      left: 'the lock',
      next: [`dataplat unlock --env ${environment} --yes`],
    });
  }
  yield* step('unlock', `Break the lock of ${environment}`, async () => {
    const { user, host } = whoIsHere();
    const breaking: Breaking = {
      at: new Date().toISOString(),
      by: `${user}@${host}`,
      caller: access.caller,
      forced: force,
      reason: reason ?? 'whoever held it works no more',
      held,
    };
    const name = `${recordNames.unlocks(environment)}${breaking.at.replaceAll(':', '')}-${randomUUID().slice(0, 8)}.json`;
    await records.create(name, JSON.stringify(breaking));
    // The next deploy looks for what was made and is in no state; where somebody has noted it already, it does so too.
    await records.create(recordNames.cutOff(environment), JSON.stringify({ at: breaking.at, held }));
    // Terraform's first: while ours is held, no deploy of ours begins.
    for (const lock of locks) await records.remove(lock.name, lock.version);
    const now = await records.read(recordNames.lock(environment));
    // A sign of life has written it anew meanwhile; another's lock is not what somebody agreed to break.
    if (now && parseHolder(now.text)?.id === holder?.id)
      await records.remove(recordNames.lock(environment), now.version);
  });
  yield {
    type: 'result',
    result: { environment, ...(holder && { holder }), ...(life && { life }), terraform, broken: true },
  };
}

/** All breakings of an environment's locks, the first one first. */
export async function* unlockHistory(access: EnvironmentAccess): Operation<readonly Breaking[]> {
  const records = stateRecords(access);
  const names = await records.list(recordNames.unlocks(access.platform.environment.name));
  const found = await Promise.all(names.map(async (name) => (await records.read(name))?.text ?? ''));
  yield { type: 'result', result: found.flatMap((text) => parseBreaking(text)) };
}

function parseBreaking(text: string): Breaking[] {
  try {
    return [breakingSchema.parse(JSON.parse(text))];
  } catch {
    return [];
  }
}

/**
 * Clocks of two machines differ, so a silent one is watched for as long as a sign of life would take. A terraform that
 * outlived whoever started it is let come to its end, since it writes then what it has made.
 */
async function* watched(
  holder: Holder,
  records: Records,
  { access, force, signal, wait = pause }: UnlockOptions,
): Steps<Life> {
  const life = lifeOf(holder);
  if (life === 'terraform' && !force) {
    const { pid } = holder.terraform ?? { pid: 0 };
    yield info(
      `${holder.command} of ${timeOf(holder.since)} was killed, and its terraform, process ${pid}, goes on to its end`,
    );
    return yield* step('watch', `Wait for terraform, process ${pid}`, async () => {
      for (const milliseconds of backoff()) {
        if (lifeOf(holder) !== 'terraform') break;
        await wait(milliseconds, signal);
      }
      return lifeOf(holder);
    });
  }
  if (life !== 'silent' || force) return life;
  const { name } = access.platform.environment;
  return yield* step('watch', `Wait for a sign of life from ${holder.host}`, async () => {
    await wait((heartbeatSeconds + 5) * 1000, signal);
    const now = await records.read(recordNames.lock(name));
    return now && parseHolder(now.text)?.heartbeat !== holder.heartbeat ? 'alive' : 'silent';
  });
}

/** Whether a lock of Terraform's was taken in the course of a change of ours. */
function belongsTo({ who, since }: TerraformLock, holder: Holder): boolean {
  return who === `${holder.user}@${holder.host}` && secondsSince(since, Date.parse(holder.since)) < 5;
}
