import type { ChalkInstance } from 'chalk';
import type { CheckedDataset } from '../operations/check-quality.js';
import { table } from './table.js';

/** What a check of data quality found: a line a dataset, and everything that is not met. */
export function qualityTables(chalk: ChalkInstance, datasets: readonly CheckedDataset[]): string {
  const failed = datasets.flatMap(({ dataset, failed: unmet }) => unmet.map((one) => ({ dataset, ...one })));
  const number = (value: number): string => String(value);
  const checked = table(
    chalk,
    [
      { title: 'dataset', value: (row) => row.dataset },
      { title: 'rows', value: (row) => number(row.rows), align: 'right' },
      { title: 'expectations', value: (row) => number(row.expectations), align: 'right' },
      { title: 'met', value: (row) => number(row.passed), align: 'right' },
      { title: 'not judged', value: (row) => number(row.measured), align: 'right' },
      { title: 'warnings', value: (row) => number(row.warnings), align: 'right' },
      { title: 'errors', value: (row) => number(row.errors), align: 'right' },
    ],
    datasets,
  );
  if (failed.length === 0) return checked;
  const unmet = table(
    chalk,
    [
      {
        title: 'not met',
        value: (row) => (row.severity === 'error' ? chalk.red(row.severity) : chalk.yellow(row.severity)),
      },
      { title: 'dataset', value: (row) => row.dataset },
      { title: 'expectation', value: (row) => row.expectation },
      { title: 'found', value: (row) => row.found },
      { title: 'expected', value: (row) => row.threshold },
    ],
    failed,
  );
  return `${checked}\n\n${unmet}`;
}
