import { DataplatError } from '../model/errors.js';

type Part = { readonly kind: 'code' | 'text' | 'remark'; readonly sql: string };

/** A place of a parameter in a query: its name, and its type where it says one. */
export const places = /\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*(?::\s*(\w+)\s*)?\}\}/g;

/** What a place can say of its value, as `{{name:text}}`: what the value has to look like, and how SQL has it. */
const types: Readonly<
  Record<string, { readonly form: RegExp; readonly example: string; readonly sql: string }>
> = {
  text: { form: /^[\s\S]*$/, example: '', sql: '' },
  number: { form: /^-?\d{1,38}(\.\d{1,38})?$/, example: '-12.50', sql: '' },
  date: { form: /^\d{4}-\d\d-\d\d$/, example: '2026-01-05', sql: 'DATE ' },
  timestamp: {
    form: /^\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d(\.\d{1,12})?)?$/,
    example: '2026-01-05 10:30:00',
    sql: 'TIMESTAMP ',
  },
};

/**
 * Puts values in the places of `{{name}}` as SQL literals: a number as it is, anything else as a quoted text. What a
 * value holds can therefore not become a part of the query. `DATE {{day}}` gives `DATE '2026-01-05'`. Digits that begin
 * with a zero are a text, for a number would not keep it. Where a column of texts holds other digits too, the place says
 * so: `{{account:text}}`; the same for number, date and timestamp.
 * @throws DataplatError DP1001 for a place without a value, a value without a place, a place inside quotes, or a value
 * that is not what its place says
 */
export function bindParameters(sql: string, values: Readonly<Record<string, string>>): string {
  const used = new Set<string>();
  const missing = new Set<string>();
  const bound = partsOf(sql).map((part) => {
    if (part.kind === 'remark') return part.sql;
    return part.sql.replace(places, (place, name: string, type?: string) => {
      if (part.kind === 'text') {
        throw new DataplatError(
          'DP1001',
          `${place} stands inside quotes: it brings its own, so take them away`,
        );
      }
      used.add(name);
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      if (value === undefined) missing.add(name);
      return value === undefined ? place : literal(place, value, type);
    });
  });
  if (missing.size > 0) {
    throw new DataplatError('DP1001', `the query wants a value for ${[...missing].join(', ')}`, {
      next: [`… ${[...missing].map((name) => `--param ${name}=<value>`).join(' ')}`],
    });
  }
  const unused = Object.keys(values).filter((name) => !used.has(name));
  if (unused.length > 0) {
    throw new DataplatError(
      'DP1001',
      `the query has no place for ${unused.join(', ')}; it has: ${[...used].join(', ') || 'none'}`,
    );
  }
  return bound.join('');
}

function literal(place: string, value: string, type: string | undefined): string {
  const text = `'${value.replaceAll("'", "''")}'`;
  if (type === undefined) return /^-?(0|[1-9]\d{0,17})(\.\d{1,18})?$/.test(value) ? value : text;
  const known = Object.hasOwn(types, type) ? types[type] : undefined;
  if (known === undefined) {
    throw new DataplatError('DP1001', `${place} names no type; there is: ${Object.keys(types).join(', ')}`);
  }
  if (!known.form.test(value)) {
    throw new DataplatError('DP1001', `"${value}" is no ${type}, which ${place} wants, as ${known.example}`);
  }
  return type === 'number' ? value : known.sql + text;
}

/** Cuts a query where quotes and remarks begin and end. Joined, the parts are the query. */
function partsOf(sql: string): Part[] {
  const parts: Part[] = [];
  const pattern = /'(?:[^']|'')*'?|"(?:[^"]|"")*"?|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g;
  let end = 0;
  for (const found of sql.matchAll(pattern)) {
    parts.push({ kind: 'code', sql: sql.slice(end, found.index) });
    const [text] = found;
    parts.push({ kind: /^['"]/.test(text) ? 'text' : 'remark', sql: text });
    end = found.index + text.length;
  }
  parts.push({ kind: 'code', sql: sql.slice(end) });
  return parts;
}
