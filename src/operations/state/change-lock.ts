import { randomUUID } from 'node:crypto';
import type { Records } from '../../aws/records.js';
import { DataplatError } from '../../model/errors.js';
import { warning, type Message } from '../events.js';
import { heartbeatSeconds, parseHolder, processOf, thisHolder, type Holder } from './holder.js';
import { recordNames } from './state-records.js';
import { refusal } from './refusal.js';

export interface LockRequest {
  readonly records: Records;
  readonly environment: string;
  /** The record that is the lock. Default: the one of the environment's changes. */
  readonly name?: string;
  /** What to say of whoever holds it. Default: what is said of a change. Undefined: what they held is taken over. */
  readonly refuse?: (holder: Holder | undefined) => DataplatError | undefined;
  /** ARN of whoever acts. */
  readonly caller: string;
  /** What is done, as it would be typed. */
  readonly command: string;
  readonly signal?: AbortSignal | undefined;
  readonly heartbeatMilliseconds?: number;
}

/** The lock while it is held. */
export interface HeldLock {
  /** Fires where the work must end: it was interrupted, or somebody took the lock away. */
  readonly signal: AbortSignal;
  /** Notes a terraform that may outlive this process. */
  readonly terraformStarted: (pid: number) => void;
}

/**
 * Does `work` while nobody else changes the environment, all of its stacks taken as one. Signs of life are written while
 * it lasts; the lock is given back however the work ends, but for a kill.
 * @throws DataplatError DP5003 where somebody else holds it, or takes it away meanwhile; DP5008 without a state bucket
 */
export async function* whileChanging<Event>(
  request: LockRequest,
  work: (held: HeldLock) => AsyncGenerator<Event, void, void>,
): AsyncGenerator<Event | Message, void, void> {
  const lock = await ChangeLock.take(request);
  try {
    yield* work(lock);
  } catch (error) {
    throw (await lock.takenAway()) ?? error;
  } finally {
    const problem = await lock.giveBack();
    if (problem !== undefined) yield problem;
  }
}

class ChangeLock implements HeldLock {
  readonly signal: AbortSignal;
  private readonly taken = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly request: LockRequest,
    private holder: Holder,
    private version: string,
  ) {
    const { signal } = request;
    this.signal = signal ? AbortSignal.any([signal, this.taken.signal]) : this.taken.signal;
    this.timer = setInterval(
      () => this.write({}),
      request.heartbeatMilliseconds ?? heartbeatSeconds * 1000,
    ).unref();
  }

  static async take(request: LockRequest): Promise<ChangeLock> {
    const { records, environment, caller, command } = request;
    const { refuse = (other: Holder | undefined) => refusal(environment, other) } = request;
    const name = lockName(request);
    const holder = thisHolder(randomUUID(), caller, command);
    // Given back between the two calls: then it is free after all.
    for (let tries = 0; tries < 3; tries += 1) {
      const version = await records.create(name, JSON.stringify(holder));
      if (version !== undefined) return new ChangeLock(request, holder, version);
      const found = await records.read(name);
      if (!found) continue;
      const no = refuse(parseHolder(found.text));
      if (no) throw no;
      const taken = await records.replace(name, JSON.stringify(holder), found.version);
      if (taken !== undefined) return new ChangeLock(request, holder, taken);
    }
    throw refuse(undefined) ?? refusal(environment, undefined);
  }

  readonly terraformStarted = (pid: number): void => this.write({ terraform: processOf(pid) });

  /** The failure to tell instead of what came of the interruption, where somebody took the lock away. */
  async takenAway(): Promise<DataplatError | undefined> {
    await this.writing;
    if (!this.taken.signal.aborted) return undefined;
    const { environment } = this.request;
    return new DataplatError('DP5003', `somebody took the lock of ${environment} away while it was held`, {
      left: 'what terraform had begun is finished and in its state',
      next: [`dataplat unlock --env ${environment} --history`],
    });
  }

  async giveBack(): Promise<Message | undefined> {
    clearInterval(this.timer);
    await this.writing;
    const { records, environment } = this.request;
    if (this.taken.signal.aborted) return undefined;
    try {
      await records.remove(lockName(this.request), this.version);
      return undefined;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return warning(`the lock could not be given back (${why}): dataplat unlock --env ${environment}`);
    }
  }

  /** Writes a sign of life, one after the other. One that fails is made up for by the next. */
  private write(changes: Partial<Holder>): void {
    this.writing = this.writing.then(async () => {
      if (this.taken.signal.aborted) return;
      const { records } = this.request;
      this.holder = { ...this.holder, ...changes, heartbeat: new Date().toISOString() };
      const name = lockName(this.request);
      const text = JSON.stringify(this.holder);
      try {
        const version = await records.replace(name, text, this.version);
        if (version !== undefined) this.version = version;
        // A write whose answer got lost has been made all the same: then the lock is still ours.
        else if (!(await this.isOurs(name))) this.taken.abort();
      } catch {
        // The store cannot be reached at the moment.
      }
    });
  }

  private async isOurs(name: string): Promise<boolean> {
    const found = await this.request.records.read(name);
    if (!found || parseHolder(found.text)?.id !== this.holder.id) return false;
    this.version = found.version;
    return true;
  }
}

function lockName({ name, environment }: LockRequest): string {
  return name ?? recordNames.lock(environment);
}
