import { durationPattern } from './duration.js';
import { layers } from './layers.js';
import { maintenanceDefaults } from './maintenance.js';
import { parseSchema } from './parse.js';

/** What a data contract must be, over and above a JSON Schema: as a JSON Schema. */
export const contractSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'dataplat-contract',
  title: 'A dataplat data contract',
  description: 'One dataset: its columns as JSON Schema, and what the platform does with it in `x-dataplat`.',
  type: 'object',
  required: [
    '$schema',
    '$id',
    'title',
    'description',
    'type',
    'properties',
    'required',
    'additionalProperties',
    'x-dataplat',
  ],
  properties: {
    $schema: { const: 'https://json-schema.org/draft/2020-12/schema' },
    $id: {
      type: 'string',
      pattern: '^[a-z][a-z0-9_]*_(bronze|silver|gold)$',
      description: 'must be the name of the file',
    },
    title: { type: 'string', minLength: 1 },
    description: { type: 'string', minLength: 1 },
    type: { const: 'object' },
    properties: {
      type: 'object',
      minProperties: 1,
      propertyNames: { pattern: '^[a-z_][a-z0-9_]*$' },
      additionalProperties: { $ref: '#/$defs/column' },
    },
    required: { type: 'array', items: { type: 'string' } },
    additionalProperties: { const: false },
    'x-dataplat': { $ref: '#/$defs/dataset' },
  },
  additionalProperties: false,
  $defs: {
    tags: {
      type: 'object',
      propertyNames: { pattern: '^[a-z][a-z0-9-]*$' },
      additionalProperties: { type: 'string', minLength: 1 },
    },
    column: {
      type: 'object',
      required: ['type', 'description'],
      properties: {
        type: {},
        description: { type: 'string', minLength: 1 },
        'x-dataplat': {
          type: 'object',
          properties: {
            type: {
              type: 'string',
              description: 'column type where the JSON type does not tell it, for example decimal(18,2)',
            },
            origin: {
              enum: ['source', 'platform'],
              description: 'platform: set by the job, not read from the source',
            },
            dateOf: {
              type: 'string',
              description: 'the column is the day, in UTC, of the timestamp in this other column',
            },
            tags: { $ref: '#/$defs/tags' },
            parse: parseSchema,
            masking: {
              type: 'object',
              required: ['rule'],
              description:
                'how it is masked, in a masked copy or in place; the same value becomes the same mask everywhere',
              properties: {
                rule: { enum: ['hash', 'partial', 'date-shift', 'null', 'generalise'] },
                show: { type: 'integer', minimum: 1, description: 'partial: how many letters stay' },
                from: { enum: ['start', 'end'], description: 'partial: which of them (default: end)' },
                days: {
                  type: 'integer',
                  minimum: 1,
                  maximum: 3650,
                  description: 'date-shift: by how many at the most, to either side',
                },
                by: {
                  type: 'string',
                  description:
                    'date-shift: column whose value decides how far (default: the primary key); equal values are shifted equally',
                },
                to: { enum: ['month', 'quarter', 'year'], description: 'generalise: of a date or a time' },
                step: {
                  type: 'number',
                  exclusiveMinimum: 0,
                  description: 'generalise: of a number, the width of its steps',
                },
                letters: {
                  type: 'integer',
                  minimum: 1,
                  description: 'generalise: of a text, how many letters of its beginning stay',
                },
              },
              additionalProperties: false,
            },
          },
          additionalProperties: false,
        },
      },
    },
    dataset: {
      type: 'object',
      required: ['layer', 'table', 'primaryKey', 'partitionedBy', 'owner', 'write', 'tags'],
      properties: {
        layer: { enum: [...layers] },
        table: { type: 'string', pattern: '^[a-z][a-z0-9_]*$' },
        primaryKey: { type: 'array', minItems: 1, items: { type: 'string' }, uniqueItems: true },
        partitionedBy: { type: 'array', items: { type: 'string' }, uniqueItems: true },
        watermark: { type: 'string' },
        owner: { type: 'string', format: 'email' },
        freshness: { type: 'string', pattern: durationPattern.source },
        write: { enum: ['replace-partition', 'merge', 'append-stream', 'scd2', 'replace'] },
        merge: {
          type: 'object',
          description:
            'which of several changes of a key is the last; asked for by the strategies merge and scd2',
          required: ['orderedBy'],
          properties: {
            orderedBy: {
              type: 'array',
              minItems: 1,
              items: { type: 'string' },
              uniqueItems: true,
              description: 'columns that order the changes of a key, the most significant first',
            },
            deletedBy: {
              type: 'string',
              description:
                'boolean column that says that a change is a deletion; the row stays, marked by it',
            },
          },
          additionalProperties: false,
        },
        maskedCopyOf: {
          type: 'string',
          description: 'the dataset whose rows these are, with its masks laid over them',
        },
        maskInPlace: {
          type: 'object',
          description: 'rows are masked in the table that they are in; old versions are gone after a vacuum',
          required: ['markedBy'],
          properties: {
            markedBy: {
              type: 'string',
              description:
                'text column that says which columns of a row are masked; no source delivers it, and the masking alone sets it',
            },
            since: { type: 'string', description: "date or time column that tells a row's age" },
            after: {
              type: 'string',
              pattern: durationPattern.source,
              description: 'how old a row is when it is masked',
            },
          },
          additionalProperties: false,
        },
        maintenance: {
          type: 'object',
          description: 'how the table is kept in order',
          properties: {
            clustering: {
              type: 'object',
              description: 'rows that are asked for together lie together',
              required: ['by', 'columns'],
              properties: {
                by: {
                  enum: ['zorder', 'liquid'],
                  description: 'zorder: within each partition; liquid: of a table without partitions',
                },
                columns: {
                  type: 'array',
                  minItems: 1,
                  maxItems: 4,
                  items: { type: 'string' },
                  uniqueItems: true,
                },
              },
              additionalProperties: false,
            },
            fileMegabytes: {
              type: 'integer',
              minimum: 1,
              maximum: 1024,
              description: `how large files are to become (default: ${maintenanceDefaults.fileMegabytes})`,
            },
            keepVersions: {
              type: 'string',
              pattern: durationPattern.source,
              description: `how long what was replaced can be read by time travel (default: ${maintenanceDefaults.keepVersions}, the least)`,
            },
          },
          additionalProperties: false,
        },
        tags: { $ref: '#/$defs/tags' },
      },
      additionalProperties: false,
    },
  },
} as const;
