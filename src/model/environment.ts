import { z } from 'zod';
import { connectorSchema } from './connector.js';
import { cronLine } from './cron.js';
import { isPrivateRange, ipv4Range } from './ipv4-range.js';
import { bucketKinds, layers } from './layers.js';
import { identifier } from './lineage.js';
import { webAddress } from './web-address.js';

const name = z.string().regex(/^[a-z][a-z0-9-]{0,19}$/, 'lower-case letters, digits and hyphens, at most 20');
const count = z.int().positive();
const days = z.int().positive().describe('in days');

const region = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'an AWS region, for example eu-central-1');

const workerSize = z.strictObject({
  count,
  cpu: z
    .union([z.literal(1), z.literal(2), z.literal(4), z.literal(8), z.literal(16)])
    .describe('vCPUs a worker'),
  memoryGb: count.describe('memory a worker, in GB'),
});

const networkSource = z
  .strictObject({
    name,
    cidr: ipv4Range.describe(
      'its addresses, for example 10.60.0.0/16; 0.0.0.0/0 for HTTPS whose addresses change',
    ),
    port: z.int().min(1).max(65_535),
    from: z
      .array(z.enum(['jobs', 'airflow']))
      .min(1)
      .describe('who may reach it'),
    description: z
      .string()
      .regex(/^[A-Za-z0-9 ._:/()#,@+=&;!-]{1,200}$/, 'at most 200 letters, digits and plain punctuation')
      .describe('what it is, as it stands in the security group'),
  })
  .superRefine(({ cidr, port }, context) => {
    if (cidr.endsWith('/0') && port !== 443) {
      context.addIssue({
        code: 'custom',
        input: port,
        path: ['port'],
        message: 'the whole internet is reached by HTTPS alone: 443',
      });
    }
  });

const network = z
  .strictObject({
    cidr: ipv4Range
      .regex(/\/(1[6-9]|2[0-4])$/, 'an IPv4 range of /16 to /24, for example 10.20.0.0/16')
      .describe('address range of the VPC'),
    zones: z
      .array(z.string().regex(/^[a-z]$/, 'a letter, as in "a" of eu-central-1a'))
      .min(2)
      .max(3)
      .refine((letters) => new Set(letters).size === letters.length, 'a zone stands twice')
      .describe('letters of the availability zones, as in eu-central-1a: a subnet each; MWAA wants two'),
    nat: z
      .enum(['none', 'single', 'per-zone'])
      .describe('NAT gateways: what private subnets may reach outside AWS'),
    sources: z
      .array(networkSource)
      .max(10)
      .describe('what jobs and Airflow may reach beside AWS services, which have endpoints; nothing else'),
    flowLogs: z.enum(['REJECT', 'ALL']).describe('which connections are logged: those turned away, or all'),
  })
  .superRefine(({ nat, sources }, context) => {
    sources.forEach(({ name, cidr }, index) => {
      if (nat === 'none' && !isPrivateRange(cidr)) {
        context.addIssue({
          code: 'custom',
          input: cidr,
          path: ['sources', index, 'cidr'],
          message: `on the internet, which is reached through NAT: set network.nat, or take ${name} out`,
        });
      }
    });
  });

const objectLock = z.strictObject({
  mode: z
    .enum(['GOVERNANCE', 'COMPLIANCE'])
    .describe(
      'GOVERNANCE: who has s3:BypassGovernanceRetention may delete; COMPLIANCE: nobody, not even the root user',
    ),
  days,
});

const lake = z.strictObject({
  bucketPrefix: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{1,50}[a-z0-9]$/, 'a valid start of an S3 bucket name, at most 52 characters')
    .describe(
      'buckets are named <bucketPrefix>-<bucket>; bucket names are global, so put the account into it',
    ),
  lifecycleRules: z.boolean().describe('tiering and expiry rules on the buckets'),
  landingRetentionDays: days.describe('how long a delivered file is kept, in days'),
  noncurrentVersionDays: days.describe('how long an overwritten or deleted object can be had back, in days'),
  artifactVersions: z
    .int()
    .min(1)
    .max(100)
    .describe('overwritten versions of a file in the artifacts bucket that are kept however old they are'),
  tieringAfterDays: days.describe('after how many days a table file moves to intelligent tiering'),
  inventory: z
    .enum(['none', 'daily', 'weekly'])
    .describe('S3 lists the data buckets into the logs bucket, as Parquet'),
  objectLock: z
    .strictObject({
      landing: objectLock.optional().describe('of what is delivered'),
      replicas: objectLock.optional().describe('of the copies in the other region'),
    })
    .optional()
    .describe('no version may be deleted for some days; a bucket gets it when it is made, or is made anew'),
  replication: z
    .strictObject({
      region: region.describe('where the copies are kept'),
      timeControl: z
        .boolean()
        .describe(
          'S3 guarantees 99.9 % of copies within 15 minutes, at a price a GB; lag is measured either way',
        ),
    })
    .optional()
    .describe('copies of landing and the layers in another region, encrypted with a key of that region'),
});

const emr = z.strictObject({
  release: z.string().regex(/^emr-\d+\.\d+\.\d+$/, 'a release label, for example emr-7.12.0'),
  architecture: z.enum(['ARM64', 'X86_64']),
  maximumCapacity: z.strictObject({
    cpu: count.describe('vCPUs'),
    memoryGb: count,
    diskGb: count,
  }),
  initialCapacity: z
    .strictObject({ drivers: workerSize, executors: workerSize })
    .optional()
    .describe('workers that are kept ready; they cost while the application is started'),
  idleTimeoutMinutes: z
    .int()
    .min(1)
    .max(10_080)
    .describe('after this long without a run the application stops'),
  maximumConcurrentRuns: z.int().min(1).max(1000),
  queueTimeoutMinutes: z.int().min(15).max(720).describe('how long a run may wait for its turn'),
});

const logLevel = z.enum(['CRITICAL', 'ERROR', 'WARNING', 'INFO', 'DEBUG']);

const airflow = z
  .strictObject({
    version: z.string().regex(/^\d+\.\d+\.\d+$/, 'a version that MWAA offers, for example 3.0.6'),
    environmentClass: z.enum([
      'mw1.micro',
      'mw1.small',
      'mw1.medium',
      'mw1.large',
      'mw1.xlarge',
      'mw1.2xlarge',
    ]),
    workers: z
      .strictObject({ minimum: count, maximum: count })
      .refine((workers) => workers.minimum <= workers.maximum, 'minimum is more than maximum'),
    schedulers: z.int().min(1).max(5).describe('2 to 5; mw1.micro has 1'),
    webservers: z
      .strictObject({ minimum: z.int().min(1).max(5), maximum: z.int().min(1).max(5) })
      .refine((webservers) => webservers.minimum <= webservers.maximum, 'minimum is more than maximum')
      .describe('2 to 5; mw1.micro has 1'),
    maintenanceWindow: z
      .string()
      .regex(/^(MON|TUE|WED|THU|FRI|SAT|SUN):([01]\d|2[0-3]):(00|30)$/, 'a time in UTC such as SUN:12:00')
      .describe('when MWAA may restart Airflow each week, in UTC'),
    logLevels: z
      .strictObject({
        dagProcessing: logLevel,
        scheduler: logLevel,
        task: logLevel,
        webserver: logLevel,
        worker: logLevel,
      })
      .describe('the least severe message that each part of Airflow logs'),
    options: z
      .record(z.string().regex(/^[a-z_]+\.[a-z_]+$/, 'a section and a key: core.parallelism'), z.string())
      .describe("more of Airflow's own configuration, by section and key"),
  })
  .refine(
    ({ environmentClass, workers, schedulers, webservers }) =>
      environmentClass === 'mw1.micro'
        ? workers.maximum === 1 && schedulers === 1 && webservers.maximum === 1
        : schedulers >= 2 && webservers.minimum >= 2,
    'mw1.micro has one worker, scheduler and web server; every other class at least two schedulers and web servers',
  );

const athena = z.strictObject({
  maximumScanGb: count.describe('a query that reads more is ended, in GB'),
});

const secrets = z.strictObject({
  recoveryDays: z
    .union([z.literal(0), z.int().min(7).max(30)])
    .describe('how long a deleted secret can be had back and keeps its name, in days; 0 for not at all'),
  replica: z
    .strictObject({
      region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'an AWS region, for example eu-west-1'),
      keyArn: z.string().regex(/^arn:aws[a-z-]*:kms:/, 'the ARN of a KMS key of that region'),
    })
    .optional()
    .describe('another region that has a copy of every secret'),
  rotation: z
    .record(
      z.string(),
      z.strictObject({
        lambdaArn: z.string().regex(/^arn:aws[a-z-]*:lambda:/, 'the ARN of a Lambda function'),
        roleArn: z
          .string()
          .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\//, 'the ARN of a role')
          .describe("the function's own role, which the secret's policy must let in"),
        days: z.int().min(1).max(1000).describe('days between two rotations'),
      }),
    )
    .describe('functions that change a secret, by the name of the secret'),
});

