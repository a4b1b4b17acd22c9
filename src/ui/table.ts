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
  const cells = rows.map((row) => columns.map((column) => printableInColour(column.value(row))));
  const head = columns.map((column) => chalk.bold(column.title));
  const widths = columns.map((_, index) =>
    [head, ...cells].reduce(
      (most, line) =>
        (line[index] ?? '').split('\n').reduce((wide, part) => Math.max(wide, stringWidth(part)), most),
      0,
    ),
  );
  const align = columns.map((column) => column.align ?? 'left');
  // The library takes all rows of a table as the arguments of one call, which has no room for very many.
  const pieces = Array.from({ length: Math.max(1, Math.ceil(cells.length / rowsAtOnce)) }, (_, index) =>
    drawn(cells.slice(index * rowsAtOnce, (index + 1) * rowsAtOnce), widths, align, index === 0 ? head : []),
  );
  return pieces.join('\n');
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
