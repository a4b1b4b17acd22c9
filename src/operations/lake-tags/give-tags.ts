import pLimit from 'p-limit';
import { grantsACall, type TagBearer } from '../../aws/lake-tags.js';
import { DataplatError } from '../../model/errors.js';
import type { TagChange } from '../../model/tag-changes.js';
import { targetName, type Grant, type TagTarget } from '../../model/tag-declaration.js';
import { warning } from '../events.js';
import { inOrder } from '../in-order.js';
import { bearerName, callsAtOnce, type Patience } from './patience.js';

type Of<Action extends TagChange['action']> = Extract<TagChange, { action: Action }>;

/**
 * Does what is to be done, in the order in which it is possible.
 * @throws DataplatError DP4003 where Lake Formation refuses a part; the others are done
 */
export async function* giveTags(
  changes: readonly TagChange[],
  tags: Patience,
  environment: string,
): AsyncGenerator<
  { readonly detail: string; readonly done: number; readonly total: number } | ReturnType<typeof warning>,
  void,
  void
> {
  const of = <Action extends TagChange['action']>(action: Action): Of<Action>[] =>
    changes.filter((change): change is Of<Action> => change.action === action);
  const total = changes.length;
  let done = 0;
  const at = (detail: string, more: number) => ({ detail, done: (done += more), total });
  const refused: string[] = [];

  for (const { key, values } of of('create tag')) {
    await tags.create(key, values);
    yield at(key, 1);
  }
  for (const { key, values } of of('add values')) {
    await tags.addValues(key, values);
    yield at(key, 1);
  }
  const given = byBearer(of('assign').map(({ to, ...tag }) => ({ target: to, ...tag })));
  for await (const [bearer, count, undone] of tableByTable(given, (to, some) => tags.assign(to, some))) {
    refused.push(...undone);
    yield at(bearerName(bearer), count);
  }
  for (const grants of portions(of('grant').map(({ grant }) => grant))) {
    refused.push(...(await tags.grant(grants)));
    yield at(grants.at(-1)?.principal ?? '', grants.length);
  }
  for (const grants of portions(of('revoke').map(({ grant }) => grant))) {
    refused.push(...(await tags.revoke(grants)));
    yield at(grants.at(-1)?.principal ?? '', grants.length);
  }
  const taken = byBearer(of('take away').map(({ from, ...tag }) => ({ target: from, ...tag })));
  for await (const [bearer, count, undone] of tableByTable(taken, (from, some) =>
    tags.takeAway(from, some),
  )) {
    refused.push(...undone);
    yield at(bearerName(bearer), count);
  }
  for (const { key, values } of of('remove values')) {
    for (const value of values) {
      if (!(await tags.removeValue(key, value))) {
        yield warning(`${key}=${value} stays: something that is not of ${environment} bears it`);
      }
    }
    yield at(key, 1);
  }
  if (refused.length > 0) {
    throw new DataplatError('DP4003', `Lake Formation refused ${refused.length} of ${total} changes`, {
      excerpt: refused,
      left: 'the others are done; a second run does what is left',
      next: [`dataplat lf seed-tags --dry-run --env ${environment}`],
    });
  }
}

type Tagging = readonly [TagBearer, Readonly<Record<string, string>>];

/**
 * Several tables at a time; what one of them bears in turn, for Lake Formation refuses changes of a table that meet.
 * @returns for each bearer how many tags it was about, and what was refused
 */
async function* tableByTable(
  taggings: readonly Tagging[],
  change: (...tagging: Tagging) => Promise<string[]>,
): AsyncGenerator<readonly [TagBearer, number, readonly string[]], void, void> {
  const limit = pLimit({ concurrency: callsAtOnce, rejectOnClear: true });
  const before = new Map<string, Promise<unknown>>();
  const running = taggings.map(async ([bearer, tags]) => {
    const { database, table } = bearer;
    const of = targetName({ database, ...(table !== undefined && { table }) });
    const turn = (before.get(of) ?? Promise.resolve()).then(() => limit(() => change(bearer, tags)));
    before.set(of, turn);
    return [bearer, Object.keys(tags).length * (bearer.columns?.length ?? 1), await turn] as const;
  });
  try {
    yield* inOrder(running);
  } finally {
    // None goes on behind the back of whoever is told that one has failed.
    limit.clearQueue();
    await Promise.allSettled(before.values());
  }
}

/** What is given together: the tags of a thing, and those that several columns of a table have in common. */
function byBearer(
  given: readonly { readonly target: TagTarget; readonly key: string; readonly value: string }[],
): [TagBearer, Record<string, string>][] {
  const whole = new Map<string, [TagBearer, Record<string, string>]>();
  const columns = new Map<string, [TagBearer & { columns: string[] }, Record<string, string>]>();
  for (const { target, key, value } of given) {
    const { database, table, column } = target;
    if (table !== undefined && column !== undefined) {
      const name = `${targetName({ database, table })} ${key}=${value}`;
      const found = columns.get(name) ?? [{ database, table, columns: [] }, { [key]: value }];
      found[0].columns.push(column);
      columns.set(name, found);
    } else {
      const bearer: TagBearer = { database, ...(table !== undefined && { table }) };
      const found: [TagBearer, Record<string, string>] = whole.get(targetName(target)) ?? [bearer, {}];
      found[1][key] = value;
      whole.set(targetName(target), found);
    }
  }
  return [...whole.values(), ...columns.values()];
}

function portions(grants: readonly Grant[]): Grant[][] {
  return Array.from({ length: Math.ceil(grants.length / grantsACall) }, (_, index) =>
    grants.slice(index * grantsACall, (index + 1) * grantsACall),
  );
}
