import type { ChalkInstance } from 'chalk';
import type { ResultColumn } from '../aws/queries.js';
import type { QueryEnd, QueryRow, QueryValue } from '../operations/query.js';
import { errorDocument } from './show-error.js';
import { tableInPieces } from './table.js';
import { printable } from './text.js';

/** Writes an answer as it comes, a page after another; each of these gives the text to write. */
export interface AnswerWriter {
  page(columns: readonly ResultColumn[], rows: readonly QueryRow[]): string;
  /** What comes behind the last page. */
  end(result: QueryEnd): string;
  /** What makes a whole document of an answer that ends with an error; nothing where there is none to be made whole. */
  brokenOff(error: unknown): string | undefined;
}

export type AnswerFormat = 'table' | 'csv' | 'json';

export interface AnswerOptions {
  readonly chalk: ChalkInstance;
  /** Whether somebody looks at it on a terminal, which control characters would take over. */
  readonly onTerminal: boolean;
}

/** How an answer is written in the form that was asked for. */
export function answerWriter(format: AnswerFormat, options: AnswerOptions): AnswerWriter {
  switch (format) {
    case 'table':
      return tableWriter(options.chalk);
    case 'csv':
      return csvWriter(options.onTerminal ? printable : (text) => text);
    case 'json':
      return jsonWriter();
  }
}

const numbers = /^(tinyint|smallint|integer|bigint|float|real|double|decimal.*)$/;

/** How many rows a table looks at before it says how wide its columns are. */
const rowsOfOneWidth = 2000;

/** For people: numbers to the right, nulls dimmed. */
function tableWriter(chalk: ChalkInstance): AnswerWriter {
  let waiting: QueryRow[] = [];
  let draw: ((rows: readonly QueryRow[]) => string) | undefined;
  const drawn = (): string => {
    const rows = waiting;
    waiting = [];
    const text = draw?.(rows) ?? '';
    return text === '' ? '' : `${text}\n`;
  };
  return {
    page: (columns, rows) => {
      draw ??= tableInPieces(
        chalk,
        columns.map((column, index) => ({
          title: printable(column.name),
          align: numbers.test(column.type) ? ('right' as const) : ('left' as const),
          value: (row: QueryRow) => {
            const value = row[index] ?? null;
            return value === null ? chalk.dim('null') : printable(String(value)).replaceAll('\n', '\\n');
          },
        })),
      );
      waiting.push(...rows);
      return waiting.length < rowsOfOneWidth ? '' : drawn();
    },
    end: drawn,
    brokenOff: () => undefined,
  };
}

/** CSV (RFC 4180): a heading, CRLF, null as an empty field and an empty text as `""`. */
function csvWriter(shown: (text: string) => string): AnswerWriter {
  const field = (value: QueryValue): string => {
    if (value === null) return '';
    const text = shown(String(value));
    return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  let headed = false;
  return {
    page: (columns, rows) => {
      const heading = headed ? [] : [columns.map(({ name }) => name)];
      headed = true;
      return [...heading, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
    },
    end: () => '',
    brokenOff: () => undefined,
  };
}

/** One document, a row a line. */
function jsonWriter(): AnswerWriter {
  let lines = 0;
  const closed = (rest: Readonly<Record<string, unknown>>): string =>
    `${lines === 0 ? '' : '\n  '}],${JSON.stringify(rest, null, 2).slice(1)}\n`;
  let begun = false;
  return {
    page: (columns, rows) => {
      const opening = begun ? '' : `{${JSON.stringify({ columns }, null, 2).slice(1, -2)},\n  "rows": [`;
      begun = true;
      return opening + rows.map((row) => `${lines++ === 0 ? '' : ','}\n    ${JSON.stringify(row)}`).join('');
    },
    end: (result) => closed({ ...result }),
    brokenOff: (error) => (begun ? closed({ error: errorDocument(error) }) : undefined),
  };
}
