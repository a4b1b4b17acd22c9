import { expect } from 'chai';
import { packageDirectory } from '../../../src/project/project-directory.js';
import type { Environment } from '../../../src/model/environment.js';
import { stackKinds } from '../../../src/model/names.js';
import { validateProject } from '../../../src/model/read-platform.js';
import { edited, projectWith } from '../../model/project.js';
import {
  resources,
  statementsOf,
  synthesized,
  type Attributes,
  type Synthesized,
} from '../../stacks/synthesized.js';
import { product, productStacks } from '../declared.js';

/** Something that production must never be without: what lacks it, and a change that takes it away. */
interface Clause {
  readonly name: string;
  readonly lacking: (made: Synthesized) => readonly string[];
  readonly without: Change;
}

/** A change of the declaration, or of what is synthesized from it: one resource a stack altered, or a type left out. */
type Change =
  | { readonly declare: (environment: Environment) => Environment }
  | { readonly alter: string; readonly attributes: Attributes }
  | { readonly drop: string };

const everywhere = (made: Synthesized, type: string): [address: string, attributes: Attributes][] =>
  stackKinds.flatMap((kind) =>
    resources(made.stacks[kind], type).map(([name, attributes]): [string, Attributes] => [
      `${type}.${name}`,
      attributes,
    ]),
  );

/** The resources of a type that do not do; a type that is missing altogether does not do either. */
function failing(
  type: string,
  does: (attributes: Attributes, made: Synthesized) => boolean,
): (made: Synthesized) => string[] {
  return (made) => {
    const found = everywhere(made, type);
    return found.length === 0
      ? [`no ${type}`]
      : found.filter(([, attributes]) => !does(attributes, made)).map(([address]) => address);
  };
}

/** Buckets without a setting that does: each setting names the bucket it is of. */
function bucketsWithout(
  type: string,
  does: (setting: Attributes, bucket: string) => boolean,
): (made: Synthesized) => string[] {
  return (made) => {
    const settings = everywhere(made, type).map(([, setting]) => setting);
    return everywhere(made, 'aws_s3_bucket')
      .map(([address]) => address)
      .filter((address) => {
        const own = settings.filter((setting) => String(setting['bucket']).startsWith(`\${${address}.`));
        return own.length === 0 || !own.every((setting) => does(setting, address));
      });
  };
}

const both =
  (...checks: readonly Clause['lacking'][]): Clause['lacking'] =>
  (made) =>
    checks.flatMap((check) => check(made));

function list(value: unknown): readonly Attributes[] {
  return value === undefined ? [] : Array.isArray(value) ? (value as Attributes[]) : [value as Attributes];
}

const first = (value: unknown): Attributes => list(value)[0] ?? {};

const isLogs = (bucket: string): boolean => /^aws_s3_bucket\.(bucket|dr)_logs$/.test(bucket);

const declare = (change: (environment: Environment) => Environment): Change => ({ declare: change });

const openToAll = ['0.0.0.0/0', '::/0'];

