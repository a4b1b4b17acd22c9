import { suggestion } from '../model/check.js';
import { catalogTable, quarantineCatalogTable, type CatalogTable } from '../model/catalog-table.js';
import { DataplatError } from '../model/errors.js';
import { findDataset } from '../model/find.js';
import type { Platform } from '../model/platform.js';
import {
  effectiveTags,
  grantees,
  principalTitle,
  reachChanges,
  reachOf,
  type ReachChange,
  type ReadTable,
} from '../model/reach.js';
import { declaredTags } from '../model/tag-declaration.js';
import { byKey } from '../model/tags.js';

export interface TableAccess {
  readonly environment: string;
  readonly table: string;
  /** Whom it is about, by title and ARN. */
  readonly principals: readonly { readonly title: string; readonly principal: string }[];
  readonly columns: readonly {
    readonly column: string;
    readonly tags: Readonly<Record<string, string>>;
    /** The principals that read it. */
    readonly readers: readonly string[];
  }[];
  /** What the change since `against` alters; left out where there is nothing to compare with. */
  readonly changes?: readonly ReachChange[];
}

/**
 * Who reads which columns of a table by the declaration, and what that differs from another one. Asks nobody.
 * @throws DataplatError DP1006 for an unknown table, DP1001 for a principal that nothing is granted
 */
export function tableAccess(
  platform: Platform,
  named: string,
  { principal, before }: { readonly principal?: string; readonly before?: Platform },
): TableAccess {
  const table = tableNamed(platform, named);
  const tags = declaredTags(platform);
  const asked = principal === undefined ? undefined : principalNamed(platform, principal);
  const concerns = (one: string): boolean => asked === undefined || asked.includes(one);
  const reach = reachOf(tags, table).filter((one) => concerns(one.principal));
  const previous = before && reachBefore(before, named).filter((one) => concerns(one.principal));
  const shown = asked ?? [...new Set([...personasOf(platform), ...reach.map((one) => one.principal)])];
  return {
    environment: platform.environment.name,
    table: `${table.database}.${table.table}`,
    principals: shown.map((one) => ({ title: principalTitle(platform, one), principal: one })),
    columns: table.columns.map((column) => ({
      column,
      tags: Object.fromEntries([...effectiveTags(tags, { ...table, column })].sort(byKey)),
      readers: reach.flatMap((one) => (one.columns.includes(column) ? [one.principal] : [])),
    })),
    ...(previous && { changes: reachChanges(previous, reach) }),
  };
}

function personasOf({ environment }: Platform): string[] {
  return Object.values(environment.access.personas).flatMap(({ principals }) => principals);
}

/** A table that was not there was read by nobody. */
function reachBefore(before: Platform, named: string) {
  const known = tablesOf(before).find((one) => isNamed(one, named));
  return known ? reachOf(declaredTags(before), readTable(known.table)) : [];
}

interface Known {
  readonly id: string;
  readonly table: CatalogTable;
}

function tablesOf({ environment, datasets }: Platform): Known[] {
  return datasets.flatMap((dataset) => [
    { id: dataset.id, table: catalogTable(environment, dataset) },
    { id: `${dataset.id}__quarantine`, table: quarantineCatalogTable(environment, dataset) },
  ]);
}

function isNamed({ id, table }: Known, named: string): boolean {
  return named === id || named === `${table.database}.${table.name}`;
}

function tableNamed(platform: Platform, named: string): ReadTable {
  const found = tablesOf(platform).find((one) => isNamed(one, named));
  // As `dq run` says it, with the nearest names.
  return found
    ? readTable(found.table)
    : readTable(catalogTable(platform.environment, findDataset(platform, named)));
}

function readTable({ database, name, columns }: CatalogTable): ReadTable {
  return { database, table: name, columns: columns.map((column) => column.name) };
}

/** @returns ARNs */
function principalNamed(platform: Platform, named: string): string[] {
  const known = grantees(platform);
  const found = known.filter(
    (one) =>
      one === named ||
      one.endsWith(`/${named}`) ||
      one.endsWith(`:${named}`) ||
      principalTitle(platform, one) === named,
  );
  if (found.length > 0) return found;
  throw new DataplatError(
    'DP1001',
    `nothing is granted to "${named}" (${suggestion(
      named,
      known.map((one) => principalTitle(platform, one)),
    )})`,
    { next: ['name a persona, a role or its ARN'] },
  );
}
