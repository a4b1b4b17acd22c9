import pLimit from 'p-limit';
import { grantsACall, type TagBearer } from '../../aws/lake-tags.js';
import { DataplatError } from '../../model/errors.js';
import type { TagChange } from '../../model/tag-changes.js';
import { grantedText, targetName, type Grant, type TagTarget } from '../../model/tag-declaration.js';
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
  const taken = byBearer(of('take away').map(({ from, ...tag }) => ({ target: from, ...tag })));
  for (const steps of [
    given.map((tagging) => tagStep(tagging, () => tags.assign(...tagging))),
    portions(of('grant').map(({ grant }) => grant)).map((some) => grantStep(some, () => tags.grant(some))),
    portions(of('revoke').map(({ grant }) => grant)).map((some) => grantStep(some, () => tags.revoke(some))),
    taken.map((tagging) => tagStep(tagging, () => tags.takeAway(...tagging))),
  ]) {
    for await (const [{ detail, changes: some }, undone] of sideBySide(steps)) {
      refused.push(...undone);
      yield at(detail, some);
    }
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

/** Some changes that go in one call. */
interface Step {
  readonly detail: string;
  /** How many there are of them. */
  readonly changes: number;
  /** The databases and tables that they are about. */
  readonly about: readonly string[];
  /** @returns what was refused */
  readonly take: () => Promise<string[]>;
}

function tagStep([bearer, tags]: Tagging, take: Step['take']): Step {
  const { database, table, columns } = bearer;
  return {
    detail: bearerName(bearer),
    changes: Object.keys(tags).length * (columns?.length ?? 1),
    about: [targetName({ database, ...(table !== undefined && { table }) })],
    take,
  };
}

function grantStep(grants: readonly Grant[], take: Step['take']): Step {
  return {
    detail: grants.at(-1)?.principal ?? '',
    changes: grants.length,
    about: [...new Set(grants.map(({ on }) => grantedText(on)))],
    take,
  };
}

/**
 * Several at a time; those about the same thing in turn, for Lake Formation refuses changes of a thing that meet.
 * @returns what was refused of each
 */
async function* sideBySide(
  steps: readonly Step[],
): AsyncGenerator<readonly [Step, readonly string[]], void, void> {
  const limit = pLimit({ concurrency: callsAtOnce, rejectOnClear: true });
  const before = new Map<string, Promise<unknown>>();
  const running = steps.map(async (step) => {
    const earlier = step.about.flatMap((thing) => before.get(thing) ?? []);
    const turn = Promise.all(earlier).then(() => limit(step.take));
    for (const thing of step.about) before.set(thing, turn);
    return [step, await turn] as const;
  });
  try {
    yield* inOrder(running);
  } finally {
    // None goes on behind the back of whoever is told that one has failed.
    limit.clearQueue();
    await Promise.allSettled(running);
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

/** What goes in one call each: grants on the same thing together, so that few calls wait for another. */
function portions(grants: readonly Grant[]): Grant[][] {
  const byThing = grants.toSorted((a, b) => grantedText(a.on).localeCompare(grantedText(b.on)));
  return Array.from({ length: Math.ceil(byThing.length / grantsACall) }, (_, index) =>
    byThing.slice(index * grantsACall, (index + 1) * grantsACall),
  );
}
