import type { Contract, ContractColumn } from './dataset.js';
import type { SourceDocument } from './document.js';
import { secondsOf } from './duration.js';
import type { Problem } from './errors.js';
import { suggestion } from './check.js';

/** What Delta itself takes for the least: writers and readers may still be at work on what is a little younger. */
export const leastKeptVersions = '7d';

export function maintenanceProblems(
  document: SourceDocument,
  contract: Contract,
  typeOf: (column: ContractColumn) => string | undefined,
): Problem[] {
  const { maintenance, partitionedBy } = contract['x-dataplat'];
  const { clustering, keepVersions } = maintenance ?? {};
  const path = ['x-dataplat', 'maintenance'];
  const problems: Problem[] = [];
  const wrong = (
    code: Problem['code'],
    at: readonly (string | number)[],
    message: string,
    hint: string,
  ): void => {
    problems.push({ code, location: document.locateValue([...path, ...at]), message, hint });
  };
  if (keepVersions !== undefined && secondsOf(keepVersions) < secondsOf(leastKeptVersions))
    wrong(
      'DP2005',
      ['keepVersions'],
      `old versions are kept for ${keepVersions}`,
      `expected at least ${leastKeptVersions}: readers and writers may be at work on younger ones`,
    );
  if (!clustering) return problems;
  if (clustering.by === 'liquid' && partitionedBy.length > 0)
    wrong(
      'DP2005',
      ['clustering', 'by'],
      'a table with partitions cannot be clustered by liquid',
      'expected zorder, or no "partitionedBy"',
    );
  const columns = Object.keys(contract.properties);
  clustering.columns.forEach((name, index) => {
    const at = ['clustering', 'columns', index];
    const column = contract.properties[name];
    if (!column) return wrong('DP2006', at, `no column "${name}"`, suggestion(name, columns));
    if (partitionedBy.includes(name))
      return wrong('DP2005', at, `"${name}" is a partition already`, 'expected another column');
    // Files know the least and the greatest value of these.
    if (/^(boolean|binary|array|map|struct)/.test(typeOf(column) ?? ''))
      wrong(
        'DP2005',
        at,
        `"${name}" has no order that files could be laid by`,
        'expected a text, a number, a date or a time',
      );
  });
  return problems;
}
