/** Data cells filters: which rows and columns of a table a grant reaches. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { operation, page, paging } from '../json-protocol.js';
import type { Operation } from '../json-protocol.js';
import { ServiceError } from '../service.js';
import type { DataCatalog } from './data-catalog.js';
import { dataCellsFilter, name } from './shapes.js';
import type { DataCellsFilter } from './shapes.js';
import { alreadyExists, invalid, notFound } from './state.js';
import type { LakeFormationState, LakeFormationStore } from './state.js';

export interface FilterName {
  readonly DatabaseName: string;
  readonly TableName: string;
  readonly Name: string;
}

/** @throws ServiceError EntityNotFoundException */
export function dataCellsFilterOf(state: Readonly<LakeFormationState>, asked: FilterName): DataCellsFilter {
  const found = state.filters.find((filter) => isNamed(filter, asked));
  if (!found) {
    throw notFound(`Data cells filter not found: ${asked.DatabaseName}.${asked.TableName} ${asked.Name}`);
  }
  return found;
}

const isNamed = (filter: DataCellsFilter, asked: FilterName): boolean =>
  filter.DatabaseName === asked.DatabaseName &&
  filter.TableName === asked.TableName &&
  filter.Name === asked.Name;

export function filterOperations(store: LakeFormationStore, catalog: DataCatalog): Record<string, Operation> {
  const named = z.object({
    TableCatalogId: z.string().optional(),
    DatabaseName: name,
    TableName: name,
    Name: name,
  });

  const validated = async (filter: DataCellsFilter): Promise<DataCellsFilter> => {
    if (filter.ColumnNames && filter.ColumnWildcard) {
      throw invalid('ColumnNames and ColumnWildcard exclude each other.');
    }
    if (!filter.ColumnNames && !filter.ColumnWildcard) {
      throw invalid('Either ColumnNames or ColumnWildcard must be specified.');
    }
    const { FilterExpression, AllRowsWildcard } = filter.RowFilter ?? {};
    if ((FilterExpression === undefined) === (AllRowsWildcard === undefined)) {
      throw invalid('RowFilter must have either FilterExpression or AllRowsWildcard.');
    }
    const table = await catalog.table(filter.DatabaseName, filter.TableName);
    const columns = filter.ColumnNames ?? filter.ColumnWildcard?.ExcludedColumnNames ?? [];
    const unknown = columns.filter((column) => !table.columns.includes(column));
    if (unknown.length > 0) throw invalid(`Column not found: ${unknown.join(', ')}`);
    return { ...filter, VersionId: randomUUID() };
  };

  return {
    CreateDataCellsFilter: operation(z.object({ TableData: dataCellsFilter }), async (input) => {
      const filter = await validated(input.TableData);
      store.change((state) => {
        if (state.filters.some((known) => isNamed(known, filter))) {
          throw alreadyExists(`Data cells filter already exists: ${filter.Name}`);
        }
        state.filters.push(filter);
      });
      return {};
    }),

    GetDataCellsFilter: operation(named, (input) => ({
      DataCellsFilter: dataCellsFilterOf(store.state, input),
    })),

    UpdateDataCellsFilter: operation(z.object({ TableData: dataCellsFilter }), async (input) => {
      const known = dataCellsFilterOf(store.state, input.TableData);
      const { VersionId } = input.TableData;
      if (VersionId !== undefined && VersionId !== known.VersionId) {
        throw new ServiceError(
          400,
          'ConcurrentModificationException',
          `The filter has been changed since version ${VersionId}.`,
        );
      }
      const filter = await validated(input.TableData);
      store.change((state) => {
        state.filters = state.filters.map((one) => (isNamed(one, filter) ? filter : one));
      });
      return {};
    }),

    DeleteDataCellsFilter: operation(named, (input) => {
      dataCellsFilterOf(store.state, input);
      store.change((state) => {
        state.filters = state.filters.filter((filter) => !isNamed(filter, input));
        state.grants = state.grants.filter(({ resource: { DataCellsFilter: on } }) => {
          return !(on && isNamed({ ...on, TableCatalogId: on.TableCatalogId ?? '' }, input));
        });
      });
      return {};
    }),

    ListDataCellsFilter: operation(
      z.object({
        ...paging,
        Table: z
          .object({ CatalogId: z.string().optional(), DatabaseName: name, Name: name.optional() })
          .optional(),
      }),
      (input) => {
        const matching = store.state.filters.filter(
          ({ DatabaseName, TableName }) =>
            !input.Table ||
            (DatabaseName === input.Table.DatabaseName &&
              (input.Table.Name === undefined || TableName === input.Table.Name)),
        );
        const { entries, NextToken } = page(matching, input);
        return { DataCellsFilters: entries, ...(NextToken !== undefined && { NextToken }) };
      },
    ),
  };
}
