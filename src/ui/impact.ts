import type { ChalkInstance } from 'chalk';
import type { Breach } from '../operations/contract-impact.js';

/** What changed contracts break, a paragraph a change; nothing where they break nothing. */
export function breachLines(chalk: ChalkInstance, breaches: readonly Breach[], against: string): string {
  if (breaches.length === 0) return '';
  const named = (title: string, all: readonly string[]): string[] =>
    all.length === 0 ? [] : [`    ${title}: ${all.join(', ')}`];
  return [
    '',
    `Changed since ${against}, and felt by others:`,
    ...breaches.flatMap((breach) => [
      `  ${chalk.yellow('!')} ${breach.dataset} ${breach.change}`,
      ...named('queries', breach.queries),
      ...named('jobs', breach.jobs),
      ...named('readers', breach.grants),
      ...(breach.masking === undefined ? [] : [`    masking: ${breach.masking}`]),
      ...(breach.migration === undefined ? [] : [`    instead: ${breach.migration}`]),
    ]),
  ].join('\n');
}
