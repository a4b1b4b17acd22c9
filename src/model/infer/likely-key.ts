/**
 * Which columns tell rows apart. What is unique in one file need not be in the next; so only a column that is called like a
 * key, or the first one, passes for a likely key.
 */
const likeAKey = /(^|_)(id|key|code|no|nr|num|number|nummer|uuid|guid|sku|iban|ref|reference)$/;

/** A column as far as it may be a part of the key. */
export interface KeyCandidate {
  readonly name: string;
  readonly type: string;
  readonly isNullable: boolean;
  readonly isUnique: boolean;
}

/** Warehouses hand whole numbers out as decimals. */
function isOfKeys(type: string): boolean {
  return type === 'string' || type === 'bigint' || /^decimal\(\d+,0\)$/.test(type);
}

/** @returns the column that is the likely key of a table, or undefined */
export function likelyKey(candidates: readonly KeyCandidate[], table: string): string | undefined {
  const fitting = candidates.filter(
    ({ type, isNullable, isUnique }) => !isNullable && isUnique && isOfKeys(type),
  );
  const one = table.replace(/ies$/, 'y').replace(/s$/, '');
  const own = ['id', `${one}_id`, `${table}_id`, `${one}_key`, `${one}_no`, `${one}_number`, `${one}_code`];
  const first = candidates[0]?.name;
  return (
    own.map((name) => fitting.find((candidate) => candidate.name === name)).find((found) => found) ??
    fitting.find(({ name }) => likeAKey.test(name)) ??
    fitting.find(({ name }) => name === first)
  )?.name;
}

/** The pairs of columns that may be a key together: one is called like one, the other too or is a day. */
export function likelyPairs(candidates: readonly KeyCandidate[]): (readonly [string, string])[] {
  const named = candidates.filter(
    ({ name, isNullable, type }) => !isNullable && isOfKeys(type) && likeAKey.test(name),
  );
  const lines = candidates.filter(
    ({ name, isNullable, type }) =>
      !isNullable &&
      (type === 'date' ||
        (isOfKeys(type) && /(^|_)(line|pos|position|seq|sequence|version)(_|$)/.test(name))),
  );
  const others = [...new Set([...named, ...lines])];
  return named
    .slice(0, 6)
    .flatMap((one) =>
      others
        .filter(
          (other) =>
            other !== one && !(named.indexOf(other) !== -1 && named.indexOf(other) < named.indexOf(one)),
        )
        .map((other) => [one.name, other.name] as const),
    )
    .slice(0, 24);
}
