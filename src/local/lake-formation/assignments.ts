/**
 * LF-tags on databases, tables and columns. A table has its database's tags and a column its table's, unless it is
 * assigned another value of the same key.
 */
import { z } from 'zod';
import { operation } from '../json-protocol.js';
import type { Operation } from '../json-protocol.js';
import { ServiceError } from '../service.js';
import type { CatalogTable, DataCatalog } from './data-catalog.js';
import { resource, tagPair } from './shapes.js';
import type { Resource, TagPair } from './shapes.js';
import { requireTags } from './tags.js';
import { assignmentKey, invalid, notFound, takeTag } from './state.js';
import type { LakeFormationState, LakeFormationStore, Tags } from './state.js';

const tagsAResource = 50;

export function tagsOfDatabase(state: Readonly<LakeFormationState>, database: string): Tags {
  return state.assignments[assignmentKey(database)] ?? {};
}

export function tagsOfTable(state: Readonly<LakeFormationState>, database: string, table: string): Tags {
  return { ...tagsOfDatabase(state, database), ...state.assignments[assignmentKey(database, table)] };
}

export function tagsOfColumn(
  state: Readonly<LakeFormationState>,
  database: string,
  table: string,
  column: string,
): Tags {
  return {
    ...tagsOfTable(state, database, table),
    ...state.assignments[assignmentKey(database, table, column)],
  };
}

interface Target {
  readonly database: string;
  readonly table?: CatalogTable;
  /** Named columns; undefined where the resource is a whole table or database. */
  readonly columns?: readonly string[];
}

/** @throws ServiceError EntityNotFoundException or InvalidInputException */
async function targetOf(asked: Resource, catalog: DataCatalog): Promise<Target> {
  if (asked.Database) {
    await catalog.requireDatabase(asked.Database.Name);
    return { database: asked.Database.Name };
  }
  if (asked.Table) {
    const { DatabaseName, Name } = asked.Table;
    if (Name === undefined) throw invalid('LF-Tags are assigned to a table by its name, not by a wildcard.');
    return { database: DatabaseName, table: await catalog.table(DatabaseName, Name) };
  }
  if (asked.TableWithColumns) {
    const { DatabaseName, Name, ColumnNames, ColumnWildcard } = asked.TableWithColumns;
    const table = await catalog.table(DatabaseName, Name);
    const unknown = (ColumnNames ?? []).filter((column) => !table.columns.includes(column));
    if (unknown.length > 0) throw notFound(`Column not found: ${DatabaseName}.${Name}.${unknown.join(', ')}`);
    const excluded = ColumnWildcard?.ExcludedColumnNames ?? [];
    const columns = ColumnNames ?? table.columns.filter((column) => !excluded.includes(column));
    return { database: DatabaseName, table, columns };
  }
  throw invalid('The resource must be a database, a table or columns of a table.');
}

function keysOf({ database, table, columns }: Target): string[] {
  if (columns && table) return columns.map((column) => assignmentKey(database, table.name, column));
  return [assignmentKey(database, table?.name)];
}

/** Applies `change` tag by tag; what fails is reported, the rest is done, as AWS does. */
function eachTag(tags: readonly TagPair[], change: (tag: TagPair) => void): { Failures: unknown[] } {
  const failures: unknown[] = [];
  for (const tag of tags) {
    try {
      change(tag);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      failures.push({ LFTag: tag, Error: { ErrorCode: error.type, ErrorMessage: error.message } });
    }
  }
  return { Failures: failures };
}

export function assignmentOperations(
  store: LakeFormationStore,
  catalog: DataCatalog,
): Record<string, Operation> {
  const tagging = z.object({ Resource: resource, LFTags: z.array(tagPair).min(1).max(tagsAResource) });
  const pairs = (tags: Tags, account: string): object[] =>
    Object.entries(tags).map(([TagKey, value]) => ({ CatalogId: account, TagKey, TagValues: [value] }));

  return {
    AddLFTagsToResource: operation(tagging, async (input) => {
      const keys = keysOf(await targetOf(input.Resource, catalog));
      return store.change((state) =>
        eachTag(input.LFTags, (tag) => {
          const [value, ...more] = tag.TagValues;
          if (value === undefined || more.length > 0) {
            throw invalid(`A resource takes one value of a key: ${tag.TagKey}`);
          }
          requireTags(state, [{ TagKey: tag.TagKey, TagValues: [value] }]);
          for (const key of keys) {
            const assigned = state.assignments[key] ?? {};
            if (!(tag.TagKey in assigned) && Object.keys(assigned).length >= tagsAResource) {
              throw invalid(`A resource takes at most ${tagsAResource} LF-Tags.`);
            }
            state.assignments[key] = { ...assigned, [tag.TagKey]: value };
          }
        }),
      );
    }),

    RemoveLFTagsFromResource: operation(tagging, async (input) => {
      const keys = keysOf(await targetOf(input.Resource, catalog));
      return store.change((state) =>
        eachTag(input.LFTags, (tag) => {
          const carrying = keys.filter((key) => {
            const value = state.assignments[key]?.[tag.TagKey];
            return value !== undefined && tag.TagValues.includes(value);
          });
          if (carrying.length === 0) {
            throw notFound(`Tag is not assigned to the resource: ${tag.TagKey}=${tag.TagValues.join(', ')}`);
          }
          for (const key of carrying) {
            takeTag(state, key, tag.TagKey);
          }
        }),
      );
    }),

    GetResourceLFTags: operation(
      z.object({ Resource: resource, ShowAssignedLFTags: z.boolean().optional() }),
      async (input, { account }) => {
        const { database, table, columns } = await targetOf(input.Resource, catalog);
        const { state } = store;
        const assignedOnly = input.ShowAssignedLFTags ?? false;
        const onDatabase = pairs(tagsOfDatabase(state, database), account);
        if (!table) return { LFTagOnDatabase: onDatabase };
        const shown = (columns ?? table.columns).map((column) => ({
          Name: column,
          LFTags: pairs(
            assignedOnly
              ? (state.assignments[assignmentKey(database, table.name, column)] ?? {})
              : tagsOfColumn(state, database, table.name, column),
            account,
          ),
        }));
        return {
          LFTagOnDatabase: onDatabase,
          LFTagsOnTable: pairs(
            assignedOnly
              ? (state.assignments[assignmentKey(database, table.name)] ?? {})
              : tagsOfTable(state, database, table.name),
            account,
          ),
          LFTagsOnColumns: shown.filter(({ LFTags }) => LFTags.length > 0),
        };
      },
    ),
  };
}
