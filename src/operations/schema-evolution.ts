import type { CatalogTable } from '../model/catalog-table.js';

type Columns = CatalogTable['columns'];

/** What becomes of a table's columns: changes that readers of old data bear, and those that would break them. */
export interface Evolution {
  /** In words, for people: `adds phone string`. */
  readonly allowed: readonly string[];
  readonly refused: readonly string[];
}

/**
 * Compares the columns that a table has with those that its contract declares. New columns must be nullable, for old
 * rows have no value; a type may only become wider; nothing is dropped or renamed under those who read it.
 */
export function evolve(has: Columns, wants: Columns, nullable: (column: string) => boolean): Evolution {
  const allowed: string[] = [];
  const refused: string[] = [];
  const before = new Map(has.map(({ name, type }) => [name.toLowerCase(), normal(type)]));
  const after = new Map(wants.map(({ name, type }) => [name.toLowerCase(), normal(type)]));
  for (const [name, type] of after) {
    const old = before.get(name);
    if (old === undefined) {
      if (nullable(name)) allowed.push(`adds ${name} ${type}`);
      else refused.push(`adds ${name} ${type}, which may not be null, and old rows have no value`);
    } else if (old !== type) {
      if (isWider(old, type)) allowed.push(`widens ${name} from ${old} to ${type}`);
      else refused.push(`changes ${name} from ${old} to ${type}, which not every value fits`);
    }
  }
  for (const [name, type] of before) if (!after.has(name)) refused.push(`drops ${name} ${type}`);
  return { allowed, refused };
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
