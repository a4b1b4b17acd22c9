import { durationPattern } from './duration.js';
import { layers } from './layers.js';

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
            tags: { $ref: '#/$defs/tags' },
            masking: {
              type: 'object',
              required: ['rule'],
              properties: { rule: { enum: ['hash', 'partial', 'date-shift', 'null', 'generalise'] } },
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
        tags: { $ref: '#/$defs/tags' },
      },
      additionalProperties: false,
    },
  },
} as const;
