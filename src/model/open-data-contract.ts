import type { Column, Dataset } from './dataset.js';
import { names } from './names.js';
import type { Platform } from './platform.js';
import { expectationId } from './quality.js';
import { tableTags } from './tags.js';

/** A document of the Open Data Contract Standard, version 3.0.2, by which other tools know our contracts. */
export type OpenDataContract = Readonly<Record<string, unknown>>;

/**
 * A dataset's contract as others read it: where the table is, what is in it, what is promised and by whom. Of the quality,
 * what is expected over and above columns and key is named in words, for the checks themselves are ours.
 * Source: Open Data Contract Standard 3.0.2, Bitol.
 */
export function openDataContract(platform: Platform, dataset: Dataset): OpenDataContract {
  const { environment, quality } = platform;
  const { id, title, description, layer, owner, freshness } = dataset;
  const table = names.table(dataset);
  const database = names.database(environment, layer);
  const expectations = quality.datasets[id]?.expectations ?? [];
  const found: Record<string, unknown> = {
    apiVersion: 'v3.0.2',
    kind: 'DataContract',
    id: `${environment.prefix}-${id.replaceAll('_', '-')}`,
    name: title,
    version: '1.0.0',
    status: 'active',
    domain: layer,
    dataProduct: environment.prefix,
    tags: Object.entries(tableTags(dataset)).map(([key, value]) => `${key}:${value}`),
    description: { purpose: description },
    servers: [
      {
        server: environment.name,
        type: 'glue',
        environment: environment.name,
        account: environment.account,
        database,
        location: names.tableLocation(environment, dataset),
        format: 'delta',
      },
    ],
    schema: [
      {
        name: table,
        physicalName: `${database}.${table}`,
        logicalType: 'object',
        physicalType: 'table',
        description,
        properties: dataset.columns.map((column) => property(dataset, column)),
        ...(expectations.length > 0 && {
          quality: expectations.map((one) => ({
            name: expectationId(one),
            type: 'text',
            description: Object.entries(one)
              .map(([key, value]) => `${key}: ${String(value)}`)
              .join(', '),
            severity: one.severity === 'warn' ? 'warning' : 'error',
          })),
        }),
      },
    ],
    team: [{ username: owner, role: 'owner' }],
    ...(freshness !== undefined && {
      slaProperties: [
        {
          property: 'freshness',
          value: Number(freshness.slice(0, -1)),
          unit: freshness.slice(-1),
          element: table,
        },
      ],
    }),
    customProperties: [
      { property: 'dataset', value: id },
      { property: 'write', value: dataset.write },
    ],
  };
  return found;
}

function property(dataset: Dataset, column: Column): Readonly<Record<string, unknown>> {
  const { name, type, nullable, description, values } = column;
  const key = dataset.primaryKey.indexOf(name);
  const partition = dataset.partitionedBy.indexOf(name);
  const sensitivity = column.tags['sensitivity'] ?? dataset.tags['sensitivity'];
  return {
    name,
    logicalType: logicalType(type),
    physicalType: type,
    description,
    required: !nullable,
    ...(key >= 0 && { primaryKey: true, primaryKeyPosition: key + 1 }),
    ...(partition >= 0 && { partitioned: true, partitionKeyPosition: partition + 1 }),
    ...(sensitivity !== undefined && { classification: sensitivity }),
    ...(values && {
      quality: [
        {
          type: 'text',
          name: 'values',
          description: `one of: ${values.map(String).join(', ')}`,
          severity: 'error',
        },
      ],
    }),
  };
}

/** The standard's few types of a column's Spark type. It has none of a moment: that is a date with a time. */
function logicalType(type: string): string {
  if (/^(tinyint|smallint|int|bigint)$/.test(type)) return 'integer';
  if (/^(float|double|decimal)/.test(type)) return 'number';
  if (/^(date|timestamp)$/.test(type)) return 'date';
  if (type.startsWith('array<')) return 'array';
  if (/^(map|struct)</.test(type)) return 'object';
  return type === 'boolean' ? 'boolean' : 'string';
}
