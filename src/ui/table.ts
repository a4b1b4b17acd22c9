import Table from 'cli-table3';
import type { ChalkInstance } from 'chalk';

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
  const drawn = new Table({
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
    colAligns: columns.map((column) => column.align ?? 'left'),
    head: columns.map((column) => chalk.bold(column.title)),
  });
  for (const row of rows) drawn.push(columns.map((column) => column.value(row)));
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
