import { expect } from 'chai';
import { adopting, type Planned } from '../../../src/operations/adopt/adopt.js';
import { importables, type Place } from '../../../src/operations/adopt/importable.js';
import type { ResourceChange } from '../../../src/terraform/plan-file.js';
import type { Import } from '../../../src/terraform/terraform.js';
import { failureOf, madeBy } from '../collect.js';

type Values = Readonly<Record<string, unknown>>;

const place: Place = {
  environment: 'dev',
  stack: 'data',
  account: '111122223333',
  region: 'eu-west-1',
  keys: (description, region) =>
    Promise.resolve(description === 'dev bronze' ? [`key-of-${region}`, 'a-later-one'] : []),
  application: (name) => Promise.resolve(name === 'dev' ? '00f1' : undefined),
  part: (kind, name) => Promise.resolve(name === 'dev' ? `${kind}-1` : undefined),
  query: (...words) => Promise.resolve(words.join() === 'dev,dev_gold,late' ? 'q-1' : undefined),
  isEmpty: (bucket) => Promise.resolve(bucket === 'empty'),
  secret: (name) => Promise.resolve(`arn:aws:secretsmanager:eu-west-1:111122223333:secret:${name}-AbCdEf`),
};
const ourTags = { environment: 'dev', stack: 'data', 'managed-by': 'dataplat', team: 'any' };

function create(type: string, after: Values, name = 'one'): ResourceChange {
  const address = `${type}.${name}`;
  return { address, mode: 'managed', type, name, change: { actions: ['create'], before: null, after } };
}

function adopted(type: string, before: Values, id: string, name = 'one'): ResourceChange {
  const made = create(type, before, name);
  return { ...made, change: { ...made.change, actions: ['no-op'], before, importing: { id } } };
}

function planOf(...changes: ResourceChange[]): Planned {
  return {
    plan: { file: 'plan', changes: [], outputsChange: false },
    document: { resource_changes: changes },
  };
}

/** Looks in an AWS that has what `there` names by id. @returns what was asked for, planned again, and what came of it */
function look(first: Planned, there: readonly string[], ...then: readonly Planned[]) {
  const asked: Import[][] = [];
  const planned: Import[][] = [];
  const terraform = {
    otherProviders: () =>
      Promise.resolve({ 'aws_kms_key.copies': { provider: 'aws.dr', region: 'eu-north-1' } }),
    existing: async function* (imports: readonly Import[]) {
      yield* await Promise.resolve([]);
      asked.push([...imports]);
      return imports.filter(({ id }) => there.includes(id));
    },
  };
  const replan = async function* (imports: readonly Import[]) {
    yield* await Promise.resolve([]);
    planned.push([...imports]);
    return then[planned.length - 1] ?? first;
  };
  const stack = { kind: 'data', name: 'dev-data', terraform };
  const end = madeBy(adopting(stack, first, place, replan));
  return { asked, planned, end };
}