const clauses: readonly Clause[] = [
  {
    name: 'an account that every provider is pinned to',
    lacking: ({ stacks, platform }) =>
      stackKinds.filter((kind) =>
        stacks[kind].provider.aws.some(
          ({ allowed_account_ids: allowed }) =>
            JSON.stringify(allowed) !== JSON.stringify([platform.environment.account]),
        ),
      ),
    // An environment with an endpoint of its own is pinned to none.
    without: declare((environment) => ({ ...environment, endpoint: { port: 4577 } })),
  },
  {
    name: 'protection, so that destructive verbs ask for its name',
    lacking: ({ platform }) => (platform.environment.protected ? [] : ['protected']),
    without: declare((environment) => ({ ...environment, protected: false })),
  },
  {
    name: 'a state in S3, encrypted, and locked by a lock file',
    lacking: ({ stacks }) =>
      stackKinds.filter((kind) => {
        const { s3 } = stacks[kind].terraform.backend;
        return s3?.['encrypt'] !== true || s3['use_lockfile'] !== true;
      }),
    without: declare((environment) => ({ ...environment, state: { backend: 'local' } })),
  },
  {
    name: 'keys that rotate, and wait 30 days before they are gone',
    lacking: failing(
      'aws_kms_key',
      (key) => key['enable_key_rotation'] === true && key['deletion_window_in_days'] === 30,
    ),
    without: declare((environment) => ({ ...environment, protected: false })),
  },
  {
    name: "a customer's key on every bucket, but where S3 delivers its access logs",
    lacking: bucketsWithout('aws_s3_bucket_server_side_encryption_configuration', (setting, bucket) => {
      const rule = first(first(setting['rule'])['apply_server_side_encryption_by_default']);
      return rule['sse_algorithm'] === 'aws:kms' ? Boolean(rule['kms_master_key_id']) : isLogs(bucket);
    }),
    without: { drop: 'aws_s3_bucket_server_side_encryption_configuration' },
  },
  {
    name: 'versions of every object',
    lacking: bucketsWithout(
      'aws_s3_bucket_versioning',
      (setting) => first(setting['versioning_configuration'])['status'] === 'Enabled',
    ),
    without: {
      alter: 'aws_s3_bucket_versioning',
      attributes: { versioning_configuration: { status: 'Suspended' } },
    },
  },
  {
    name: 'buckets that nothing can make public',
    lacking: bucketsWithout('aws_s3_bucket_public_access_block', (setting) =>
      ['block_public_acls', 'block_public_policy', 'ignore_public_acls', 'restrict_public_buckets'].every(
        (key) => setting[key] === true,
      ),
    ),
    without: { alter: 'aws_s3_bucket_public_access_block', attributes: { block_public_policy: false } },
  },
  {
    name: 'buckets that are reached over TLS alone',
    lacking: bucketsWithout('aws_s3_bucket_policy', ({ policy }) =>
      Object.values(statementsOf(policy)).some(
        ({ Effect, Action, Condition }) =>
          Effect === 'Deny' &&
          [Action].flat().includes('s3:*') &&
          (Condition as Attributes | undefined)?.['Bool'] !== undefined &&
          JSON.stringify(Condition).includes('"aws:SecureTransport":"false"'),
      ),
    ),
    without: { drop: 'aws_s3_bucket_policy' },
  },
  {
    name: 'rules on every bucket that end old versions and broken uploads',
    lacking: bucketsWithout('aws_s3_bucket_lifecycle_configuration', (setting) => {
      const rules = list(setting['rule']);
      const has = (key: string): boolean => rules.some((rule) => rule[key] !== undefined);
      return has('noncurrent_version_expiration') && has('abort_incomplete_multipart_upload');
    }),
    without: declare((environment) => ({
      ...environment,
      lake: { ...environment.lake, lifecycleRules: false },
    })),
  },
  {
    name: 'buckets that Terraform never empties',
    lacking: failing('aws_s3_bucket', (bucket) => bucket['force_destroy'] !== true),
    without: declare((environment) => ({ ...environment, protected: false })),
  },
  {
    name: 'logs that are encrypted, and kept for a year',
    lacking: failing(
      'aws_cloudwatch_log_group',
      (group) => Boolean(group['kms_key_id']) && Number(group['retention_in_days']) >= 365,
    ),
    without: declare((environment) => ({ ...environment, logs: { ...environment.logs, retentionDays: 90 } })),
  },
  {
    name: 'secrets under its own key, to be had back for 7 days at least',
    lacking: failing(
      'aws_secretsmanager_secret',
      (secret) => Boolean(secret['kms_key_id']) && Number(secret['recovery_window_in_days']) >= 7,
    ),
    without: declare((environment) => ({
      ...environment,
      secrets: { ...environment.secrets, recoveryDays: 0 },
    })),
  },
  {
    name: 'topics and queues that are encrypted',
    lacking: both(
      failing('aws_sns_topic', (topic) => Boolean(topic['kms_master_key_id'])),
      (made) =>
        everywhere(made, 'aws_sqs_queue')
          .filter(([, queue]) => !queue['kms_master_key_id'])
          .map(([address]) => address),
    ),
    without: { alter: 'aws_sns_topic', attributes: { kms_master_key_id: undefined } },
  },
  {
    name: 'an Airflow that the internet does not reach, under its own key, with all its logs',
    lacking: failing(
      'aws_mwaa_environment',
      (airflow) =>
        airflow['webserver_access_mode'] === 'PRIVATE_ONLY' &&
        Boolean(airflow['kms_key']) &&
        list(first(airflow['network_configuration'])['subnet_ids']).length === 2 &&
        ['dag_processing_logs', 'scheduler_logs', 'task_logs', 'webserver_logs', 'worker_logs'].every(
          (part) => first(first(airflow['logging_configuration'])[part])['enabled'] === true,
        ),
    ),
    without: { alter: 'aws_mwaa_environment', attributes: { webserver_access_mode: 'PUBLIC_ONLY' } },
  },
  {
    name: 'Spark in its private subnets, bounded, and stopped when idle',
    lacking: failing(
      'aws_emrserverless_application',
      (application, made) =>
        list(first(application['network_configuration'])['subnet_ids']).length ===
          made.platform.environment.network.zones.length &&
        first(application['maximum_capacity'])['cpu'] !== undefined &&
        first(application['auto_stop_configuration'])['enabled'] === true,
    ),
    without: { alter: 'aws_emrserverless_application', attributes: { maximum_capacity: undefined } },
  },
  {
    name: 'three zones, none of which takes the others along',
    lacking: (made) => {
      const zones = new Set(everywhere(made, 'aws_subnet').map(([, subnet]) => subnet['availability_zone']));
      const nats = everywhere(made, 'aws_nat_gateway').map(([, nat]) => nat['subnet_id']);
      return [
        ...(zones.size >= 3 ? [] : [`${zones.size} zones`]),
        ...(nats.length === 0 || new Set(nats).size === zones.size ? [] : [`${nats.length} NAT gateways`]),
      ];
    },
    without: declare((environment) => ({
      ...environment,
      network: { ...environment.network, nat: 'single' },
    })),
  },
  {
    name: 'no address on the internet for what runs in it',
    lacking: failing('aws_subnet', (subnet) => subnet['map_public_ip_on_launch'] === false),
    without: { alter: 'aws_subnet', attributes: { map_public_ip_on_launch: true } },
  },
  {
    name: 'no way in from everywhere',
    lacking: both(
      failing('aws_vpc_security_group_ingress_rule', (rule) =>
        openToAll.every((range) => rule['cidr_ipv4'] !== range && rule['cidr_ipv6'] !== range),
      ),
      // Its rules inside of it would be let in.
      failing(
        'aws_default_security_group',
        (group) => list(group['ingress']).length === 0 && list(group['egress']).length === 0,
      ),
    ),
    without: { alter: 'aws_vpc_security_group_ingress_rule', attributes: { cidr_ipv4: '0.0.0.0/0' } },
  },
  {
    name: 'a log of what the network turned away',
    lacking: failing('aws_flow_log', (log) => ['REJECT', 'ALL'].includes(String(log['traffic_type']))),
    without: { drop: 'aws_flow_log' },
  },
  {
    name: "no log of every connection, Spark's own among them, which costs by the GB",
    lacking: failing('aws_flow_log', (log) => log['traffic_type'] === 'REJECT'),
    without: { alter: 'aws_flow_log', attributes: { traffic_type: 'ALL' } },
  },
  {
    name: 'alarms that reach somebody',
    lacking: (made) => {
      const rules = everywhere(made, 'aws_cloudwatch_composite_alarm').map(([, { alarm_rule: rule }]) =>
        String(rule),
      );
      const subscribed = everywhere(made, 'aws_sns_topic_subscription').map(([, { topic_arn: arn }]) => arn);
      const alarms = [
        ...everywhere(made, 'aws_cloudwatch_metric_alarm'),
        ...everywhere(made, 'aws_cloudwatch_composite_alarm'),
      ];
      const reaches = ([address, alarm]: [string, Attributes]): boolean =>
        (alarm['alarm_actions'] as unknown[] | undefined)?.some((target) => subscribed.includes(target)) ===
          true ||
        rules.some((rule) => rule.includes(`${address}.`) || rule.includes(String(alarm['alarm_name'])));
      return alarms.length === 0
        ? ['no alarm']
        : alarms.filter((alarm) => !reaches(alarm)).map(([address]) => address);
    },
    without: { drop: 'aws_sns_topic_subscription' },
  },
  {
    name: 'a Lake Formation that IAM cannot bypass',
    lacking: both(
      failing('aws_lakeformation_data_lake_settings', (settings) =>
        ['create_database_default_permissions', 'create_table_default_permissions'].every(
          (key) => list(settings[key]).length === 0,
        ),
      ),
      failing('aws_lakeformation_permissions', (grant) => grant['principal'] !== 'IAM_ALLOWED_PRINCIPALS'),
      failing(
        'aws_lakeformation_resource',
        (location) => location['hybrid_access_enabled'] !== true && Boolean(location['role_arn']),
      ),
    ),
    without: {
      alter: 'aws_lakeformation_permissions',
      attributes: { principal: 'IAM_ALLOWED_PRINCIPALS' },
    },
  },
  {
    name: 'queries whose results are encrypted, whatever a client asks for',
    lacking: failing('aws_athena_workgroup', (workgroup) => {
      const configuration = first(workgroup['configuration']);
      const result = first(configuration['result_configuration']);
      return (
        configuration['enforce_workgroup_configuration'] === true &&
        first(result['encryption_configuration'])['encryption_option'] === 'SSE_KMS' &&
        workgroup['force_destroy'] !== true
      );
    }),
    without: declare((environment) => ({ ...environment, protected: false })),
  },
  {
    name: 'roles that services take on for this account alone',
    lacking: failing('aws_iam_role', ({ assume_role_policy: trust }, { platform }) =>
      Object.values(statementsOf(trust)).every(({ Effect, Condition }) =>
        Effect === 'Deny' ? true : JSON.stringify(Condition ?? {}).includes(platform.environment.account),
      ),
    ),
    without: {
      alter: 'aws_iam_role',
      attributes: {
        assume_role_policy:
          '{"Version":"2012-10-17","Statement":[{"Sid":"Trust","Effect":"Allow","Principal":{"Service":["glue.amazonaws.com"]},"Action":["sts:AssumeRole"]}]}',
      },
    },
  },
];

