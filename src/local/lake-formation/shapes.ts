/** The shapes of Lake Formation's requests, as AWS documents them. */
import { z } from 'zod';

const catalogId = z.string().optional();
export const name = z.string().min(1).max(255);

export const principal = z.object({ DataLakePrincipalIdentifier: z.string().min(1).max(255) });
export type Principal = z.infer<typeof principal>;

// LF-tags are kept in lower case, keys and values alike.
const lower = (text: string): string => text.toLowerCase();
export const tagKey = z.string().min(1).max(128).transform(lower);
export const tagValues = z.array(z.string().max(256).transform(lower)).min(1).max(50);
export const tagPair = z.object({ CatalogId: catalogId, TagKey: tagKey, TagValues: tagValues });
export type TagPair = z.infer<typeof tagPair>;

export const expression = z
  .array(z.object({ TagKey: tagKey, TagValues: z.array(z.string().transform(lower)).min(1) }))
  .min(1);
export type Expression = z.infer<typeof expression>;

const columnWildcard = z.object({ ExcludedColumnNames: z.array(name).optional() });

export const resource = z.object({
  Catalog: z.object({ Id: z.string().optional() }).optional(),
  Database: z.object({ CatalogId: catalogId, Name: name }).optional(),
  Table: z
    .object({
      CatalogId: catalogId,
      DatabaseName: name,
      Name: name.optional(),
      TableWildcard: z.object({}).optional(),
    })
    .optional(),
  TableWithColumns: z
    .object({
      CatalogId: catalogId,
      DatabaseName: name,
      Name: name,
      ColumnNames: z.array(name).optional(),
      ColumnWildcard: columnWildcard.optional(),
    })
    .optional(),
  DataLocation: z.object({ CatalogId: catalogId, ResourceArn: z.string().min(1) }).optional(),
  DataCellsFilter: z
    .object({
      TableCatalogId: catalogId,
      DatabaseName: name,
      TableName: name,
      Name: name,
    })
    .optional(),
  LFTag: z
    .object({ CatalogId: catalogId, TagKey: tagKey, TagValues: z.array(z.string().transform(lower)).min(1) })
    .optional(),
  LFTagPolicy: z
    .object({
      CatalogId: catalogId,
      ResourceType: z.enum(['DATABASE', 'TABLE']),
      Expression: expression,
    })
    .optional(),
});
export type Resource = z.infer<typeof resource>;

export const permissions = z.array(z.string().min(1));

export const dataCellsFilter = z.object({
  TableCatalogId: z.string().min(1),
  DatabaseName: name,
  TableName: name,
  Name: name,
  RowFilter: z
    .object({ FilterExpression: z.string().max(2048).optional(), AllRowsWildcard: z.object({}).optional() })
    .optional(),
  ColumnNames: z.array(name).optional(),
  ColumnWildcard: columnWildcard.optional(),
  VersionId: z.string().optional(),
});
export type DataCellsFilter = z.infer<typeof dataCellsFilter>;

const principalPermissions = z.object({
  Principal: principal.optional(),
  Permissions: permissions.optional(),
});
export type PrincipalPermissions = z.infer<typeof principalPermissions>;

export const dataLakeSettings = z.object({
  DataLakeAdmins: z.array(principal).max(30).optional(),
  ReadOnlyAdmins: z.array(principal).max(30).optional(),
  CreateDatabaseDefaultPermissions: z.array(principalPermissions).optional(),
  CreateTableDefaultPermissions: z.array(principalPermissions).optional(),
  Parameters: z.record(z.string(), z.string()).optional(),
  TrustedResourceOwners: z.array(z.string()).optional(),
  AllowExternalDataFiltering: z.boolean().optional(),
  AllowFullTableExternalDataAccess: z.boolean().optional(),
  ExternalDataFilteringAllowList: z.array(principal).optional(),
  AuthorizedSessionTagValueList: z.array(z.string()).optional(),
});
export type DataLakeSettings = z.infer<typeof dataLakeSettings>;