const alarms = z.strictObject({
  emails: z.array(z.email()).describe('who is paged'),
  webhooks: z
    .array(webAddress(/^https$/, 'an address that begins with https://'))
    .describe(
      'who is paged by a message to an HTTPS address; it stands in the state, so let it hold no secret',
    ),
  eventEmails: z.array(z.email()).describe('who is told of everything that happens, by name; pages nobody'),
  silenceIsLate: z
    .boolean()
    .describe('a job or dataset of which nothing is measured counts as late; false where nothing measures'),
  monthlyBudgetUsd: z
    .number()
    .min(0)
    .describe('US dollars a month for the account; told at 80 % spent and 100 % forecast; 0 for no budget'),
  costAnomalyUsd: z
    .number()
    .min(0)
    .describe("an unusual cost of the environment's of so many US dollars is told; 0 for no such watch"),
});

const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day in UTC, HH:MM, in quotes')
  .describe('in UTC, in quotes');

const notifications = z
  .strictObject({
    quietHours: z
      .strictObject({ from: timeOfDay, to: timeOfDay })
      .superRefine(({ from, to }, context) => {
        if (from === to)
          context.addIssue({
            code: 'custom',
            input: to,
            path: ['to'],
            message: 'expected another time than "from"',
          });
      })
      .optional()
      .describe('nothing is told between these times; what still stands afterwards is told then'),
    webhook: z
      .union([
        z.strictObject({
          url: webAddress(/^https?$/).describe('an address that holds no secret'),
        }),
        z.strictObject({
          secret: z
            .string()
            .min(1)
            .describe('name of the secret in Secrets Manager that holds the address, as of a Slack app'),
        }),
      ])
      .optional()
      .describe('takes messages in the shape of Slack'),
  })
  .default({})
  .describe('how `sla check --notify` tells of broken promises beside the topic of alarms');

