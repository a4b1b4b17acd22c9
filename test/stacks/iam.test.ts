import { expect } from 'chai';
import { keyNames } from '../../src/model/keys.js';
import { environmentNames } from './environments.js';
import { withManyJobs } from './many-jobs.js';
import { SimulatedAccess } from './simulated-access.js';
import {
  declared,
  platformOf,
  resources,
  statementsOf,
  synthesized,
  type PolicyStatement,
  type Synthesized,
} from './synthesized.js';

const dev = declared('dev').stacks;

/** The statements of a job's policy, which is in several parts where one would be too large. */
function jobPolicy(id: string, stacks = dev): Record<string, PolicyStatement> {
  const inline = stacks.platform.resource['aws_iam_role_policy']?.[`job_${id}_policy`];
  const parts = Object.entries(stacks.platform.resource['aws_iam_policy'] ?? {})
    .filter(([name]) => name.startsWith(`job_${id}_policy_`))
    .map(([, part]) => part);
  const policies = inline === undefined ? parts : [inline, ...parts];
  return Object.fromEntries(policies.flatMap((policy) => Object.entries(statementsOf(policy['policy']))));
}

const jobNames = [
  'check-bronze',
  'check-silver',
  'invoices',
  'members',
  'members-silver',
  'order-events',
  'shops',
  'tidy',
];

const key = (name: string) => `\${data.aws_ssm_parameter.data_kms_${name}_key_arn.insecure_value}`;
const bucket = (kind: string) => `arn:aws:s3:::roastery-dev-111122223333-${kind}`;

