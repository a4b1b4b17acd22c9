import type { ResourceChange } from '../../terraform/plan-file.js';

type Values = Readonly<Record<string, unknown>>;

/** Where a stack's resources are, and how what AWS calls by an id of its own is found by a name that we chose. */
export interface Place {
  readonly environment: string;
  readonly stack: string;
  readonly account: string;
  readonly region: string;
  /** The ids of keys that carry our tags and this description. */
  readonly keys: (description: string, region: string) => Promise<readonly string[]>;
  /** The id of a part of a network, which carries our tags, by what its kind's ids begin with and its tag `Name`. */
  readonly part: (kind: string, name: string) => Promise<string | undefined>;
  readonly application: (name: string) => Promise<string | undefined>;
  readonly secret: (name: string) => Promise<string | undefined>;
  /** The id of a query that a workgroup keeps. */
  readonly query: (workgroup: string, database: string, name: string) => Promise<string | undefined>;
  /** Whether a bucket of this account holds nothing, in no version. */
  readonly isEmpty: (bucket: string, region: string) => Promise<boolean>;
}

/** How a resource of one type, which exists although no state knows it, is known again. */
export interface Importable {
  /** The id by which Terraform imports it; nothing where what is planned does not tell. */
  readonly id: (planned: Values, place: Place) => string | undefined | Promise<string | undefined>;
  /** Whether what was found is ours. Default: it carries our tags. */
  readonly isOurs?: (
    found: Values,
    place: Place,
    plan: readonly ResourceChange[],
    planned: Values,
  ) => boolean | Promise<boolean>;
}

/**
 * What is adopted, by Terraform's type. Here is each type that a second creation would be refused for or would make
 * twice, and each that it would silently write over. Not here is what is set anew by making it once more: policies of a
 * role, settings of a bucket, targets of a rule, grants. docs/WHEN_A_DEPLOY_IS_CUT_OFF.md lists the same for people.
 * Sources: the section "Import" of each resource of Terraform's provider `aws`, version 5.100.
 */
