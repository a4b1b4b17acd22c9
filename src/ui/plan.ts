import type { ChalkInstance } from 'chalk';
import type { StackSummary } from '../operations/diff.js';
import { count } from './text.js';

const signs = { add: '+', change: '~', replace: '±', destroy: '-' } as const;

/** A plan as a person reads it: a line a stack, what changes in it where that is little, and everything to stop for. */
export function planText(chalk: ChalkInstance, stacks: readonly StackSummary[], verbose: boolean): string {
  return stacks.flatMap((stack) => stackLines(chalk, stack, verbose)).join('\n');
}

/** The same of a plan that destroys everything: how much, and the data that goes with it. */
export function teardownText(
  chalk: ChalkInstance,
  stacks: readonly StackSummary[],
  verbose: boolean,
): string {
  if (verbose) return planText(chalk, stacks, verbose);
  const brief = stacks.map((stack) => ({
    ...stack,
    changes: [],
    findings: stack.findings.filter(({ kind }) => kind === 'data-loss' || kind === 'administrator-loss'),
  }));
  return planText(chalk, brief, verbose);
}

/** The same of a plan that adopts what exists: what of it, and what would be made, is counted by its type. */
export function recoveryText(
  chalk: ChalkInstance,
  stacks: readonly StackSummary[],
  verbose: boolean,
): string {
  if (verbose) return planText(chalk, stacks, verbose);
  return stacks
    .flatMap((stack) => [
      ...stackLines(
        chalk,
        stack,
        verbose,
        stack.findings.filter(({ kind }) => kind !== 'adoption'),
      ),
      ...byType('adopts', adoptionsOf(stack)),
      ...byType(
        'adds',
        stack.changes.filter(({ action }) => action === 'add'),
      ),
    ])
    .join('\n');
}

function byType(verb: string, resources: readonly { readonly address: string }[]): string[] {
  const counts = new Map<string, number>();
  for (const { address } of resources) {
    const type = address.slice(0, address.indexOf('.'));
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  const listed = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([type, found]) => `${found} ${type}`);
  return listed.length === 0 ? [] : [`  ${verb} ${listed.join(', ')}`];
}

function adoptionsOf({ findings }: StackSummary): StackSummary['findings'] {
  return findings.filter(({ kind }) => kind === 'adoption');
}

function stackLines(
  chalk: ChalkInstance,
  stack: StackSummary,
  verbose: boolean,
  findings: StackSummary['findings'] = stack.findings,
): string[] {
  const { add, change, replace, destroy } = stack.counts;
  const { settings = [] } = stack;
  const adopted = adoptionsOf(stack).length;
  const parts = [
    ...(adopted > 0 ? [`${adopted} to adopt`] : []),
    ...(add > 0 ? [chalk.green(`${add} to add`)] : []),
    ...(change > 0 ? [chalk.yellow(`${change} to change`)] : []),
    ...(replace > 0 ? [chalk.red(`${replace} to replace`)] : []),
    ...(destroy > 0 ? [chalk.red(`${destroy} to destroy`)] : []),
    ...(settings.length > 0 ? [chalk.yellow(`${count(settings.length, 'setting')} to change`)] : []),
  ];
  const what =
    stack.state === 'later'
      ? 'planned once the stacks before it are applied'
      : `${parts.length > 0 ? parts.join(', ') : 'no changes'}${stack.state === 'provisional' ? ' (planned again after the stacks before it)' : ''}`;
  const shown = verbose ? stack.changes : stack.changes.filter(({ action }) => action !== 'add').slice(0, 20);
  const hidden = stack.changes.filter(({ action }) => action !== 'add').length - shown.length;
  return [
    `${chalk.bold(stack.name)}  ${what}`,
    ...shown.map(({ action, address }) => `  ${colour(chalk, action)(signs[action])} ${address}`),
    ...(!verbose && hidden > 0 ? [`  and ${count(hidden, 'more change')}; --verbose lists all`] : []),
    ...settings.map(({ of, text }) => `  ${chalk.yellow('~')} ${of}: ${text}`),
    ...findings.map(
      ({ kind, address, text }) => `  ${chalk.red('!')} ${chalk.bold(kind)}  ${address}: ${text}`,
    ),
  ];
}

function colour(chalk: ChalkInstance, action: keyof typeof signs): ChalkInstance {
  return action === 'add' ? chalk.green : action === 'change' ? chalk.yellow : chalk.red;
}
