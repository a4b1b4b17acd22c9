import { z } from 'zod';
import { durationPattern } from './duration.js';
import { layers, type Layer } from './layers.js';
import { formats, optionProblems, sourceOptions } from './source-options.js';

/** At most 35 long: with an environment's prefix it becomes the name of an IAM role, which may have 64. */
export const identifier = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,34}$/, 'lower-case letters, digits and underscores, at most 35');

const duration = z.string().regex(durationPattern, 'a duration such as 45s, 60m, 26h or 7d');

const worker = {
  cpu: z.union([z.literal(1), z.literal(2), z.literal(4), z.literal(8), z.literal(16)]).describe('vCPUs'),
  memoryGb: z.int().min(2).max(120).describe('memory in GB'),
};

const source = z
  .strictObject({
    system: identifier.describe('the system that delivers it; each environment says how that is reached'),
    entity: z
      .string()
      .min(1)
      .optional()
      .describe(
        'what it is called there: table, object, topic or path; not asked for where files are delivered',
      ),
    watermark: z
      .string()
      .min(1)
      .optional()
      .describe('column with the time of the last change: only what changed since the last run is asked for'),
    lookback: duration
      .optional()
      .describe('asked for again below the watermark: how late a change may become visible in the system'),
    partitionColumn: z
      .string()
      .min(1)
      .optional()
      .describe('whole-number column by whose ranges a database is read over several connections'),
    format: z
      .enum(formats)
      .describe(
        'of delivered files; json: one object a line; parquet, avro: values with types of their own; xlsx: a sheet',
      ),
    path: z
      .string()
      .regex(/^[^/].*\/$/, 'a folder of the landing bucket, ending with /')
      .describe('where files are delivered; {date} stands for the logical date'),
    options: sourceOptions.default({}).describe('how delivered files are written'),
  })
  .superRefine(({ format, options }, context) => {
    for (const { option, index, expected } of optionProblems(format, options)) {
      const value = options[option];
      context.addIssue({
        code: 'custom',
        input: index === undefined ? value : (value as readonly string[])[index],
        path: ['options', option, ...(index === undefined ? [] : [index])],
        message: expected,
      });
    }
  });

const job = z.strictObject({
  group: z.enum(['ingest', 'transform', 'analytics', 'maintenance']),
  description: z.string().min(1),
  entryPoint: z
    .string()
    .regex(
      /^jobs\/[a-z_]+\/[a-z0-9_]+\.py$/,
      'a Python file below jobs/, for example jobs/ingest/orders_ingest.py',
    ),
  inputs: z
    .array(z.string())
    .min(1)
    .describe('datasets by id, all of a layer as layer/<layer>, sources as source/<id>'),
  outputs: z.array(z.string()).describe('datasets by id, all of a layer as layer/<layer>'),
  mode: z
    .enum(['batch', 'stream', 'maintenance'])
    .describe('maintenance: it changes no content, so nothing waits for it and it waits for nothing'),
  gate: z
    .boolean()
    .optional()
    .describe('it checks its inputs: whatever else reads them waits until it has passed'),
  masks: z
    .boolean()
    .optional()
    .describe('it masks by contract: it may fetch the key of masks, and no other job may'),
  schedule: z.strictObject({ dag: identifier }).optional(),
  spark: z.strictObject({
    driver: z.strictObject(worker),
    executor: z.strictObject({
      ...worker,
      maximum: z.int().min(1).max(500).describe('executors at the most'),
    }),
  }),
  timeout: duration.describe('a run that takes longer is ended'),
  sla: z
    .strictObject({
      duration: duration.optional(),
      completeBy: z
        .string()
        .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day in UTC, HH:MM, in quotes')
        .optional(),
    })
    .optional(),
});

export const lineageSchema = z
  .strictObject({
    sources: z.record(identifier, source),
    jobs: z.record(identifier, job),
  })
  .meta({ title: 'The job graph of a dataplat platform' });

export const groups = job.shape.group.options;
export type Group = (typeof groups)[number];

export interface Source extends z.infer<typeof source> {
  readonly id: string;
}

export interface Job extends z.infer<typeof job> {
  readonly id: string;
}

/** The layer where an input or output stands for all of its datasets, else undefined. */
export function layerOf(name: string): Layer | undefined {
  return layers.find((layer) => name === `layer/${layer}`);
}

/** The id of a source where an input names one, else undefined. */
export function sourceIdOf(input: string): string | undefined {
  return input.startsWith('source/') ? input.slice('source/'.length) : undefined;
}

/** File name of a job's entry point without its ending, another name the job answers to. */
export function stemOf(job: Pick<Job, 'entryPoint'>): string {
  return job.entryPoint.slice(job.entryPoint.lastIndexOf('/') + 1, -'.py'.length);
}
