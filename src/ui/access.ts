import type { ChalkInstance } from 'chalk';
import type { TableAccess } from '../operations/access.js';
import { table } from './table.js';

/** Who reads which columns: a row a column, a heading a principal. */
export function accessText(chalk: ChalkInstance, access: TableAccess, against: string): string {
  const titles = new Map(access.principals.map(({ principal, title }) => [principal, title]));
  return [
    `${access.table} in ${access.environment}, by what is declared:`,
    '',
    table(
      chalk,
      [
        { title: 'column', value: (row) => row.column },
        {
          title: 'LF-tags',
          value: ({ tags }) =>
            Object.entries(tags)
              .map(([key, value]) => `${key}=${value}`)
              .join(' '),
        },
        ...access.principals.map(({ principal, title }) => ({
          title,
          value: ({ readers }: TableAccess['columns'][number]) =>
            readers.includes(principal) ? chalk.green('reads') : chalk.dim('-'),
        })),
      ],
      access.columns,
    ),
    '',
    ...changeLines(chalk, access, against, titles),
  ].join('\n');
}

function changeLines(
  chalk: ChalkInstance,
  { changes }: TableAccess,
  against: string,
  titles: ReadonlyMap<string, string>,
): string[] {
  if (!changes) return [chalk.dim(`Nothing to compare with: there is no valid declaration at ${against}.`)];
  if (changes.length === 0) return [`The same as at ${against}.`];
  return [
    `Changed since ${against}:`,
    ...changes.flatMap(({ principal, gains, loses }) => {
      const title = titles.get(principal) ?? principal;
      return [
        ...(gains.length > 0 ? [`  ${chalk.yellow('+')} ${title} reads ${gains.join(', ')}`] : []),
        ...(loses.length > 0 ? [`  ${chalk.yellow('-')} ${title} reads no more ${loses.join(', ')}`] : []),
      ];
    }),
  ];
}
