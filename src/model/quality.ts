import { z } from 'zod';
import { durationPattern } from './duration.js';

const share = z.number().min(0).max(1).describe('a share of the rows delivered, 0 to 1');
const column = z.string().min(1);
const columns = z.array(column).min(1);
const bound = z.union([z.number(), z.string().min(1)]);
const duration = z.string().regex(durationPattern, 'a duration such as 45s, 60m, 26h or 7d');
const severity = z
  .enum(['warn', 'error'])
  .describe('error: the gate closes, and nothing that reads the dataset runs; warn: it is told');
const days = z
  .int()
  .min(1)
  .max(90)
  .default(7)
  .describe('how many days before the date are looked back at, where they were checked');
const minimumDays = z
  .int()
  .min(1)
  .max(90)
  .default(3)
  .describe('with fewer days than these behind it, the date is measured and not judged');
const atMost = z
  .number()
  .min(0)
  .lt(1)
  .default(0)
  .describe('the share of the rows, 0 to below 1, that may break it');

/** What is expected of the rows of a date, or of the whole table where it holds the newest state of each key. */
const expectation = z.discriminatedUnion('expect', [
  z.strictObject({ expect: z.literal('nulls'), column, atMost, severity }).describe('a value in the column'),
  z
    .strictObject({ expect: z.literal('unique'), columns, atMost, severity })
    .describe('no combination of values twice'),
  z
    .strictObject({
      expect: z.literal('range'),
      column,
      minimum: bound.optional().describe('a number; of dates and times a text such as "2026-01-05"'),
      maximum: bound.optional(),
      atMost,
      severity,
    })
    .refine(({ minimum, maximum }) => minimum !== undefined || maximum !== undefined, {
      error: 'a range has a minimum, a maximum or both',
    })
    .refine(({ minimum, maximum }) => typeof minimum !== typeof maximum || (minimum ?? 0) <= (maximum ?? 0), {
      error: 'the minimum is more than the maximum',
    }),
  z.strictObject({
    expect: z.literal('values'),
    column,
    values: z
      .union([z.literal('contract'), z.array(z.union([z.string(), z.number(), z.boolean()])).min(1)])
      .default('contract')
      .describe("the values that may occur; contract: those of the column's enum in the contract"),
    atMost,
    severity,
  }),
  z
    .strictObject({
      expect: z.literal('reference'),
      columns,
      to: z.string().min(1).describe('a dataset of the same layer, by id'),
      toColumns: columns.optional().describe('default: its primary key'),
      atMost,
      severity,
    })
    .describe('what the columns say is in another dataset; nothing said is no breach'),
  z
    .strictObject({
      expect: z.literal('freshness'),
      column: column.optional().describe("a date or a time; default: the contract's watermark"),
      within: duration
        .optional()
        .describe("of the end of the date, UTC; default: the contract's freshness")
        .meta({ examples: ['26h'] }),
      severity,
    })
    .describe('how old the newest row may be'),
  z
    .strictObject({
      expect: z.literal('volume'),
      below: z.number().min(0).max(1).default(0.5).describe('times the mean: fewer rows break it'),
      above: z.number().min(1).default(2).describe('times the mean: more rows break it'),
      days,
      minimumDays,
      severity,
    })
    .describe('how many rows there are, against the mean of the days before'),
  z
    .strictObject({
      expect: z.literal('drift'),
      column,
      edges: z
        .array(z.number())
        .min(1)
        .max(50)
        .optional()
        .describe('of numbers: where one bin ends and the next begins; of texts there are none'),
      above: z
        .number()
        .positive()
        .describe('population stability index that breaks it: 0.1 is a small shift, 0.25 a large one'),
      days,
      minimumDays,
      severity,
    })
    .describe('how the values are spread, against the days before'),
]);

export const qualitySchema = z
  .strictObject({
    datasets: z.record(
      z.string(),
      z.strictObject({
        quarantine: z
          .strictObject({ warnAbove: share, failAbove: share })
          .refine((limits) => limits.warnAbove <= limits.failAbove, 'warnAbove is more than failAbove')
          .optional()
          .describe('of an ingested dataset: the rows that break its contract'),
        contract: severity
          .default('error')
          .describe('of what the contract says itself: nulls, the key, ranges, enums, patterns, lengths'),
        expectations: z
          .array(expectation)
          .default([])
          .describe(
            'over and above the contract; one of the same kind and columns stands instead of its own',
          ),
      }),
    ),
  })
  .meta({ title: 'What a dataset may bear before its run warns or fails' });

export type Quality = z.infer<typeof qualitySchema>;
export type Expectation = z.infer<typeof expectation>;

/** What an expectation is called in results: its kind and what it is about. */
export function expectationId(one: Expectation): string {
  switch (one.expect) {
    case 'volume':
      return one.expect;
    case 'freshness':
      return one.column === undefined ? one.expect : `${one.expect}:${one.column}`;
    case 'reference':
      return `${one.expect}:${one.columns.join(',')}->${one.to}`;
    case 'unique':
      return `${one.expect}:${one.columns.join(',')}`;
    default:
      return `${one.expect}:${one.column}`;
  }
}