describe("a job's role", () => {
  it('exists once a job, for EMR Serverless of this account alone', () => {
    for (const name of environmentNames) {
      const { platform, stacks } = declared(name);
      const roles = resources(stacks.platform, 'aws_iam_role').filter(([id]) => id.startsWith('job_'));
      expect(roles.map(([, role]) => role['name'])).to.have.members(
        jobNames.map((job) => `roastery-${name}-job-${job}`),
      );
      for (const [, role] of roles) {
        expect(statementsOf(role['assume_role_policy'])['Trust']).to.deep.equal({
          Sid: 'Trust',
          Effect: 'Allow',
          Principal: { Service: ['emr-serverless.amazonaws.com'] },
          Action: ['sts:AssumeRole'],
          Condition: {
            StringEquals: { 'aws:SourceAccount': platform.environment.account },
            ArnLike: {
              'aws:SourceArn': [
                `arn:aws:emr-serverless:eu-central-1:${platform.environment.account}:/applications/*`,
              ],
            },
          },
        });
      }
    }
  });

  it("reads its source's folder and releases, and writes its table, that table's quarantine and its logs", () => {
    const statements = jobPolicy('members');
    expect(statements['Read']).to.deep.include({
      Action: ['s3:GetObject'],
      Resource: [`${bucket('landing')}/till/members/*`, `${bucket('artifacts')}/releases/*`],
    });
    expect(statements['Write']).to.deep.include({
      Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
      Resource: [`${bucket('bronze')}/members/*`, `${bucket('bronze')}/members__quarantine/*`],
    });
    expect(statements['RunLogs']).to.deep.include({
      Action: ['s3:PutObject'],
      Resource: `${bucket('logs')}/emr/members/*`,
    });
    expect(statements['LogStreams']?.Resource).to.equal(
      'arn:aws:logs:eu-central-1:111122223333:log-group:/roastery-dev/jobs:log-stream:members/*',
    );
  });

  it('names no object of the lake in any other statement', () => {
    const reached = Object.values(jobPolicy('shops'))
      .filter(({ Action }) => Action.some((action) => /^s3:(Get|Put|Delete)/.test(action)))
      .flatMap(({ Resource }) => Resource);
    expect([...new Set(reached)]).to.have.members([
      `${bucket('landing')}/till/shops/*`,
      `${bucket('artifacts')}/releases/*`,
      `${bucket('bronze')}/shops/*`,
      `${bucket('bronze')}/shops__quarantine/*`,
      `${bucket('logs')}/emr/shops/*`,
    ]);
  });

  it('learns the names of files in the buckets of its tables and deliveries, whatever it asks, and of its own folders else', () => {
    // Without a condition: where Spark asks for an object that is not there, it names no prefix.
    expect(jobPolicy('shops')['ListLake']).to.deep.equal({
      Sid: 'ListLake',
      Effect: 'Allow',
      Action: ['s3:ListBucket'],
      Resource: [bucket('landing'), bucket('bronze')],
    });
    expect(jobPolicy('members_silver')['ListLake']?.Resource).to.deep.equal([
      bucket('bronze'),
      bucket('silver'),
    ]);
    expect(jobPolicy('shops')['ListArtifacts']?.Condition).to.deep.equal({
      StringLike: { 's3:prefix': ['releases', 'releases/*'] },
    });
    expect(jobPolicy('shops')['ListBronze']).to.equal(undefined);
  });

  it('asks the catalog for the database "default", as Spark does at first, in whatever job', () => {
    for (const name of environmentNames) {
      const { platform, stacks } = declared(name);
      const access = new SimulatedAccess({ platform, stacks, texts: declared(name).texts });
      const { account, prefix, region } = platform.environment;
      for (const job of platform.jobs) {
        const caller = access.role(`${prefix}-job-${job.id.replaceAll('_', '-')}`);
        for (const resource of ['catalog', 'database/default']) {
          const arn = `arn:aws:glue:${region}:${account}:${resource}`;
          expect(access.plain(caller, 'glue:GetDatabase', arn), `${name} ${job.id}`).to.equal('Allowed');
        }
      }
    }
    const platform = platformOf('dev');
    const jobs = platform.jobs.map((job) => (job.id === 'shops' ? { ...job, outputs: [] } : job));
    const { stacks } = synthesized({ ...platform, jobs, graph: { ...platform.graph, order: jobs } });
    expect(jobPolicy('shops', stacks)['ReadCatalog']?.Resource).to.deep.equal([
      'arn:aws:glue:eu-central-1:111122223333:catalog',
      'arn:aws:glue:eu-central-1:111122223333:database/default',
    ]);
  });

  it('decrypts what it reads and encrypts what it writes, with no other key', () => {
    const statements = jobPolicy('shops');
    expect(statements['DecryptInputs']).to.deep.include({
      Action: ['kms:Decrypt'],
      Resource: [key('landing'), key('operations')],
    });
    expect(statements['EncryptOutputs']).to.deep.include({
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: [key('bronze'), key('operations')],
    });
  });

  it('knows its own table in the catalog, and Lake Formation grants it that table and no other', () => {
    const catalog = 'arn:aws:glue:eu-central-1:111122223333';
    expect(jobPolicy('shops')['WriteCatalog']).to.deep.include({
      Action: ['glue:UpdateTable'],
      Resource: [
        `${catalog}:catalog`,
        `${catalog}:database/roastery_dev_bronze`,
        `${catalog}:table/roastery_dev_bronze/shops`,
        `${catalog}:table/roastery_dev_bronze/shops__quarantine`,
      ],
    });
    const grants = resources(dev.platform, 'aws_lakeformation_permissions')
      .filter(([, grant]) => grant['principal'] === '${aws_iam_role.job_shops_role.arn}')
      .map(([, { permissions, table, database }]) => ({ permissions, on: table ?? database }));
    expect(grants).to.have.deep.members([
      { permissions: ['DESCRIBE'], on: { name: 'roastery_dev_bronze' } },
      {
        permissions: ['ALTER', 'DELETE', 'DESCRIBE', 'INSERT', 'SELECT'],
        on: { database_name: 'roastery_dev_bronze', name: 'shops' },
      },
    ]);
  });

  it('of a job that masks between two layers reads the one, writes the other, and may fetch the masking key', () => {
    const statements = jobPolicy('members_silver');
    expect(statements['Read']?.Resource).to.deep.equal([
      `${bucket('bronze')}/members/*`,
      `${bucket('artifacts')}/releases/*`,
    ]);
    expect(statements['Write']?.Resource).to.deep.equal([
      `${bucket('silver')}/members/*`,
      `${bucket('silver')}/members__quarantine/*`,
    ]);
    expect(statements['Secrets']).to.deep.include({
      Action: ['secretsmanager:GetSecretValue'],
      Resource: ['arn:aws:secretsmanager:eu-central-1:111122223333:secret:roastery-dev/masking-key-??????'],
    });
    expect(jobPolicy('members')['Secrets']).to.equal(undefined);
  });

  it('that masks may fetch the key, and no other may; who masks in place may write what it reads', () => {
    const copying = jobPolicy('members_silver');
    for (const id of jobNames.map((name) => name.replaceAll('-', '_'))) {
      if (id === 'members_silver') continue;
      const fetched = [jobPolicy(id)['Secrets']?.Resource ?? []].flat();
      expect(
        fetched.filter((arn) => arn.includes('masking-key')),
        id,
      ).to.deep.equal([]);
    }
    const platform = platformOf('dev');
    const jobs = platform.jobs.map((job) =>
      job.id === 'members_silver' ? { ...job, outputs: [...job.inputs] } : job,
    );
    const graph = { ...platform.graph, order: jobs };
    const inPlace = jobPolicy('members_silver', synthesized({ ...platform, jobs, graph }).stacks);
    expect(inPlace['Write']?.Resource).to.include(`${bucket('bronze')}/members/*`);
    expect(inPlace['Secrets']).to.deep.equal(copying['Secrets']);
  });

  it('of what keeps tables in order may write every table, and fetches nothing', () => {
    const statements = jobPolicy('tidy');
    const written = Object.entries(statements)
      .filter(([sid]) => sid.startsWith('Write') && !sid.startsWith('WriteCatalog'))
      .flatMap(([, { Resource }]) => Resource);
    const tables = platformOf('dev').datasets.map(({ layer, table }) => `${bucket(layer)}/${table}/*`);
    expect(written).to.include.members(tables);
    expect(statements['Secrets']).to.equal(undefined);
  });
});

