import type { ChalkInstance } from 'chalk';
import type { QueryResult, QueryValue } from '../operations/query.js';
import { table } from './table.js';
import { printable } from './text.js';

const numbers = /^(tinyint|smallint|integer|bigint|float|real|double|decimal.*)$/;

/** An answer as a table for people: numbers to the right, nulls dimmed. */
export function resultTable(chalk: ChalkInstance, { columns, rows }: QueryResult): string {
  return table(
    chalk,
    columns.map((column, index) => ({
      title: printable(column.name),
      align: numbers.test(column.type) ? ('right' as const) : ('left' as const),
      value: (row: readonly QueryValue[]) => {
        const value = row[index] ?? null;
        return value === null ? chalk.dim('null') : printable(String(value)).replaceAll('\n', '\\n');
      },
    })),
    rows,
  );
}

/** An answer as CSV (RFC 4180): a heading, CRLF, null as an empty field and an empty text as `""`. */
export function csv({ columns, rows }: QueryResult): string {
  const field = (value: QueryValue): string => {
    if (value === null) return '';
    const text = String(value);
    return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns.map(({ name }) => name), ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}