const lineage = z
  .strictObject({
    transport: z
      .enum(['none', 'file', 'http'])
      .describe(
        'OpenLineage events of every run: none; file: into the logs bucket; http: there and to a receiver',
      ),
    url: webAddress(/^https?$/)
      .optional()
      .describe(
        'of the receiver, for example https://marquez.example.com/api/v1/lineage; it holds no secret',
      ),
    columns: z
      .boolean()
      .default(false)
      .describe("whether Spark's plans are listened to for the columns; a release then brings the listener"),
  })
  .superRefine(({ transport, url }, context) => {
    if ((transport === 'http') === (url !== undefined)) return;
    context.addIssue({
      code: 'custom',
      input: transport,
      path: ['transport'],
      message: transport === 'http' ? 'expected a "url" beside it' : 'expected http, or no "url" beside it',
    });
  })
  .default({ transport: 'none', columns: false })
  .describe('what runs tell of the data that they read and write');

const persona = z.strictObject({
  principals: z.array(
    z
      .string()
      .regex(/^arn:aws[a-z-]*:iam::\d{12}:(role|user)\/.+$|^arn:aws[a-z-]*:iam::\d{12}:root$/, 'an IAM ARN'),
  ),
  reads: z
    .strictObject({
      layer: z.array(z.enum(layers)).min(1),
      sensitivity: z.array(z.string()).min(1),
    })
    .describe('LF-tag expression: every key must match, any of its values'),
});

const principals = z.array(
  z
    .string()
    .regex(/^arn:aws:iam::\d{12}:((role|user)\/[\w+=,.@*/-]+|root)$/, 'the ARN of an IAM role or user'),
);

const access = z.strictObject({
  administrators: principals
    .min(1)
    .describe('principals that administer Lake Formation, keys and buckets; they read no data by that'),
  deployers: principals
    .min(1)
    .describe('principals that deploy and run jobs; no other may deploy. A * stands for any text in a name'),
  deliverers: principals.describe('principals that put files into the landing bucket'),
  recoverers: principals
    .default([])
    .describe('principals that take and restore snapshots: they read and write the tables of every layer'),
  permissionsBoundary: z
    .string()
    .regex(/^arn:aws:iam::\d{12}:policy\/.+$/, 'the ARN of an IAM policy')
    .optional()
    .describe(
      "boundary of every role, where the account prescribes one; else dataplat makes the environment's own",
    ),
  personas: z.record(name, persona).describe('who may read what, granted by tag expression'),
});

const state = z.discriminatedUnion('backend', [
  z.strictObject({
    backend: z.literal('s3'),
    bucket: z.string().min(3).max(63),
    region: z.string().optional().describe("the state bucket's region, where it is not the environment's"),
  }),
  z.strictObject({ backend: z.literal('local') }),
]);

const kept = (what: string) => z.int().min(0).max(1000).describe(`the newest snapshot of so many ${what}`);