describe('prod config contract', () => {
  describe('production has', () => {
    for (const { name, lacking } of clauses) {
      it(name, () => {
        expect(lacking(productStacks('prod'))).to.deep.equal([]);
      });
    }
  });

  describe('it would be noticed if production were without', () => {
    for (const { name, lacking, without } of clauses) {
      it(name, () => {
        expect(lacking(changed(without))).not.to.deep.equal([]);
      });
    }
  });

  describe('validate refuses for a protected environment', () => {
    const prod = 'config/environments/prod.yaml';
    const refused: readonly [name: string, from: string, to: string][] = [
      ['an alarm without a target', 'emails: [data-platform-oncall@example.com]', 'emails: []'],
      ['one NAT gateway for all zones', 'nat: per-zone', 'nat: single'],
      ['one zone', 'zones: [a, b, c]', 'zones: [a]'],
      ['no lifecycle rules', 'lifecycleRules: true', 'lifecycleRules: false'],
      ['deliveries that are gone too soon', 'landingRetentionDays: 365', 'landingRetentionDays: 29'],
      ['versions that are gone too soon', 'noncurrentVersionDays: 90', 'noncurrentVersionDays: 7'],
      ['logs that are gone too soon', 'retentionDays: 365', 'retentionDays: 14'],
      ['secrets that cannot be had back', 'recoveryDays: 30', 'recoveryDays: 0'],
      [
        'a state on one machine',
        'backend: s3\n  bucket: dataplat-prod-444455556666-terraform-state',
        'backend: local',
      ],
      ['no account', "account: '444455556666'", "account: ''"],
    ];
    for (const [name, from, to] of refused) {
      it(`${name}, and says where`, () => {
        const text = edited(prod, from, to, packageDirectory);
        const line = text.split('\n').findIndex((one) => one.includes(to)) + 1;
        const { problems } = validateProject(projectWith({ [prod]: text }, packageDirectory));
        expect(problems.map(({ location }) => `${location.file}:${location.line}`)).to.deep.equal([
          `${prod}:${line}`,
        ]);
        // The same in an environment that is not protected is its own affair, where it is possible at all.
        if (!['one zone', 'no account'].includes(name)) {
          const open = text.replace('protected: true', 'protected: false');
          expect(validateProject(projectWith({ [prod]: open }, packageDirectory)).problems).to.deep.equal([]);
        }
      });
    }

    it('a micro Airflow', () => {
      const text = edited(
        prod,
        'environmentClass: mw1.medium',
        'environmentClass: mw1.micro',
        packageDirectory,
      )
        .replace('workers: { minimum: 2, maximum: 10 }', 'workers: { minimum: 1, maximum: 1 }')
        .replace('schedulers: 3', 'schedulers: 1')
        .replace('webservers: { minimum: 2, maximum: 4 }', 'webservers: { minimum: 1, maximum: 1 }');
      const { problems } = validateProject(projectWith({ [prod]: text }, packageDirectory));
      expect(problems.map(({ code, message }) => `${code} ${message}`)).to.deep.equal([
        'DP2010 "airflow.environmentClass" does not do for a protected environment',
      ]);
    });
  });
});

/** Production with one thing taken from it. */
function changed(change: Change): Synthesized {
  if ('declare' in change) {
    const platform = product('prod');
    return synthesized({ ...platform, environment: change.declare(platform.environment) });
  }
  const made = productStacks('prod');
  const type = 'drop' in change ? change.drop : change.alter;
  const stacks = Object.fromEntries(
    stackKinds.map((kind) => {
      const stack = made.stacks[kind];
      const [one, ...others] = resources(stack, type);
      const left =
        'drop' in change || !one ? [] : [[one[0], { ...one[1], ...change.attributes }] as const, ...others];
      return [kind, { ...stack, resource: { ...stack.resource, [type]: Object.fromEntries(left) } }];
    }),
  ) as unknown as Synthesized['stacks'];
  return { ...made, stacks };
}
