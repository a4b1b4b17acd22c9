import {
  grantedText,
  grantKey,
  targetName,
  type Assignment,
  type Grant,
  type TagDeclaration,
  type TagTarget,
} from './tag-declaration.js';

/** What Lake Formation has of all that an environment declares. */
export interface TagsPresent {
  /** Every key of the account and its values. */
  readonly ontology: ReadonlyMap<string, readonly string[]>;
  /** What is assigned to our databases, tables and columns themselves, not what they inherit. */
  readonly assignments: readonly Assignment[];
  /** Databases and tables that are declared and not there. */
  readonly missing: readonly TagTarget[];
  /** What our principals hold on tags, databases and tables; what they hold on anything else is not listed. */
  readonly grants: readonly Grant[];
}

/** One thing to be done, in the order in which it is possible: a tag before what bears it, and that before a grant. */
export type TagChange =
  | { readonly action: 'create tag'; readonly key: string; readonly values: readonly string[] }
  | { readonly action: 'add values'; readonly key: string; readonly values: readonly string[] }
  | {
      readonly action: 'assign';
      readonly to: TagTarget;
      readonly key: string;
      readonly value: string;
      /** The value that it bears now, where it bears one. */
      readonly before?: string;
    }
  | { readonly action: 'grant'; readonly grant: Grant }
  | { readonly action: 'revoke'; readonly grant: Grant }
  | {
      readonly action: 'take away';
      readonly from: TagTarget;
      readonly key: string;
      readonly value: string;
    }
  | { readonly action: 'remove values'; readonly key: string; readonly values: readonly string[] };

/**
 * What it takes until Lake Formation has all that is declared. What others made stays: keys, values, assignments of
 * keys that are not declared, grants on what is not ours.
 * @param options `prune`: also what takes from our own what nobody declares. Default: false
 */
export function tagChanges(
  declared: TagDeclaration,
  present: TagsPresent,
  { prune = false }: { readonly prune?: boolean } = {},
): TagChange[] {
  const gone = new Set(present.missing.map(targetName));
  return [
    ...missingTags(declared, present),
    ...missingAssignments(declared, present, gone),
    ...missingGrants(declared, present, gone),
    ...(prune
      ? [
          ...surplusGrants(declared, present),
          ...surplusAssignments(declared, present),
          ...surplusValues(declared, present),
        ]
      : []),
  ];
}

function missingTags({ ontology }: TagDeclaration, present: TagsPresent): TagChange[] {
  return [...ontology].flatMap(([key, values]): TagChange[] => {
    const there = present.ontology.get(key);
    if (!there) return [{ action: 'create tag', key, values }];
    const more = values.filter((value) => !there.includes(value));
    return more.length > 0 ? [{ action: 'add values', key, values: more }] : [];
  });
}

function missingAssignments(
  declared: TagDeclaration,
  present: TagsPresent,
  gone: ReadonlySet<string>,
): TagChange[] {
  const there = new Map(present.assignments.map((one) => [placeOf(one), one.value]));
  return declared.assignments.flatMap(({ key, value, ...to }): TagChange[] => {
    const before = there.get(placeOf({ key, ...to }));
    if (before === value || isGone(to, gone)) return [];
    return [{ action: 'assign', to, key, value, ...(before !== undefined && { before }) }];
  });
}

function missingGrants(
  declared: TagDeclaration,
  present: TagsPresent,
  gone: ReadonlySet<string>,
): TagChange[] {
  const held = heldBy(present.grants);
  return declared.grants.flatMap((grant): TagChange[] => {
    const { on } = grant;
    if (on.kind !== 'tags' && isGone(on, gone)) return [];
    const has = held.get(grantKey(grant)) ?? [];
    // Whoever holds all holds each.
    const permissions = has.includes('ALL') ? [] : without(grant.permissions, has);
    return permissions.length > 0 ? [{ action: 'grant', grant: { ...grant, permissions } }] : [];
  });
}

/** What our principals hold beyond what is declared, on our own databases and tables or by our own tags alone. */
function surplusGrants(declared: TagDeclaration, { grants }: TagsPresent): TagChange[] {
  const wanted = heldBy(declared.grants);
  const databases = new Set(declared.assignments.map(({ database }) => database));
  return grants.flatMap((grant): TagChange[] => {
    const { on } = grant;
    const isOurs =
      on.kind === 'tags'
        ? on.expression.every(({ key }) => declared.ontology.has(key))
        : databases.has(on.database);
    const permissions = isOurs ? without(grant.permissions, wanted.get(grantKey(grant)) ?? []) : [];
    return permissions.length > 0 ? [{ action: 'revoke', grant: { ...grant, permissions } }] : [];
  });
}

function surplusAssignments(declared: TagDeclaration, present: TagsPresent): TagChange[] {
  const wanted = new Set(declared.assignments.map(placeOf));
  return present.assignments.flatMap(({ key, value, ...from }): TagChange[] =>
    declared.ontology.has(key) && !wanted.has(placeOf({ key, ...from }))
      ? [{ action: 'take away', from, key, value }]
      : [],
  );
}

function surplusValues({ ontology }: TagDeclaration, present: TagsPresent): TagChange[] {
  return [...ontology].flatMap(([key, values]): TagChange[] => {
    const surplus = without(present.ontology.get(key) ?? [], values);
    return surplus.length > 0 ? [{ action: 'remove values', key, values: surplus }] : [];
  });
}

/** What a change is about, and what becomes of it, in words. */
export function changeWords(change: TagChange): { readonly of: string; readonly text: string } {
  switch (change.action) {
    case 'create tag':
    case 'add values':
    case 'remove values':
      return { of: change.key, text: change.values.join(', ') };
    case 'assign': {
      const before = change.before === undefined ? '' : `, ${change.before} so far`;
      return { of: targetName(change.to), text: `${change.key}=${change.value}${before}` };
    }
    case 'take away':
      return { of: targetName(change.from), text: `${change.key}=${change.value}` };
    case 'grant':
    case 'revoke': {
      const { principal, on, permissions } = change.grant;
      return { of: principal, text: `${permissions.join(', ')} on ${grantedText(on)}` };
    }
  }
}

/** A thing that bears at most one value. */
function placeOf({ key, ...target }: TagTarget & { readonly key: string }): string {
  return `${targetName(target)} ${key}`;
}

/** Whether a table or its database is not there. */
function isGone({ database, table }: TagTarget, gone: ReadonlySet<string>): boolean {
  return gone.has(database) || (table !== undefined && gone.has(targetName({ database, table })));
}

/** Permissions by what makes a grant the same one; Lake Formation keeps one grant in several parts. */
function heldBy(grants: readonly Grant[]): ReadonlyMap<string, readonly string[]> {
  const held = new Map<string, string[]>();
  for (const grant of grants) {
    const key = grantKey(grant);
    held.set(key, [...(held.get(key) ?? []), ...grant.permissions]);
  }
  return held;
}

function without(some: readonly string[], others: readonly string[]): string[] {
  return some.filter((one) => !others.includes(one));
}
