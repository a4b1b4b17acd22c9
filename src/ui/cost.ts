import type { ChalkInstance } from 'chalk';
import type { CostEstimate, KnownCost } from '../model/cost/estimate.js';
import { table } from './table.js';

/** What an environment costs a month: a line a component, the total, and what comes on top by use. */
export function costText(chalk: ChalkInstance, cost: CostEstimate, verbose: boolean): string {
  switch (cost.kind) {
    case 'local':
      return 'Cost: nothing, it runs on this machine.';
    case 'unknown':
      return `Cost: no prices are known of ${cost.regions.join(', ')}, only of ${cost.knownRegions.join(', ')}.`;
    case 'estimate':
      return estimateText(chalk, cost, verbose);
  }
}

function estimateText(chalk: ChalkInstance, cost: KnownCost, verbose: boolean): string {
  const uses = [...new Set(cost.byUse.map(({ component }) => component))];
  return [
    '',
    `${chalk.bold('Cost a month')}  estimate in USD, list prices of ${cost.asOf}, ${cost.regions.join(' and ')}`,
    table(
      chalk,
      [
        { title: 'Component', value: ({ component }) => component },
        { title: 'Units', value: ({ units }) => String(units), align: 'right' },
        { title: 'Each', value: ({ each }) => each, align: 'right' },
        { title: 'Month', value: ({ month }) => month, align: 'right' },
      ],
      [
        ...cost.components.map(({ component, units, unitMonthly, monthly }) => ({
          component,
          units,
          each: money(unitMonthly),
          month: money(monthly),
        })),
        { component: chalk.bold('Fixed'), units: '', each: '', month: chalk.bold(money(cost.monthly)) },
      ],
    ),
    ...changeLine(cost),
    ...(cost.unpriced.length > 0 ? [`No price is known of: ${cost.unpriced.join(', ')}`] : []),
    ...(verbose
      ? ['On top, by use:', ...cost.byUse.map(({ component, rate }) => `  ${component}: ${rate}`)]
      : [`On top, by use (--verbose has the rates): ${uses.join(', ')}`]),
  ].join('\n');
}

function changeLine({ deployed, change }: KnownCost): string[] {
  if (deployed === undefined || change === undefined) return [];
  if (change === 0) return ['As much as what is deployed now.'];
  return [
    `${money(Math.abs(change))} ${change > 0 ? 'more' : 'less'} than what is deployed now (${money(deployed)}).`,
  ];
}

/** `1,234.50` */
function money(amount: number): string {
  return amount.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}
