import { texts } from './documents.js';

/** The conditions of a statement: all of them must hold. Operator and key, each with the values of which one must match. */
export type Conditions = ReadonlyMap<string, readonly string[]>;

export function conditionsOf(condition: unknown): Conditions {
  return new Map(
    Object.entries((condition ?? {}) as Record<string, Record<string, unknown>>).flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, values]): [string, string[]] => [`${operator} ${key}`, texts(values)]),
    ),
  );
}

/** Whether every request that keeps `one` keeps `other` too, as far as that can be told from values that are listed. */
export function isWithin(one: Conditions, other: Conditions): boolean {
  return [...other].every(([clause, values]) => {
    const ours = one.get(clause);
    if (!ours) return false;
    // "Not any of": the longer the list, the fewer keep it.
    const [fewer, more] = /^\S*Not/.test(clause) ? [values, ours] : [ours, values];
    return fewer.every((value) => more.includes(value));
  });
}
