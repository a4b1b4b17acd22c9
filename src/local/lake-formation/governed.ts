/** What a grant is on: which permissions its kind takes, how it is kept, and when two name the same thing. */
import type { DataCatalog } from './data-catalog.js';
import { dataCellsFilterOf } from './filters.js';
import type { Principal, Resource } from './shapes.js';
import { requireTags } from './tags.js';
import { invalid, notFound } from './state.js';
import type { LakeFormationState } from './state.js';

export type ResourceKind = keyof Resource;

const ofADatabase = ['ALL', 'ALTER', 'CREATE_TABLE', 'DESCRIBE', 'DROP'];
const ofATable = ['ALL', 'ALTER', 'DELETE', 'DESCRIBE', 'DROP', 'INSERT', 'SELECT'];

/** The permissions that each kind of resource takes. */
function permissionsOf(resource: Resource): readonly string[] {
  switch (kindOf(resource)) {
    case 'Catalog':
      return [
        'ALL',
        'ALTER',
        'CREATE_CATALOG',
        'CREATE_DATABASE',
        'CREATE_LF_TAG',
        'CREATE_LF_TAG_EXPRESSION',
        'DESCRIBE',
        'DROP',
        'SUPER_USER',
      ];
    case 'Database':
      return ofADatabase;
    case 'Table':
      return ofATable;
    case 'TableWithColumns':
      return ['SELECT'];
    case 'DataLocation':
      return ['DATA_LOCATION_ACCESS'];
    case 'DataCellsFilter':
      return ['DESCRIBE', 'DROP', 'SELECT'];
    case 'LFTag':
      return ['ALTER', 'ASSOCIATE', 'DESCRIBE', 'DROP', 'GRANT_WITH_LF_TAG_EXPRESSION'];
    case 'LFTagPolicy':
      return resource.LFTagPolicy?.ResourceType === 'DATABASE' ? ofADatabase : ofATable;
  }
}

/** @throws ServiceError InvalidInputException if the resource does not name exactly one thing */
export function kindOf(resource: Resource): ResourceKind {
  const kinds = (Object.keys(resource) as ResourceKind[]).filter((kind) => resource[kind] !== undefined);
  const [kind, ...more] = kinds;
  if (kind === undefined || more.length > 0) {
    throw invalid('Resource must have exactly one of its members.');
  }
  return kind;
}

/** @throws ServiceError InvalidInputException */
export function requirePermissions(
  resource: Resource,
  principal: Principal,
  permissions: readonly string[],
  grantable: readonly string[],
): void {
  const identifier = principal.DataLakePrincipalIdentifier;
  const known = /^(?:IAM_ALLOWED_PRINCIPALS|\d{12}(?::IAMPrincipals)?|arn:aws[\w-]*:[\w-]+:[^:]*:[^:]*:.+)$/;
  if (!known.test(identifier)) throw invalid(`Invalid principal: ${identifier}`);
  const allowed = permissionsOf(resource);
  const wrong = [...permissions, ...grantable].filter((permission) => !allowed.includes(permission));
  if (wrong.length > 0) {
    throw invalid(
      `Permissions modification is invalid: ${[...new Set(wrong)].join(', ')} on ${kindOf(resource)} ` +
        `(possible: ${allowed.join(', ')})`,
    );
  }
  if (identifier === 'IAM_ALLOWED_PRINCIPALS') {
    if (grantable.length > 0) throw invalid('IAM_ALLOWED_PRINCIPALS cannot be given the grant option.');
    if (permissions.some((permission) => permission !== 'ALL')) {
      throw invalid('IAM_ALLOWED_PRINCIPALS can be given ALL only.');
    }
  }
  const table = resource.Table;
  if (table && (table.Name === undefined) === (table.TableWildcard === undefined)) {
    throw invalid('Table must have either Name or TableWildcard.');
  }
  const columns = resource.TableWithColumns;
  if (columns && (columns.ColumnNames === undefined) === (columns.ColumnWildcard === undefined)) {
    throw invalid('TableWithColumns must have either ColumnNames or ColumnWildcard.');
  }
}

