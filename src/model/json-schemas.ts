import { z } from 'zod';
import { contractSchema } from './contract-schema.js';
import { environmentSchema } from './environment.js';
import { lineageSchema } from './lineage.js';
import { qualitySchema } from './quality.js';

/** The JSON Schemas that the declaration's files name in their first lines, by file name below `config/editor/`. */
export function jsonSchemas(): Record<string, unknown> {
  const options = { target: 'draft-7', io: 'input' } as const;
  return {
    'environment.schema.json': z.toJSONSchema(environmentSchema, options),
    'lineage.schema.json': z.toJSONSchema(lineageSchema, options),
    'dq-thresholds.schema.json': z.toJSONSchema(qualitySchema, options),
    'contract.schema.json': contractSchema,
  };
}
