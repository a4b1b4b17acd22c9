import type { PassedQuota } from '../model/quotas.js';

/** What is declared and an account does not allow unasked, for people: nothing, or lines to put behind others. */
export function quotasText(quotas: readonly PassedQuota[]): string {
  if (quotas.length === 0) return '';
  const number = (value: number): string => value.toLocaleString('en-US');
  return [
    '',
    'An AWS account allows less by default. Before it is deployed:',
    ...quotas.map(
      ({ what, count, quota, raisable, account, region, environments }) =>
        `  ${environments.join(' and ')}: ${number(count)} ${what}, of ${number(quota)} in account ${account}` +
        `${region === undefined ? '' : `, ${region}`}; ` +
        (raisable ? 'AWS raises it when asked' : 'AWS raises it for nobody'),
    ),
  ].join('\n');
}
