import type { ChalkInstance } from 'chalk';
import type { CheckSlaResult } from '../operations/sla/check-sla.js';
import type { EmitMetricsResult } from '../operations/sla/emit-metrics.js';
import { table } from './table.js';
import { count, duration } from './text.js';

/** What was promised, what was found: broken promises first. */
export function slaTable(chalk: ChalkInstance, result: CheckSlaResult): string {
  const order = ['broken', 'unmeasured', 'kept'];
  const colour = { broken: chalk.red, unmeasured: chalk.yellow, kept: chalk.green };
  const rows = [...result.promises].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  const told = Object.entries(result.told ?? {}).map(([channel, number]) => `${channel} told of ${number}`);
  return [
    table(
      chalk,
      [
        { title: 'state', value: ({ state }) => colour[state](state) },
        { title: 'promise', value: ({ kind }) => kind },
        { title: 'of', value: ({ subject }) => subject },
        { title: 'promised', value: ({ promised }) => promised },
        { title: 'found', value: ({ found }) => found },
        {
          title: 'late',
          value: ({ state, secondsLate = 0 }) =>
            state === 'broken' && secondsLate > 0 ? duration(secondsLate) : '',
          align: 'right',
        },
      ],
      rows,
    ),
    '',
    [
      `${result.broken} broken, ${result.kept} kept, ${result.unmeasured} not measured`,
      ...(result.told ? [told.join(', ') || 'nothing new to tell'] : []),
    ].join('; '),
  ].join('\n');
}

/** What was sent to CloudWatch. */
export function metricsTable(chalk: ChalkInstance, result: EmitMetricsResult): string {
  return [
    table(
      chalk,
      [
        { title: 'metric', value: ({ name }) => name },
        { title: 'of', value: ({ subject }) => subject },
        {
          title: 'value',
          value: ({ value, unit }) => (unit === 'Seconds' ? duration(value) : String(value)),
          align: 'right',
        },
      ],
      [...result.metrics].sort((a, b) => compare(a.name, b.name) || compare(a.subject, b.subject)),
    ),
    '',
    `${count(result.runs.length, 'run')} ended since the last time`,
    `${count(result.metrics.length, 'value')}${result.emitted ? '' : ' (dry run: nothing was sent)'}`,
  ].join('\n');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
