import { z } from 'zod';
import { webAddress } from './web-address.js';

/** The one secret that is no system's: what masks of personal data are made with. */
export const maskingKey = 'masking-key';

const count = z.int().positive();
const secret = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'lower-case letters, digits and hyphens, at most 40')
  .refine((id) => id !== maskingKey, 'the name of the key of masks, which no system may know')
  .describe(
    'last part of the name of a secret in Secrets Manager, <prefix>/<secret>: a JSON object with what the system asks for',
  );
const url = webAddress(/^https?$/, 'an address that begins with https:// or http://');

/** How one environment reaches a system that delivers. */
export const connectorSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('files').describe('delivered into the landing bucket') }),
  z.strictObject({
    kind: z.literal('snowflake'),
    account: z.string().min(1).describe('account identifier, <organization>-<account>'),
    warehouse: z.string().min(1),
    database: z.string().min(1),
    role: z.string().min(1).optional(),
    url: url.optional().describe('where it is not https://<account>.snowflakecomputing.com'),
    stageBucket: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of an S3 bucket')
      .optional()
      .describe(
        "Snowflake's own bucket, from which large results are fetched: STAGE in SYSTEM$ALLOWLIST(), up to the first dot",
      ),
    secret,
  }),
  z.strictObject({
    kind: z.literal('jdbc'),
    url: z
      .string()
      .regex(
        /^jdbc:(redshift|postgresql):\/\/[^@]+$/,
        'jdbc:redshift://… or jdbc:postgresql://…, without a user',
      )
      .refine(
        (address) => !/[?&;](user|uid|password|pwd)=/i.test(address),
        'an address without user and password: those are in the secret',
      )
      .describe('without user and password: those are in the secret'),
    secret,
    partitions: z.int().min(1).max(64).describe('connections at once that a table is read over'),
    unload: z
      .strictObject({
        aboveRows: count.describe('a larger pull is unloaded by the database itself'),
        roleArn: z
          .string()
          .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/, 'the ARN of a role')
          .describe('the role with which the database writes into the landing bucket'),
      })
      .optional()
      .describe('Redshift alone: large pulls go through S3'),
  }),
  z.strictObject({
    kind: z.literal('salesforce'),
    loginUrl: url,
    secret,
    apiVersion: z.string().regex(/^\d{2,3}\.0$/, 'a version in quotes, for example "62.0"'),
    bulkThreshold: count.describe('from so many records on Bulk API 2.0 is asked instead of REST'),
  }),
  z.strictObject({ kind: z.literal('http'), url }),
  z.strictObject({
    kind: z.literal('kafka'),
    bootstrapServers: z
      .string()
      .regex(/^[^,\s:]+:\d+(,[^,\s:]+:\d+)*$/, '<host>:<port>, several with commas between them'),
    secret: secret.optional().describe('for SASL; without it the broker is spoken to in the clear'),
  }),
]);

export type Connector = z.infer<typeof connectorSchema>;