const snapshots = z.strictObject({
  bucket: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
      'a bucket name: lower-case letters, digits and hyphens, 3 to 63',
    )
    .describe('made by `dataplat bootstrap`; it outlives the environment, and several may share it'),
  region: region.optional().describe("the bucket's region, where it is not the environment's"),
  keep: z
    .strictObject({
      last: z.int().min(1).max(1000).describe('so many of the newest, however old'),
      daily: kept('days'),
      weekly: kept('weeks'),
      monthly: kept('months'),
    })
    .describe('which snapshots are kept when another one has been taken'),
  schedule: cronLine
    .optional()
    .describe("when Airflow takes one by itself: a line of cron, in UTC, '30 3 * * *'; never where left out"),
});

/** Tags that everything deployed bears besides those of the environment. */
const ownTags = ['environment', 'stack', 'managed-by'];

/** Of the 50 that AWS takes a resource, less ours and what job roles and tables bear. */
const mostTags = 30;

/** What AWS takes in the keys and values of tags. Source: AWS, "Tag naming limits and requirements". */
const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

export const environmentSchema = z
  .strictObject({
    name: name.describe('must be the name of the file'),
    account: z.string().regex(/^\d{12}$/, "twelve digits in quotes: '111122223333'"),
    region,
    prefix: z
      .string()
      .regex(/^[a-z][a-z0-9-]{1,22}[a-z0-9]$/, 'lower-case letters, digits and hyphens, 3 to 24 characters')
      .describe('the first part of every name'),
    protected: z.boolean().describe('destructive verbs ask for the name of the environment'),
    tags: z
      .record(
        z
          .string()
          .min(1)
          .max(128)
          // Policies know jobs by these, and nobody else may bear them.
          .regex(/^(?!lake-|secret-)/, 'a tag that begins with neither lake- nor secret-')
          .regex(/^(?!aws:)/i, 'a tag that does not begin with aws:, which is AWS’s own')
          .refine(
            (key) => !ownTags.includes(key),
            `a tag that dataplat does not set itself: ${ownTags.join(', ')}`,
          )
          .regex(tagText, 'letters, digits, blanks and _ . : / = + - @'),
        z.string().max(256).regex(tagText, 'letters, digits, blanks and _ . : / = + - @'),
      )
      .refine(
        (tags) => Object.keys(tags).length <= mostTags,
        `at most ${mostTags} tags: AWS takes 50, dataplat's own included`,
      )
      .default({}),
    endpoint: z
      .strictObject({ port: z.int().min(1024).max(65_535) })
      .optional()
      .describe('set where the environment lives on this machine; DATAPLAT_LOCAL_PORT overrides the port'),
    network,
    lake,
    emr,
    airflow,
    athena,
    secrets,
    logs: z.strictObject({
      retentionDays: days.describe('of log groups, and of S3 access logs and inventories, in days'),
      runRetentionDays: days.describe("of the runs' logs in the logs bucket, in days"),
      queryResultRetentionDays: days.describe('of what queries returned, in days'),
    }),
    alarms,
    notifications,
    lineage,
    access,
    sources: z
      .record(identifier, connectorSchema)
      .describe('how each system that lineage.yaml names is reached, by its name'),
    state,
    snapshots: snapshots
      .optional()
      .describe('where `dataplat dr` keeps copies of the lake as it was at one moment; none where left out'),
    terraform: z
      .strictObject({
        pluginMirror: z
          .string()
          .min(1)
          .optional()
          .describe('folder with the AWS provider, as `terraform providers mirror` lays it out'),
        parallelism: z.int().min(1).max(100).optional(),
      })
      .optional(),
    samples: z.string().min(1).optional().describe('folder that deploy copies into the landing bucket'),
  })
  .superRefine(({ region, lake: { replication, bucketPrefix }, snapshots, state }, context) => {
    const others = new Set([
      ...(state.backend === 's3' ? [state.bucket] : []),
      ...bucketKinds.flatMap((kind) => [`${bucketPrefix}-${kind}`, `${bucketPrefix}-${kind}-dr`]),
    ]);
    if (snapshots && others.has(snapshots.bucket)) {
      context.addIssue({
        code: 'custom',
        input: snapshots.bucket,
        path: ['snapshots', 'bucket'],
        message: "expected a bucket of its own: this one is the state's or the lake's",
      });
    }
    if (replication?.region === region) {
      context.addIssue({
        code: 'custom',
        input: region,
        path: ['lake', 'replication', 'region'],
        message: 'expected another region than that of the originals',
      });
    }
  })
  .meta({ title: 'A dataplat environment', description: 'Where the platform runs and how large it is.' });

export type Environment = z.infer<typeof environmentSchema>;
export type Persona = z.infer<typeof persona>;
