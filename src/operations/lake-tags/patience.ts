import { isAws } from '../../aws/failures.js';
import type { LakeTags, TagBearer, Undone } from '../../aws/lake-tags.js';
import { changeWords } from '../../model/tag-changes.js';
import { targetName, type Grant } from '../../model/tag-declaration.js';
import { backoff, type Pause } from '../waiting.js';

/** Somebody else is at work on the same thing, or Lake Formation itself is not done with it. */
const passing = ['ConcurrentModificationException', 'OperationTimeoutException'];
/** What was just made is not everywhere yet. */
const notThereYet = 'EntityNotFoundException';
/** How often a call is tried again: for about a minute. */
const tries = 14;

/** How many calls of one kind go side by side: Lake Formation refuses more than some a second, and the SDK then waits. */
export const callsAtOnce = 8;

/** Lake Formation, waited for: it is told of a change before it acts on it. */
export class Patience {
  /** Whether tags were made, so that they may not be known everywhere yet. */
  private made = false;

  constructor(
    private readonly tags: LakeTags,
    private readonly pause: Pause,
  ) {}

  async create(key: string, values: readonly string[]): Promise<void> {
    this.made = true;
    await this.whole(() => this.tags.createTag(key, values));
  }

  async addValues(key: string, values: readonly string[]): Promise<void> {
    this.made = true;
    await this.whole(() => this.tags.addValues(key, values));
  }

  /** @returns whether it is gone; false where something bears it */
  async removeValue(key: string, value: string): Promise<boolean> {
    try {
      await this.whole(() => this.tags.removeValues(key, [value]));
      return true;
    } catch (error) {
      if (isAws(error, 'InvalidInputException')) return false;
      throw error;
    }
  }

  /** @returns what is refused for good, in words */
  assign(to: TagBearer, given: Readonly<Record<string, string>>): Promise<string[]> {
    return this.parts(
      Object.keys(given),
      (keys) => this.tags.assign(to, only(given, keys)),
      (key) => `${bearerName(to)} ${key}=${given[key] ?? ''}`,
    );
  }

  takeAway(from: TagBearer, taken: Readonly<Record<string, string>>): Promise<string[]> {
    return this.parts(
      Object.keys(taken),
      (keys) => this.tags.takeAway(from, only(taken, keys)),
      (key) => `${bearerName(from)} ${key}=${taken[key] ?? ''}`,
    );
  }

  grant(grants: readonly Grant[]): Promise<string[]> {
    return this.parts(grants, (some) => this.tags.grant(some), grantWords);
  }

  revoke(grants: readonly Grant[]): Promise<string[]> {
    return this.parts(grants, (some) => this.tags.revoke(some), grantWords);
  }

  private async whole(call: () => Promise<void>): Promise<void> {
    await this.parts(['all'], async () => {
      await call();
      return [];
    });
  }

  /** Makes a call, and again for the parts of it that only have to wait. */
  private async parts<Part>(
    asked: readonly Part[],
    call: (parts: readonly Part[]) => Promise<Undone<Part>[]>,
    words: (part: Part) => string = String,
  ): Promise<string[]> {
    const waits = (code: string): boolean => passing.includes(code) || (this.made && code === notThereYet);
    const refused: string[] = [];
    const waiting = backoff();
    let left = asked;
    for (let attempt = 1; left.length > 0; attempt += 1) {
      const undone = await call(left).catch((error: unknown): Undone<Part>[] => {
        const code = [...passing, notThereYet].find((one) => isAws(error, one));
        if (code === undefined || !waits(code) || attempt === tries) throw error;
        return left.map((part) => ({ part, code, message: '' }));
      });
      const again = attempt === tries ? [] : undone.filter(({ code }) => waits(code));
      for (const one of undone) {
        if (!again.includes(one)) refused.push(`${words(one.part)}: ${one.code}: ${one.message}`);
      }
      left = again.map(({ part }) => part);
      if (left.length > 0) await this.pause(waiting.next().value);
    }
    return refused;
  }
}

function grantWords(grant: Grant): string {
  const { of, text } = changeWords({ action: 'grant', grant });
  return `${of} ${text}`;
}

export function bearerName({ database, table, columns }: TagBearer): string {
  return targetName({
    database,
    ...(table !== undefined && { table }),
    ...(columns && { column: columns.join(', ') }),
  });
}

function only(given: Readonly<Record<string, string>>, keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(given).filter(([key]) => keys.includes(key)));
}