/** @throws ServiceError EntityNotFoundException if what the resource names is not there */
export async function requireGoverned(
  resource: Resource,
  state: Readonly<LakeFormationState>,
  catalog: DataCatalog,
): Promise<void> {
  const { Database, Table, TableWithColumns, DataLocation, DataCellsFilter } = resource;
  if (Database) await catalog.requireDatabase(Database.Name);
  if (Table) {
    if (Table.Name === undefined) await catalog.requireDatabase(Table.DatabaseName);
    else await catalog.table(Table.DatabaseName, Table.Name);
  }
  if (TableWithColumns) {
    const table = await catalog.table(TableWithColumns.DatabaseName, TableWithColumns.Name);
    const named = TableWithColumns.ColumnNames ?? TableWithColumns.ColumnWildcard?.ExcludedColumnNames ?? [];
    const unknown = named.filter((column) => !table.columns.includes(column));
    if (unknown.length > 0) throw notFound(`Column not found: ${unknown.join(', ')}`);
  }
  if (DataLocation) {
    const managed = state.locations.some(({ ResourceArn }) =>
      isWithin(DataLocation.ResourceArn, ResourceArn),
    );
    if (!managed) throw notFound(`Resource is not registered: ${DataLocation.ResourceArn}`);
  }
  if (DataCellsFilter) dataCellsFilterOf(state, DataCellsFilter);
  if (resource.LFTag) requireTags(state, [resource.LFTag]);
  if (resource.LFTagPolicy) requireTags(state, resource.LFTagPolicy.Expression);
}

/** Whether an S3 location is the other one or lies in it. */
function isWithin(location: string, other: string): boolean {
  const outer = other.replace(/\/\*?$/, '');
  return location === outer || location === other || location.startsWith(`${outer}/`);
}

export const allTables = 'ALL_TABLES';

/**
 * The parts in which a grant is kept, as AWS lists them: SELECT on a table is kept on all of its columns, apart from
 * the table's other permissions.
 */
export function partsOf(
  resource: Resource,
  permissions: readonly string[],
  account: string,
): { resource: Resource; permissions: string[] }[] {
  const { Table } = resource;
  if (!Table) return [{ resource: complete(resource, account), permissions: [...permissions] }];
  const select = permissions.filter((permission) => permission === 'SELECT');
  const others = permissions.filter((permission) => permission !== 'SELECT');
  const parts: { resource: Resource; permissions: string[] }[] = [];
  if (others.length > 0) parts.push({ resource: complete(resource, account), permissions: others });
  if (select.length > 0) {
    const columns = {
      DatabaseName: Table.DatabaseName,
      Name: Table.Name ?? allTables,
      ColumnWildcard: {},
    };
    parts.push({ resource: complete({ TableWithColumns: columns }, account), permissions: select });
  }
  return parts;
}

/** A resource as AWS gives it back: with the catalog's id, and a name for all tables. */
export function complete(resource: Resource, account: string): Resource {
  const { Catalog, Database, Table, TableWithColumns, DataLocation, DataCellsFilter } = resource;
  const { LFTag, LFTagPolicy } = resource;
  return {
    ...(Catalog && { Catalog: { ...(Catalog.Id !== undefined && { Id: Catalog.Id }) } }),
    ...(Database && { Database: { CatalogId: account, ...Database } }),
    ...(Table && { Table: { CatalogId: account, ...Table, Name: Table.Name ?? allTables } }),
    ...(TableWithColumns && { TableWithColumns: { CatalogId: account, ...TableWithColumns } }),
    ...(DataLocation && { DataLocation: { CatalogId: account, ...DataLocation } }),
    ...(DataCellsFilter && { DataCellsFilter: { TableCatalogId: account, ...DataCellsFilter } }),
    ...(LFTag && { LFTag: { CatalogId: account, ...LFTag } }),
    ...(LFTagPolicy && { LFTagPolicy: { CatalogId: account, ...LFTagPolicy } }),
  };
}

/** Equal for two resources that are the same thing: order of columns, tags and values does not count. */
export function keyOf(resource: Resource, account: string): string {
  const { TableWithColumns: columns, LFTag: tag, LFTagPolicy: policy, ...rest } = complete(resource, account);
  return JSON.stringify([
    rest,
    columns && [
      columns.CatalogId,
      columns.DatabaseName,
      columns.Name,
      columns.ColumnNames && [...columns.ColumnNames].sort(),
      columns.ColumnWildcard && [...(columns.ColumnWildcard.ExcludedColumnNames ?? [])].sort(),
    ],
    tag && [tag.CatalogId, tag.TagKey, [...tag.TagValues].sort()],
    policy && [
      policy.CatalogId,
      policy.ResourceType,
      policy.Expression.map(({ TagKey, TagValues }) => `${TagKey}=${[...TagValues].sort().join()}`).sort(),
    ],
  ]);
}