describe("Airflow's role", () => {
  const statements = statementsOf(
    dev.platform.resource['aws_iam_role_policy']?.['airflow_execution_policy']?.['policy'],
  );

  it('passes the roles of the jobs and no other, to EMR Serverless and nobody else', () => {
    expect(statements['PassJobRoles']).to.deep.equal({
      Sid: 'PassJobRoles',
      Effect: 'Allow',
      Action: ['iam:PassRole'],
      Resource: 'arn:aws:iam::111122223333:role/roastery-dev-job-*',
      Condition: { StringEquals: { 'iam:PassedToService': 'emr-serverless.amazonaws.com' } },
    });
  });

  it('finds no role but those of jobs under the name by which it passes them', () => {
    const roles = Object.values(dev).flatMap((stack) => resources(stack, 'aws_iam_role'));
    const passed = roles
      .map(([, { name }]) => String(name))
      .filter((name) => /^roastery-dev-job-/.test(name));
    expect(passed).to.have.members(jobNames.map((job) => `roastery-dev-job-${job}`));
  });

  it('reaches no data', () => {
    const reached = Object.values(statements).flatMap(({ Resource }) => Resource);
    for (const kind of ['landing', 'bronze', 'silver', 'gold']) {
      expect(reached.filter((arn) => arn.startsWith(bucket(kind)))).to.deep.equal([]);
    }
  });
});

