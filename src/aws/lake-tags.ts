import type {
  BatchPermissionsFailureEntry,
  BatchPermissionsRequestEntry,
  LFTagPair,
  LFTagError,
  PrincipalResourcePermissions,
  Resource,
} from '@aws-sdk/client-lakeformation';
import type { Assignment, Grant, Granted } from '../model/tag-declaration.js';
import type { AwsClients } from './clients.js';
import { isAws } from './failures.js';
import { pages } from './pages.js';

/** A database, a table of it, or some columns of that. */
export interface TagBearer {
  readonly database: string;
  readonly table?: string;
  readonly columns?: readonly string[];
}

/** A part of a call that Lake Formation did not do; it does the other parts all the same. */
export interface Undone<Part> {
  readonly part: Part;
  /** AWS's error code. */
  readonly code: string;
  readonly message: string;
}

/** What operations need of Lake Formation's tags and grants. */
export interface LakeTags {
  /** Every key of the account and its values. */
  ontology(): Promise<Map<string, readonly string[]>>;
  /** What is assigned to a database, or to a table and its columns, themselves; undefined where it is not there. */
  assignments(bearer: Pick<TagBearer, 'database' | 'table'>): Promise<Assignment[] | undefined>;
  /** What a principal holds on tags, databases and tables. */
  grants(principal: string): Promise<Grant[]>;
  /** What anybody holds on them. */
  allGrants(): Promise<Grant[]>;
  createTag(key: string, values: readonly string[]): Promise<void>;
  addValues(key: string, values: readonly string[]): Promise<void>;
  /** Fails where something bears one of them. */
  removeValues(key: string, values: readonly string[]): Promise<void>;
  /** Gives a thing a value a key. */
  assign(to: TagBearer, tags: Readonly<Record<string, string>>): Promise<Undone<string>[]>;
  /** Takes values from a thing; the parts are keys. */
  takeAway(from: TagBearer, tags: Readonly<Record<string, string>>): Promise<Undone<string>[]>;
  /** At most `grantsACall` of them. */
  grant(grants: readonly Grant[]): Promise<Undone<Grant>[]>;
  /** At most `grantsACall` of them. */
  revoke(grants: readonly Grant[]): Promise<Undone<Grant>[]>;
}

/** What Lake Formation takes in one call. Source: its API reference, BatchGrantPermissions. */
export const grantsACall = 20;
/** The same of CreateLFTag and UpdateLFTag. */
const valuesACall = 50;

export function lakeFormationTags(clients: AwsClients): LakeTags {
  const listed = async (principal?: string): Promise<Grant[]> => {
    const lakeFormation = await clients.lakeFormation();
    const of = principal === undefined ? {} : { Principal: { DataLakePrincipalIdentifier: principal } };
    const found: Grant[] = [];
    for await (const page of pages((NextToken) =>
      lakeFormation.listPermissions({ ...of, NextToken, MaxResults: 1000 }),
    )) {
      found.push(...(page.PrincipalResourcePermissions ?? []).flatMap((one) => grantOf(principal, one)));
    }
    return found;
  };
  return {
    ontology: async () => {
      const lakeFormation = await clients.lakeFormation();
      const found = new Map<string, readonly string[]>();
      for await (const page of pages((NextToken) =>
        lakeFormation.listLFTags({ NextToken, MaxResults: 1000 }),
      )) {
        for (const { TagKey, TagValues } of page.LFTags ?? []) found.set(TagKey ?? '', TagValues ?? []);
      }
      return found;
    },
    assignments: async (bearer) => {
      try {
        const answer = await (
          await clients.lakeFormation()
        ).getResourceLFTags({ Resource: resourceOf(bearer), ShowAssignedLFTags: true });
        const { database, table } = bearer;
        if (table === undefined) return assigned({ database }, answer.LFTagOnDatabase);
        return [
          ...assigned({ database, table }, answer.LFTagsOnTable),
          ...(answer.LFTagsOnColumns ?? []).flatMap(({ Name, LFTags }) =>
            assigned({ database, table, column: Name ?? '' }, LFTags),
          ),
        ];
      } catch (error) {
        if (isAws(error, 'EntityNotFoundException')) return undefined;
        throw error;
      }
    },
    grants: (principal) => listed(principal),
    allGrants: () => listed(),
    createTag: async (key, values) => {
      const lakeFormation = await clients.lakeFormation();
      const [first = [], ...more] = portions(values, valuesACall);
      await lakeFormation.createLFTag({ TagKey: key, TagValues: first });
      for (const portion of more) await lakeFormation.updateLFTag({ TagKey: key, TagValuesToAdd: portion });
    },
    addValues: async (key, values) => {
      const lakeFormation = await clients.lakeFormation();
      for (const portion of portions(values, valuesACall)) {
        await lakeFormation.updateLFTag({ TagKey: key, TagValuesToAdd: portion });
      }
    },
    removeValues: async (key, values) => {
      const lakeFormation = await clients.lakeFormation();
      for (const portion of portions(values, valuesACall)) {
        await lakeFormation.updateLFTag({ TagKey: key, TagValuesToDelete: portion });
      }
    },
    assign: async (to, tags) => {
      const lakeFormation = await clients.lakeFormation();
      const { Failures } = await lakeFormation.addLFTagsToResource({
        Resource: resourceOf(to),
        LFTags: pairs(tags),
      });
      return (Failures ?? []).map(undoneTag);
    },
    takeAway: async (from, tags) => {
      const lakeFormation = await clients.lakeFormation();
      const { Failures } = await lakeFormation.removeLFTagsFromResource({
        Resource: resourceOf(from),
        LFTags: pairs(tags),
      });
      return (Failures ?? []).map(undoneTag);
    },
    grant: async (grants) => {
      const Entries = grants.map(entry);
      const { Failures } = await (await clients.lakeFormation()).batchGrantPermissions({ Entries });
      return (Failures ?? []).map((failure) => undoneGrant(grants, failure));
    },
    revoke: async (grants) => {
      const Entries = grants.map(entry);
      const { Failures } = await (await clients.lakeFormation()).batchRevokePermissions({ Entries });
      return (Failures ?? []).map((failure) => undoneGrant(grants, failure));
    },
  };
}

