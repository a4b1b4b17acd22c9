import type { CatalogTable } from '../model/catalog-table.js';

type Columns = CatalogTable['columns'];

/** A change that readers would not bear, and how to come to the same end without breaking them. */
export interface RefusedChange {
  /** In words, for people: `drops fax string`. */
  readonly change: string;
  /** The column that it is about, by the name that it has. */
  readonly column: string;
  readonly migration: string;
}

/** What becomes of a table's columns: changes that readers of old data bear, and those that would break them. */
export interface Evolution {
  /** In words, for people: `adds phone string`. */
  readonly allowed: readonly string[];
  readonly refused: readonly RefusedChange[];
}

/**
 * Compares the columns that a table has with those that its contract declares. New columns must be nullable, for old
 * rows have no value; a type may only become wider; nothing is dropped or renamed under those who read it.
 */
export function evolve(has: Columns, wants: Columns, nullable: (column: string) => boolean): Evolution {
  const allowed: string[] = [];
  const refused: RefusedChange[] = [];
  const before = new Map(has.map(({ name, type }) => [name.toLowerCase(), normal(type)]));
  const after = new Map(wants.map(({ name, type }) => [name.toLowerCase(), normal(type)]));
  const renamed = renames(has, wants);
  for (const [name, type] of after) {
    const old = before.get(name);
    if (old === undefined) {
      if (renamed.has(name)) continue;
      if (nullable(name)) allowed.push(`adds ${name} ${type}`);
      else {
        refused.push({
          column: name,
          change: `adds ${name} ${type}, which may not be null, and old rows have no value`,
          migration: `take ${name} out of "required" and let it be null; expect a value of new rows in dq_thresholds.yaml`,
        });
      }
    } else if (old !== type) {
      if (isWider(old, type)) allowed.push(`widens ${name} from ${old} to ${type}`);
      else {
        refused.push({
          column: name,
          change: `changes ${name} from ${old} to ${type}, which not every value fits`,
          migration: `leave ${name} ${old}, add a nullable ${name}_${type.replace(/\W.*/, '')} ${type} beside it, fill that where the value fits, and move readers over`,
        });
      }
    }
  }
  for (const [name, type] of before) {
    if (after.has(name)) continue;
    const now = [...renamed].find(([, old]) => old === name)?.[0];
    if (now !== undefined) {
      refused.push({
        column: name,
        change: `renames ${name} to ${now}`,
        migration: `leave ${name}, add ${now} as a nullable column beside it, fill both, and move readers over`,
      });
    } else {
      refused.push({
        column: name,
        change: `drops ${name} ${type}`,
        migration: `leave ${name} and let it be null until nothing reads it; a table without it is a dataset of another name`,
      });
    }
  }
  return { allowed, refused };
}

/** New names of columns by which an old one of the same type is gone from the same place: a column under another name. */
function renames(has: Columns, wants: Columns): ReadonlyMap<string, string> {
  const known = new Set(has.map(({ name }) => name.toLowerCase()));
  const kept = new Set(wants.map(({ name }) => name.toLowerCase()));
  return new Map(
    wants.flatMap(({ name, type }, place): [string, string][] => {
      const before = has[place];
      if (!before || known.has(name.toLowerCase()) || kept.has(before.name.toLowerCase())) return [];
      return normal(before.type) === normal(type) ? [[name.toLowerCase(), before.name.toLowerCase()]] : [];
    }),
  );
}

const wider: Readonly<Record<string, readonly string[]>> = {
  tinyint: ['smallint', 'int', 'bigint'],
  smallint: ['int', 'bigint'],
  int: ['bigint'],
  float: ['double'],
};

/** Whether every value of one type is one of the other. */
export function isWider(from: string, to: string): boolean {
  if (wider[from]?.includes(to)) return true;
  const [small, large] = [decimal(from), decimal(to)];
  if (!small || !large) return false;
  return large.scale >= small.scale && large.precision - large.scale >= small.precision - small.scale;
}

function decimal(type: string): { precision: number; scale: number } | undefined {
  const parts = /^decimal\((\d+),(\d+)\)$/.exec(type);
  return parts ? { precision: Number(parts[1]), scale: Number(parts[2]) } : undefined;
}

function normal(type: string): string {
  return type
    .toLowerCase()
    .replace(/\s+/g, '')
    .replace(/^integer$/, 'int');
}