describe('what a plan makes and what exists already', () => {
  const parameter = create('aws_ssm_parameter', { name: '/dev/a' });

  it('is adopted where it carries our tags', async () => {
    const then = planOf(adopted('aws_ssm_parameter', { name: '/dev/a', tags_all: ourTags }, '/dev/a'));
    const { asked, planned, end } = look(
      planOf(parameter, create('aws_ssm_parameter', { name: '/dev/b' }, 'two')),
      ['/dev/a'],
      then,
    );
    expect(await end).to.equal(then);
    expect(asked[0]?.map(({ id }) => id)).to.deep.equal(['/dev/a', '/dev/b']);
    expect(planned).to.deep.equal([[{ to: 'aws_ssm_parameter.one', id: '/dev/a' }]]);
  });

  it('is not looked for where the plan makes nothing that has a name of ours', async () => {
    const first = planOf(
      create('aws_iam_role_policy', { name: 'permissions', role: 'dev' }),
      { ...parameter, change: { ...parameter.change, actions: ['delete', 'create'] } },
      create('aws_ssm_parameter', {}),
    );
    const { asked, end } = look(first, []);
    expect(await end).to.equal(first);
    expect(asked).to.deep.equal([]);
  });

  it('leaves the plan as it was where nothing exists', async () => {
    const first = planOf(parameter);
    const { planned, end } = look(first, []);
    expect(await end).to.equal(first);
    expect(planned).to.deep.equal([]);
  });

  for (const [whose, tags, said] of [
    ['nobody', {}, 'without tags'],
    ['another environment', { ...ourTags, environment: 'prod' }, 'environment=prod'],
    ['another stack', { ...ourTags, stack: 'platform' }, 'stack=platform'],
    ['somebody else', { environment: 'dev', stack: 'data', 'managed-by': 'hand' }, 'managed-by=hand'],
  ] as const) {
    it(`is refused where it is of ${whose}`, async () => {
      const then = planOf(adopted('aws_ssm_parameter', { tags_all: tags }, '/dev/a'));
      const { end } = look(planOf(parameter), ['/dev/a'], then);
      const failure = await failureOf(end);
      expect(failure).to.have.property('code', 'DP5011');
      expect(failure).to.have.nested.property('details.excerpt[0]').that.contains(said);
      expect(failure)
        .to.have.nested.property('details.excerpt[0]')
        .that.contains('aws_ssm_parameter.one: /dev/a');
    });
  }

  it('is looked for once more where what was adopted tells what another is called', async () => {
    const database = { name: 'dev_bronze', tags_all: ourTags };
    const table = { database_name: 'dev_bronze', name: 'orders' };
    const ids = ['111122223333:dev_bronze', '111122223333:dev_bronze:orders'] as const;
    const second = planOf(
      adopted('aws_glue_catalog_database', database, ids[0]),
      create('aws_glue_catalog_table', table),
    );
    const third = planOf(
      adopted('aws_glue_catalog_database', database, ids[0]),
      adopted('aws_glue_catalog_table', { parameters: { 'dataplat.environment': 'dev' } }, ids[1]),
    );
    const first = planOf(
      create('aws_glue_catalog_database', { name: 'dev_bronze' }),
      create('aws_glue_catalog_table', { name: 'orders' }),
    );
    const { planned, end } = look(first, ids, second, third);
    expect(await end).to.equal(third);
    expect(planned.map((imports) => imports.map(({ id }) => id))).to.deep.equal([[ids[0]], [...ids]]);
  });

  it('is looked for in the region, and with the provider, that makes it', async () => {
    const { asked, end } = look(planOf(create('aws_kms_key', { description: 'dev bronze' }, 'copies')), []);
    await end;
    expect(asked).to.deep.equal([
      [{ to: 'aws_kms_key.copies', id: 'key-of-eu-north-1', provider: 'aws.dr' }],
    ]);
  });

  for (const [what, type, found, others, ours] of [
    [
      'a table that says so',
      'aws_glue_catalog_table',
      { parameters: { 'dataplat.environment': 'dev' } },
      [],
      true,
    ],
    ['a table made by hand', 'aws_glue_catalog_table', { parameters: {} }, [], false],
    [
      'an alias of a key of ours',
      'aws_kms_alias',
      { target_key_id: 'k1' },
      [adopted('aws_kms_key', { key_id: 'k1', tags_all: ourTags }, 'k1')],
      true,
    ],
    ['an alias of another key', 'aws_kms_alias', { target_key_id: 'k2' }, [], false],
    [
      'a bucket without tags and with nothing in it',
      'aws_s3_bucket',
      { bucket: 'empty', tags_all: {} },
      [],
      true,
    ],
    [
      'a bucket without tags that holds something',
      'aws_s3_bucket',
      { bucket: 'full', tags_all: {} },
      [],
      false,
    ],
    [
      'a bucket of somebody, with nothing in it',
      'aws_s3_bucket',
      { bucket: 'empty', tags_all: { a: 'b' } },
      [],
      false,
    ],
    [
      'a query of a workgroup that is ours',
      'aws_athena_named_query',
      { workgroup: 'dev' },
      [adopted('aws_athena_workgroup', { name: 'dev', tags_all: ourTags }, 'dev')],
      true,
    ],
    ['a query of another workgroup', 'aws_athena_named_query', { workgroup: 'dev' }, [], false],
    ['an LF-tag with our values', 'aws_lakeformation_lf_tag', { values: ['a'] }, [], true],
    ['an LF-tag with others too', 'aws_lakeformation_lf_tag', { values: ['a', 'theirs'] }, [], false],
  ] as const) {
    it(`is ours, or not: ${what}`, async () => {
      const planned =
        type === 'aws_athena_named_query'
          ? { workgroup: 'dev', database: 'dev_gold', name: 'late' }
          : { name: 'n', database_name: 'd', key: 'k', values: ['a', 'b'], bucket: 'n' };
      const id = await importables[type]?.id(planned, place);
      const then = planOf(adopted(type, found, id ?? ''), ...others);
      const { end } = look(planOf(create(type, planned)), [id ?? ''], then);
      if (ours) expect(await end).to.equal(then);
      else expect(await failureOf(end)).to.have.property('code', 'DP5011');
    });
  }

  it('is found by the id that Terraform imports its type by', async () => {
    // As the section "Import" of each resource's page says, with what we call it.
    const ids: Readonly<Record<string, readonly [Values, string]>> = {
      aws_athena_named_query: [{ workgroup: 'dev', database: 'dev_gold', name: 'late' }, 'q-1'],
      aws_athena_workgroup: [{ name: 'dev' }, 'dev'],
      aws_budgets_budget: [{ name: 'dev' }, '111122223333:dev'],
      aws_cloudwatch_composite_alarm: [{ alarm_name: 'dev-gold' }, 'dev-gold'],
      aws_cloudwatch_event_rule: [{ name: 'dev-denied' }, 'dev-denied'],
      aws_cloudwatch_log_group: [{ name: '/dev/jobs' }, '/dev/jobs'],
      aws_cloudwatch_metric_alarm: [{ alarm_name: 'dev-late' }, 'dev-late'],
      aws_eip: [{ tags: { Name: 'dev' } }, 'eipalloc-1'],
      aws_emrserverless_application: [{ name: 'dev' }, '00f1'],
      aws_flow_log: [{ tags: { Name: 'dev' } }, 'fl-1'],
      aws_glue_catalog_database: [{ name: 'dev_gold' }, '111122223333:dev_gold'],
      aws_glue_catalog_table: [{ database_name: 'dev_gold', name: 't' }, '111122223333:dev_gold:t'],
      aws_iam_policy: [{ name: 'dev-boundary' }, 'arn:aws:iam::111122223333:policy/dev-boundary'],
      aws_iam_role: [{ name: 'dev-job-a' }, 'dev-job-a'],
      aws_internet_gateway: [{ tags: { Name: 'dev' } }, 'igw-1'],
      aws_kms_alias: [{ name: 'alias/dev' }, 'alias/dev'],
      aws_kms_key: [{ description: 'dev bronze' }, 'key-of-eu-west-1'],
      aws_lakeformation_lf_tag: [{ key: 'layer' }, '111122223333:layer'],
      aws_mwaa_environment: [{ name: 'dev' }, 'dev'],
      aws_nat_gateway: [{ tags: { Name: 'dev' } }, 'nat-1'],
      aws_network_acl: [{ tags: { Name: 'dev' } }, 'acl-1'],
      aws_route: [{ route_table_id: 'rtb-1', destination_cidr_block: '0.0.0.0/0' }, 'rtb-1_0.0.0.0/0'],
      aws_route_table: [{ tags: { Name: 'dev' } }, 'rtb-1'],
      aws_route_table_association: [{ subnet_id: 'subnet-1', route_table_id: 'rtb-1' }, 'subnet-1/rtb-1'],
      aws_s3_bucket: [{ bucket: 'dev-gold' }, 'dev-gold'],
      aws_secretsmanager_secret: [
        { name: 'dev/key' },
        'arn:aws:secretsmanager:eu-west-1:111122223333:secret:dev/key-AbCdEf',
      ],
      aws_security_group: [{ tags: { Name: 'dev' } }, 'sg-1'],
      aws_sns_topic: [{ name: 'dev-alarms' }, 'arn:aws:sns:eu-west-1:111122223333:dev-alarms'],
      aws_sqs_queue: [{ name: 'dev-u' }, 'https://sqs.eu-west-1.amazonaws.com/111122223333/dev-u'],
      aws_ssm_parameter: [{ name: '/dataplat/dev/a' }, '/dataplat/dev/a'],
      aws_subnet: [{ tags: { Name: 'dev' } }, 'subnet-1'],
      aws_vpc: [{ tags: { Name: 'dev' } }, 'vpc-1'],
      aws_vpc_endpoint: [{ tags: { Name: 'dev' } }, 'vpce-1'],
      aws_vpc_security_group_egress_rule: [{ tags: { Name: 'dev' } }, 'sgr-1'],
      aws_vpc_security_group_ingress_rule: [{ tags: { Name: 'dev' } }, 'sgr-1'],
    };
    expect(Object.keys(importables).sort()).to.deep.equal(Object.keys(ids).sort());
    for (const [type, [planned, id]] of Object.entries(ids)) {
      expect(await importables[type]?.id(planned, place), type).to.equal(id);
      expect(await importables[type]?.id({}, place), type).to.equal(undefined);
    }
  });
});