export const importables: Readonly<Record<string, Importable>> = {
  aws_athena_named_query: {
    id: ({ workgroup, database, name }, { query }) =>
      typeof workgroup === 'string' && typeof database === 'string' && typeof name === 'string'
        ? query(workgroup, database, name)
        : undefined,
    // A query has no tags: it is ours where its workgroup is.
    isOurs: ({ workgroup }, _place, plan) =>
      plan.some(
        ({ type, change }) => type === 'aws_athena_workgroup' && change.before?.['name'] === workgroup,
      ),
  },
  aws_athena_workgroup: { id: named('name') },
  aws_budgets_budget: { id: ({ name }, { account }) => joined(':', account, name) },
  aws_cloudwatch_composite_alarm: { id: named('alarm_name') },
  aws_cloudwatch_event_rule: { id: named('name') },
  aws_cloudwatch_log_group: { id: named('name') },
  aws_cloudwatch_metric_alarm: { id: named('alarm_name') },
  aws_eip: { id: part('eipalloc') },
  aws_emrserverless_application: {
    id: ({ name }, { application }) => (typeof name === 'string' ? application(name) : undefined),
  },
  aws_flow_log: { id: part('fl') },
  aws_glue_catalog_database: { id: ({ name }, { account }) => joined(':', account, name) },
  aws_glue_catalog_table: {
    id: ({ database_name: database, name }, { account }) => joined(':', account, database, name),
    // A table has no tags; each of ours says in its parameters whose it is.
    isOurs: ({ parameters }, { environment }) =>
      (parameters as Values | undefined)?.['dataplat.environment'] === environment,
  },
  aws_iam_policy: {
    id: ({ name }, { account }) =>
      typeof name === 'string' ? `arn:aws:iam::${account}:policy/${name}` : undefined,
  },
  aws_iam_role: { id: named('name') },
  aws_internet_gateway: { id: part('igw') },
  aws_kms_alias: {
    id: named('name'),
    // An alias has no tags: it is ours where the key behind it is.
    isOurs: ({ target_key_id: key }, _place, plan) =>
      plan.some(({ type, change }) => type === 'aws_kms_key' && change.before?.['key_id'] === key),
  },
  aws_kms_key: {
    id: async ({ description }, { keys, region }) =>
      typeof description === 'string' ? (await keys(description, region))[0] : undefined,
  },
  aws_lakeformation_lf_tag: {
    id: ({ key }, { account }) => joined(':', account, key),
    // A tag of Lake Formation's has no tags, and may be shared: it is taken where nobody else's value is in it.
    isOurs: ({ values }, _place, _plan, planned) => {
      const declared = planned['values'];
      return (
        Array.isArray(values) && Array.isArray(declared) && values.every((one) => declared.includes(one))
      );
    },
  },
  aws_mwaa_environment: { id: named('name') },
  aws_nat_gateway: { id: part('nat') },
  aws_network_acl: { id: part('acl') },
  aws_route: {
    id: ({ route_table_id: table, destination_cidr_block: to }) => joined('_', table, to),
    isOurs: ofATable,
  },
  aws_route_table: { id: part('rtb') },
  aws_route_table_association: {
    id: ({ subnet_id: subnet, route_table_id: table }) => joined('/', subnet, table),
    isOurs: ofATable,
  },
  aws_s3_bucket: {
    id: named('bucket'),
    // It gets its tags by a call of its own behind the one that makes it. What is cut off between the two holds nothing.
    isOurs: async (found, place) =>
      carriesOurTags(found, place) ||
      (Object.keys(tagsOf(found)).length === 0 &&
        (await place.isEmpty(String(found['bucket']), place.region))),
  },
  aws_secretsmanager_secret: {
    id: ({ name }, { secret }) => (typeof name === 'string' ? secret(name) : undefined),
  },
  aws_security_group: { id: part('sg') },
  aws_sns_topic: {
    id: ({ name }, { account, region }) => joined(':', 'arn:aws:sns', region, account, name),
  },
  aws_sqs_queue: {
    id: ({ name }, { account, region }) => joined('/', `https://sqs.${region}.amazonaws.com`, account, name),
  },
  aws_ssm_parameter: { id: named('name') },
  aws_subnet: { id: part('subnet') },
  aws_vpc: { id: part('vpc') },
  aws_vpc_endpoint: { id: part('vpce') },
  aws_vpc_security_group_egress_rule: { id: part('sgr') },
  aws_vpc_security_group_ingress_rule: { id: part('sgr') },
};

/** Whether what was found carries the tags that the stack gives to all that it makes. */
export function carriesOurTags(found: Values, { environment, stack }: Place): boolean {
  const tags = tagsOf(found);
  return tags['managed-by'] === 'dataplat' && tags['environment'] === environment && tags['stack'] === stack;
}

export function tagsOf(found: Values): Values {
  return (found['tags_all'] ?? {}) as Values;
}

/** A route has no tags: it is ours where its table is known to the state. */
function ofATable(
  { route_table_id: table }: Values,
  _place: Place,
  plan: readonly ResourceChange[],
): boolean {
  return plan.some(({ type, change }) => type === 'aws_route_table' && change.before?.['id'] === table);
}

function named(key: string): Importable['id'] {
  return (planned) => {
    const value = planned[key];
    return typeof value === 'string' ? value : undefined;
  };
}

/** What EC2 made, by its tag `Name`. */
function part(kind: string): Importable['id'] {
  return ({ tags }, place) => {
    const name = (tags as Values | null | undefined)?.['Name'];
    return typeof name === 'string' ? place.part(kind, name) : undefined;
  };
}

/** Nothing where a part is not known yet. */
function joined(between: string, ...parts: readonly unknown[]): string | undefined {
  return parts.every((part) => typeof part === 'string') ? parts.join(between) : undefined;
}
