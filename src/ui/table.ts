import Table from 'cli-table3';
import type { ChalkInstance } from 'chalk';
import stringWidth from 'string-width';
import { printableInColour } from './text.js';

export interface TableColumn<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  readonly align?: 'left' | 'right';
}

/** Rows as aligned text without borders, a heading above them. */
export function table<Row>(
  chalk: ChalkInstance,
  columns: readonly TableColumn<Row>[],
  rows: readonly Row[],
): string {
  return tableInPieces(chalk, columns)(rows);
}

/**
 * The same for rows that come little by little: the first piece has the heading, and a later one is wider where its rows
 * are.
 * @returns draws a piece
 */
export function tableInPieces<Row>(
  chalk: ChalkInstance,
  columns: readonly TableColumn<Row>[],
): (rows: readonly Row[]) => string {
  let head = columns.map((column) => chalk.bold(column.title));
  let widths = columns.map(() => 0);
  const align = columns.map((column) => column.align ?? 'left');
  return (rows) => {
    const cells = rows.map((row) => columns.map((column) => printableInColour(column.value(row))));
    widths = widths.map((width, index) =>
      [head, ...cells].reduce(
        (most, line) =>
          (line[index] ?? '').split('\n').reduce((wide, part) => Math.max(wide, stringWidth(part)), most),
        width,
      ),
    );
    const pieces: string[] = [];
    // The library takes all rows of a table as the arguments of one call, which has no room for very many.
    for (let from = 0; from < cells.length || head.length > 0; from += rowsAtOnce) {
      pieces.push(drawn(cells.slice(from, from + rowsAtOnce), widths, align, head));
      head = [];
    }
    return pieces.join('\n');
  };
}

const rowsAtOnce = 1000;

function drawn(
  cells: readonly string[][],
  colWidths: number[],
  colAligns: ('left' | 'right')[],
  head: string[],
): string {
  const table = new Table({
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      'left-mid': '',
      mid: '',
      'mid-mid': '',
      right: '',
      'right-mid': '',
      middle: '  ',
    },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colWidths,
    colAligns,
    head,
  });
  table.push(...cells);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