describe('every role', () => {
  it('stands inside the boundary, and is taken on by services for our own things alone', () => {
    for (const name of environmentNames) {
      const { platform, stacks } = declared(name);
      const { account } = platform.environment;
      const roles = Object.values(stacks).flatMap((stack) => resources(stack, 'aws_iam_role'));
      expect(roles).to.have.length.greaterThan(5);
      for (const [id, role] of roles) {
        // Taken on by a role, and in a boundary of its own: snapshots.test.ts.
        if (role['name'] === `roastery-${name}-snapshots`) continue;
        expect(
          [
            `arn:aws:iam::${account}:policy/roastery-${name}-boundary`,
            '${aws_iam_policy.boundary_policy.arn}',
          ],
          id,
        ).to.include(role['permissions_boundary']);
        const { Condition } = statementsOf(role['assume_role_policy'])['Trust'] as {
          Condition?: Record<string, Record<string, unknown>>;
        };
        expect(Condition?.['StringEquals']?.['aws:SourceAccount'], id).to.equal(account);
        const sources = [Condition?.['ArnLike']?.['aws:SourceArn'] ?? []].flat();
        expect(sources, id).not.to.be.empty;
        // ARNs of S3 know no account; the names of our buckets do.
        const ours = new RegExp(`:${account}:|^arn:aws:s3:::roastery-${name}-${account}-`);
        for (const source of sources) expect(source, id).to.match(ours);
      }
    }
  });

  it("stands inside the account's own boundary where that prescribes one", () => {
    const prescribed = 'arn:aws:iam::111122223333:policy/boundary';
    const platform = platformOf('dev');
    const { environment } = platform;
    const { stacks } = synthesized({
      ...platform,
      environment: { ...environment, access: { ...environment.access, permissionsBoundary: prescribed } },
    });
    const roles = Object.values(stacks).flatMap((stack) => resources(stack, 'aws_iam_role'));
    expect([...new Set(roles.map(([, role]) => role['permissions_boundary']))]).to.deep.equal([prescribed]);
    expect(stacks.data.resource['aws_iam_policy']).to.equal(undefined);
  });

  it('is allowed nothing that the boundary forbids: what a policy says is what holds', () => {
    const synthesis = declared('dev');
    const access = new SimulatedAccess(synthesis);
    const wrong: string[] = [];
    for (const stack of Object.values(synthesis.stacks)) {
      for (const [, role] of resources(stack, 'aws_iam_role')) {
        const caller = access.role(String(role['name']));
        for (const { Statement } of caller.policies) {
          for (const { Sid, Action, Resource, Condition } of Statement as PolicyStatement[]) {
            for (const action of Action) {
              for (const pattern of [Resource].flat()) {
                // One thing that the patterns mean.
                const [one, resource] = [action, pattern].map((text) =>
                  text.replaceAll('*', 'x').replaceAll('?', 'x'),
                );
                const context = contextOf(Condition);
                const key = keyNames.find((name) => access.keyArn(name) === resource);
                const through = { 'kms:ViaService': 's3.eu-central-1.amazonaws.com', ...context };
                const result = key
                  ? // The key's own policy has its say, too.
                    access.key(caller, one ?? '', key, through)
                  : access.plain(caller, one ?? '', resource ?? '', context);
                if (result !== 'Allowed')
                  wrong.push(`${String(role['name'])} ${Sid}: ${action} ${pattern}: ${result}`);
              }
            }
          }
        }
      }
    }
    expect(wrong).to.deep.equal([]);
  });
});

/** A request that meets the conditions of a statement. */
function contextOf(condition: unknown): Record<string, string> {
  const keys = Object.values((condition ?? {}) as Record<string, Record<string, string | string[]>>);
  return Object.fromEntries(
    keys.flatMap((operator) =>
      Object.entries(operator).map(([key, values]) => [key, ([values].flat()[0] ?? '').replaceAll('*', 'x')]),
    ),
  );
}

