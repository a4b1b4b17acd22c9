import { isDeepStrictEqual } from 'node:util';

/** Whether two documents of JSON say the same; a list of one and the one itself are the same to AWS. */
export function sameDocument(text: string | undefined, wanted: unknown): boolean {
  if (text === undefined) return false;
  try {
    return isDeepStrictEqual(plain(JSON.parse(text)), plain(wanted));
  } catch {
    return false;
  }
}

/** Whether `found` says all that `wanted` says; AWS adds fields of its own. */
export function holds(found: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(found) &&
      found.length === wanted.length &&
      wanted.every((one, index) => holds(found[index], one))
    );
  }
  if (typeof wanted === 'object' && wanted !== null) {
    return Object.entries(wanted).every(
      ([key, value]) =>
        value === undefined || holds((found as Record<string, unknown> | undefined)?.[key], value),
    );
  }
  return found === wanted;
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 1 ? plain(value[0]) : value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