function assigned(
  target: Omit<Assignment, 'key' | 'value'>,
  tags: readonly LFTagPair[] | undefined,
): Assignment[] {
  return (tags ?? []).flatMap(({ TagKey = '', TagValues = [] }) =>
    TagValues.map((value) => ({ ...target, key: TagKey, value })),
  );
}

/** None where it is on something that is not listed. A table's columns all together are the table. */
function grantOf(
  asked: string | undefined,
  { Principal, Resource, Permissions }: PrincipalResourcePermissions,
): Grant[] {
  const on = grantedOf(Resource ?? {});
  const principal = asked ?? Principal?.DataLakePrincipalIdentifier ?? '';
  return on ? [{ principal, on, permissions: Permissions ?? [] }] : [];
}

function grantedOf({ Database, Table, TableWithColumns, LFTagPolicy }: Resource): Granted | undefined {
  if (LFTagPolicy?.ResourceType && LFTagPolicy.Expression) {
    return {
      kind: 'tags',
      resourceType: LFTagPolicy.ResourceType,
      expression: LFTagPolicy.Expression.map(({ TagKey = '', TagValues = [] }) => ({
        key: TagKey,
        values: TagValues,
      })),
    };
  }
  if (Database?.Name !== undefined) return { kind: 'database', database: Database.Name };
  const whole =
    Table ??
    (TableWithColumns?.ColumnWildcard && !TableWithColumns.ColumnWildcard.ExcludedColumnNames?.length
      ? TableWithColumns
      : undefined);
  return whole?.DatabaseName !== undefined && whole.Name !== undefined
    ? { kind: 'table', database: whole.DatabaseName, table: whole.Name }
    : undefined;
}

function resourceOf({ database, table, columns }: TagBearer): Resource {
  if (table === undefined) return { Database: { Name: database } };
  if (columns === undefined) return { Table: { DatabaseName: database, Name: table } };
  return { TableWithColumns: { DatabaseName: database, Name: table, ColumnNames: [...columns] } };
}

function pairs(tags: Readonly<Record<string, string>>): LFTagPair[] {
  return Object.entries(tags).map(([TagKey, value]) => ({ TagKey, TagValues: [value] }));
}

function entry({ principal, on, permissions }: Grant, index: number): BatchPermissionsRequestEntry {
  return {
    Id: String(index),
    Principal: { DataLakePrincipalIdentifier: principal },
    Resource:
      on.kind === 'tags'
        ? {
            LFTagPolicy: {
              ResourceType: on.resourceType,
              Expression: on.expression.map(({ key, values }) => ({ TagKey: key, TagValues: [...values] })),
            },
          }
        : resourceOf(on),
    Permissions: [...permissions] as NonNullable<BatchPermissionsRequestEntry['Permissions']>,
  };
}

function undoneTag({ LFTag, Error }: LFTagError): Undone<string> {
  return {
    part: LFTag?.TagKey ?? '',
    code: Error?.ErrorCode ?? 'unknown',
    message: Error?.ErrorMessage ?? '',
  };
}

function undoneGrant(
  grants: readonly Grant[],
  { RequestEntry, Error }: BatchPermissionsFailureEntry,
): Undone<Grant> {
  const part = grants[Number(RequestEntry?.Id)];
  if (!part) throw new TypeError(`Lake Formation names an entry that was not sent: ${RequestEntry?.Id}`);
  return { part, code: Error?.ErrorCode ?? 'unknown', message: Error?.ErrorMessage ?? '' };
}

function portions(values: readonly string[], size: number): string[][] {
  const found: string[][] = [];
  for (let start = 0; start < values.length; start += size) found.push(values.slice(start, start + size));
  return found;
}