describe('with six hundred jobs', function () {
  let many: Synthesized;
  before(() => {
    many = synthesized(withManyJobs(platformOf('prod'), 300));
  });

  it('no policy is longer than IAM, KMS, S3 and Secrets Manager take', () => {
    const attached = new Map<unknown, number>();
    for (const stack of Object.values(many.stacks)) {
      for (const [id, { role, policy }] of resources(stack, 'aws_iam_role_policy')) {
        expect(sizeOf(policy), id).to.be.lessThan(10_240);
        expect(attached.has(role), id).to.equal(false);
        attached.set(role, 1);
      }
      for (const [id, { policy }] of resources(stack, 'aws_iam_policy')) {
        expect(sizeOf(policy), id).to.be.lessThan(6144);
      }
      for (const [, { role }] of resources(stack, 'aws_iam_role_policy_attachment')) {
        attached.set(role, (attached.get(role) ?? 0) + 1);
      }
      for (const [id, { policy }] of resources(stack, 'aws_kms_key')) {
        expect(sizeOf(policy), id).to.be.lessThan(32_768);
      }
      for (const [id, { policy }] of resources(stack, 'aws_s3_bucket_policy')) {
        expect(sizeOf(policy), id).to.be.lessThan(20_480);
      }
      for (const [id, { policy }] of resources(stack, 'aws_secretsmanager_secret_policy')) {
        expect(sizeOf(policy), id).to.be.lessThan(20_480);
      }
      for (const [id, { assume_role_policy: trust }] of resources(stack, 'aws_iam_role')) {
        expect(sizeOf(trust), id).to.be.lessThan(2048);
      }
    }
    // A role takes ten managed policies.
    expect(Math.max(...attached.values())).to.be.within(2, 10);
  });

  it('the policies of buckets, keys and secrets are those of a few jobs', () => {
    const few = synthesized(withManyJobs(platformOf('prod'), 1));
    for (const type of ['aws_s3_bucket_policy', 'aws_kms_key', 'aws_secretsmanager_secret_policy']) {
      const of = ({ stacks }: Synthesized) =>
        Object.values(stacks)
          .flatMap((stack) => resources(stack, type))
          .map(([id, { policy }]) => [id, policy]);
      expect(of(few), type).not.to.be.empty;
      expect(of(many), type).to.deep.equal(of(few));
    }
  });

  it('a policy in parts allows what it would in one', () => {
    const access = new SimulatedAccess(many);
    const upkeep = access.role('roastery-prod-job-upkeep');
    expect(upkeep.policies.length).to.be.greaterThan(1);
    for (const number of ['00', '02', '04']) {
      for (const layer of ['bronze', 'silver', 'gold'] as const) {
        expect(access.object(upkeep, 's3:DeleteObject', layer, `chain_${number}/a`)).to.equal('Allowed');
      }
    }
    expect(access.object(upkeep, 's3:GetObject', 'bronze', 'members/a')).not.to.equal('Allowed');
  });
});

/** As IAM counts: without white space, with the key's ARN where Terraform has yet to put it. */
function sizeOf(policy: unknown): number {
  return String(policy).replaceAll(/\$\{[^}]+\}/g, 'x'.repeat(76)).length;
}

describe('IAM', () => {
  it('is given no action on everything but those that know no resource', () => {
    const withoutResource = [
      'cloudwatch:PutMetricData',
      'lakeformation:GetDataAccess',
      // What there is of tags, grants and secrets' names.
      'lakeformation:GetResourceLFTags',
      'lakeformation:ListLFTags',
      'lakeformation:ListPermissions',
      'secretsmanager:ListSecrets',
      's3:GetAccountPublicAccessBlock',
    ];
    for (const name of environmentNames) {
      const { stacks } = declared(name);
      for (const stack of [stacks.data, stacks.platform]) {
        for (const [id, attributes] of resources(stack, 'aws_iam_role_policy')) {
          for (const { Sid, Action, Resource } of Object.values(statementsOf(attributes['policy']))) {
            expect(Action, `${id} ${Sid}`).not.to.include('*');
            if ([Resource].flat().includes('*')) {
              expect(withoutResource, `${id} ${Sid}`).to.include.members([...Action]);
            }
          }
        }
      }
    }
  });
});
