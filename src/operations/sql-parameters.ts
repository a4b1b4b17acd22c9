import { DataplatError } from '../model/errors.js';

type Part = { readonly kind: 'code' | 'text' | 'remark'; readonly sql: string };

/**
 * Puts values in the places of `{{name}}` as SQL literals: a number as it is, anything else as a quoted text. What a
 * value holds can therefore not become a part of the query. `DATE {{day}}` gives `DATE '2026-01-05'`.
 * @throws DataplatError DP1001 for a place without a value, a value without a place, or a place inside quotes
 */
export function bindParameters(sql: string, values: Readonly<Record<string, string>>): string {
  const used = new Set<string>();
  const missing = new Set<string>();
  const bound = partsOf(sql).map((part) => {
    if (part.kind === 'remark') return part.sql;
    return part.sql.replace(/\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}/g, (place, name: string) => {
      if (part.kind === 'text') {
        throw new DataplatError(
          'DP1001',
          `${place} stands inside quotes: it brings its own, so take them away`,
        );
      }
      used.add(name);
      const value = values[name];
      if (value === undefined) missing.add(name);
      return value === undefined ? place : literal(value);
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

function literal(value: string): string {
  return /^-?\d{1,18}(\.\d{1,18})?$/.test(value) ? value : `'${value.replaceAll("'", "''")}'`;
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
