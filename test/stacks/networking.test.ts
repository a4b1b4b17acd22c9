import { expect } from 'chai';
import type { Environment } from '../../src/model/environment.js';
import { isPrivateRange } from '../../src/model/ipv4-range.js';
import { environmentNames } from './environments.js';
import {
  declared,
  platformOf,
  resources,
  statementsOf,
  synthesized,
  type Attributes,
  type StackJson,
} from './synthesized.js';

const stackOf = (name: string) => declared(name).stacks.platform;
const count = (stack: StackJson, type: string) => resources(stack, type).length;

/** The platform stack of an environment with another network. */
function withNetwork(name: string, changed: Partial<Environment['network']>): StackJson {
  const platform = platformOf(name);
  const { environment } = platform;
  return synthesized({
    ...platform,
    environment: { ...environment, network: { ...environment.network, ...changed } },
  }).stacks.platform;
}

const closedProd = withNetwork('prod', { nat: 'none', sources: [] });

const redshift = {
  name: 'redshift',
  cidr: '10.60.0.0/16',
  port: 5439,
  from: ['jobs' as const],
  description: 'Redshift, over the peering',
};
const broker = {
  name: 'broker',
  cidr: '198.51.100.0/24',
  port: 9098,
  from: ['jobs' as const, 'airflow' as const],
  description: 'Brokers on the internet',
};

const egress = (stack: StackJson): Attributes[] =>
  resources(stack, 'aws_vpc_security_group_egress_rule').map(([, rule]) => rule);

describe('the network', () => {
  it('has a private subnet a zone, and a public one beside it where there is NAT', () => {
    expect(count(withNetwork('dev', { zones: ['a', 'b'] }), 'aws_subnet')).to.equal(4);
    expect(count(withNetwork('dev', { zones: ['a', 'b', 'c'] }), 'aws_subnet')).to.equal(6);
    expect(count(stackOf('prod'), 'aws_subnet')).to.equal(6);
    expect(count(closedProd, 'aws_subnet')).to.equal(3);
  });

  it('spreads its subnets over the zones, in ranges that do not overlap', () => {
    const subnets = resources(stackOf('prod'), 'aws_subnet').map(([, subnet]) => subnet);
    const zones = subnets.map((subnet) => String(subnet['availability_zone']));
    expect(new Set(zones).size).to.equal(3);
    expect(new Set(subnets.map((subnet) => subnet['cidr_block'])).size).to.equal(6);
  });

  it('has as many NAT gateways as the environment asks for: none, one, one a zone', () => {
    const gateways = (['none', 'single', 'per-zone'] as const).map((nat) =>
      count(withNetwork('prod', { nat, sources: [] }), 'aws_nat_gateway'),
    );
    expect(gateways).to.deep.equal([0, 1, 3]);
    expect(['dev', 'prod'].map((name) => count(stackOf(name), 'aws_nat_gateway'))).to.deep.equal([1, 3]);
  });

  it('routes each private subnet by a table of its own, through the gateway of its zone or the only one', () => {
    const through = (name: string) =>
      resources(stackOf(name), 'aws_route')
        .filter(([id]) => id.startsWith('network_private'))
        .map(([, route]) => route['nat_gateway_id']);
    expect(through('dev')).to.deep.equal(Array(2).fill('${aws_nat_gateway.network_nat_0.id}'));
    expect(through('prod')).to.deep.equal(
      [0, 1, 2].map((zone) => `\${aws_nat_gateway.network_nat_${zone}.id}`),
    );
    const tables = resources(stackOf('prod'), 'aws_route_table_association')
      .filter(([id]) => id.startsWith('network_private'))
      .map(([, { route_table_id, subnet_id }]) => [route_table_id, subnet_id]);
    expect(tables).to.deep.equal(
      [0, 1, 2].map((zone) => [
        `\${aws_route_table.network_private_${zone}_routes.id}`,
        `\${aws_subnet.network_private_${zone}.id}`,
      ]),
    );
  });

  it('without NAT has no way to the internet at all, production too', () => {
    for (const type of ['aws_route', 'aws_internet_gateway', 'aws_nat_gateway', 'aws_eip']) {
      expect(count(closedProd, type), type).to.equal(0);
    }
    for (const rule of egress(closedProd)) expect(rule).not.to.have.any.keys('cidr_ipv4', 'cidr_ipv6');
    for (const [id] of resources(closedProd, 'aws_subnet')) expect(id).to.match(/_private_/);
  });

  it('gives nothing a public address, knows DNS, and logs the connections that the environment names', () => {
    for (const name of environmentNames) {
      const stack = stackOf(name);
      for (const [, subnet] of resources(stack, 'aws_subnet')) {
        expect(subnet['map_public_ip_on_launch']).to.equal(false);
      }
      expect(stack.resource['aws_vpc']?.['network_vpc']).to.include({
        enable_dns_support: true,
        enable_dns_hostnames: true,
      });
    }
    const logged = (stack: StackJson) =>
      resources(stack, 'aws_flow_log').map(([, log]) => log['traffic_type']);
    expect(logged(withNetwork('prod', { flowLogs: 'ALL' }))).to.deep.equal(['ALL']);
    // Of every connection Spark's own would be the most, for a year and by the GB.
    for (const name of environmentNames) expect(logged(stackOf(name)), name).to.deep.equal(['REJECT']);
  });
});

describe('security groups', () => {
  it('that a VPC is born with let nothing through, and neither does its access list', () => {
    for (const name of environmentNames) {
      const { aws_default_security_group: groups, aws_default_network_acl: lists } = stackOf(name).resource;
      expect(groups?.['network_default']).to.be.an('object').and.not.have.any.keys('ingress', 'egress');
      expect(lists?.['network_default_acl']).to.be.an('object').and.not.have.any.keys('ingress', 'egress');
    }
  });

  it('let nobody in from outside: rules of entry name security groups, never addresses', () => {
    for (const name of environmentNames) {
      for (const [id, rule] of resources(stackOf(name), 'aws_vpc_security_group_ingress_rule')) {
        expect(rule, id).to.have.property('referenced_security_group_id');
        expect(rule, id).not.to.have.any.keys('cidr_ipv4', 'cidr_ipv6', 'prefix_list_id');
      }
    }
  });

  it('let workers out to each other, the endpoints, S3 and what is declared, and endpoints nowhere', () => {
    const stack = withNetwork('prod', { sources: [redshift, broker] });
    const to = (group: string) =>
      egress(stack)
        .filter((rule) => rule['security_group_id'] === `\${aws_security_group.network_${group}_group.id}`)
        .map(
          (rule) =>
            `${String(rule['cidr_ipv4'] ?? rule['prefix_list_id'] ?? rule['referenced_security_group_id'])} ` +
            `${String(rule['ip_protocol'])} ${String(rule['from_port'])}-${String(rule['to_port'])}`,
        );
    const always = (group: string) => [
      `\${aws_security_group.network_${group}_group.id} -1 undefined-undefined`,
      '${aws_security_group.network_endpoints_group.id} tcp 443-443',
      '${aws_vpc_endpoint.network_endpoint_s3.prefix_list_id} tcp 443-443',
    ];
    expect(to('jobs')).to.have.members([
      ...always('jobs'),
      '10.60.0.0/16 tcp 5439-5439',
      '198.51.100.0/24 tcp 9098-9098',
    ]);
    expect(to('airflow')).to.have.members([...always('airflow'), '198.51.100.0/24 tcp 9098-9098']);
    expect(to('endpoints')).to.deep.equal([]);
  });

  it('name the world only where the environment does, and then for HTTPS alone', () => {
    for (const name of environmentNames) {
      const { network } = declared(name).platform.environment;
      const world = egress(stackOf(name)).filter(({ cidr_ipv4 }) => cidr_ipv4 === '0.0.0.0/0');
      const wanted = network.sources.filter(({ cidr }) => cidr === '0.0.0.0/0').flatMap(({ from }) => from);
      expect(world, name).to.have.length(wanted.length);
      for (const rule of world) expect(rule).to.include({ ip_protocol: 'tcp', from_port: 443, to_port: 443 });
    }
  });
});

describe('network access lists', () => {
  const entries = (stack: StackJson, list: string, direction: 'ingress' | 'egress') =>
    ((stack.resource['aws_network_acl']?.[`network_${list}_acl`]?.[direction] ?? []) as Attributes[]).map(
      (rule) =>
        `${String(rule['cidr_block'])} ${String(rule['protocol'])} ${String(rule['from_port'])}-${String(rule['to_port'])}`,
    );

  it('of private subnets let answers in, and out what a security group may let out', () => {
    const stack = withNetwork('prod', { sources: [redshift, broker] });
    expect(entries(stack, 'private', 'ingress')).to.deep.equal([
      '10.30.0.0/16 -1 0-0',
      '0.0.0.0/0 tcp 32768-65535',
    ]);
    expect(entries(stack, 'private', 'egress')).to.deep.equal([
      '10.30.0.0/16 -1 0-0',
      '0.0.0.0/0 tcp 443-443',
      '10.60.0.0/16 tcp 5439-5439',
      '198.51.100.0/24 tcp 9098-9098',
    ]);
  });

  it('of public subnets know only the sources that are on the internet', () => {
    const stack = withNetwork('prod', { sources: [redshift, broker] });
    expect(entries(stack, 'public', 'ingress')).to.deep.equal([
      '10.30.0.0/16 -1 0-0',
      '198.51.100.0/24 tcp 1024-65535',
    ]);
    expect(entries(stack, 'public', 'egress')).to.deep.equal([
      '10.30.0.0/16 -1 0-0',
      '198.51.100.0/24 tcp 9098-9098',
    ]);
    expect(closedProd.resource['aws_network_acl']).to.have.all.keys('network_private_acl');
  });

  it('cover every subnet', () => {
    for (const name of environmentNames) {
      const covered = resources(stackOf(name), 'aws_network_acl').flatMap(([, list]) => list['subnet_ids']);
      expect(covered).to.have.members(
        resources(stackOf(name), 'aws_subnet').map(([id]) => `\${aws_subnet.${id}.id}`),
      );
    }
  });
});

describe('endpoints of AWS services', () => {
  const endpoints = (stack: StackJson, type: string) =>
    resources(stack, 'aws_vpc_endpoint')
      .map(([, endpoint]) => endpoint)
      .filter((endpoint) => endpoint['vpc_endpoint_type'] === type);
  const service = (endpoint: Attributes) =>
    String(endpoint['service_name']).replace('com.amazonaws.eu-central-1.', '');

  it('reach S3 by a gateway in every private table, and all others by an interface in every zone', () => {
    const [gateway, ...more] = endpoints(stackOf('prod'), 'Gateway');
    expect(more).to.deep.equal([]);
    expect(service(gateway ?? {})).to.equal('s3');
    expect(gateway?.['route_table_ids']).to.have.length(3);
    for (const endpoint of endpoints(stackOf('prod'), 'Interface')) {
      expect(endpoint['subnet_ids'], service(endpoint)).to.have.length(3);
      expect(endpoint).to.deep.include({
        private_dns_enabled: true,
        security_group_ids: ['${aws_security_group.network_endpoints_group.id}'],
      });
    }
  });

  it('are those that MWAA needs without a way to the internet', () => {
    for (const name of environmentNames) {
      expect(endpoints(stackOf(name), 'Interface').map(service)).to.include.members(
        'airflow.api airflow.env airflow.ops ecr.api ecr.dkr kms logs monitoring sqs'.split(' '),
      );
    }
  });

  it('are those of every service that a role of a worker may call', () => {
    // Written out: how AWS names the endpoint of a service whose actions have another prefix.
    const reachedAs: Record<string, string> = {
      cloudwatch: 'monitoring',
      airflow: 'airflow.api',
      ecr: 'ecr.api',
    };
    for (const name of environmentNames) {
      const stack = stackOf(name);
      const there = endpoints(stack, 'Interface').map(service);
      const policies = resources(stack, 'aws_iam_role_policy').filter(([id]) => /^job_|^airflow_/.test(id));
      expect(policies.length).to.be.greaterThan(3);
      const called = policies
        .flatMap(([, { policy }]) => Object.values(statementsOf(policy)))
        .flatMap(({ Action }) => [Action].flat().map((action) => action.split(':')[0] ?? ''))
        .filter((prefix) => prefix !== 's3' && prefix !== 'iam');
      for (const prefix of new Set(called)) expect(there).to.include(reachedAs[prefix] ?? prefix);
      const needed = 'airflow.api airflow.env airflow.ops ecr.api ecr.dkr kms logs monitoring sqs sts'.split(
        ' ',
      );
      for (const one of there) {
        expect([...needed, ...called.map((prefix) => reachedAs[prefix] ?? prefix)], one).to.include(one);
      }
    }
  });

  it('let through nobody but this account, but for the pull of an image', () => {
    for (const name of environmentNames) {
      const { account } = declared(name).platform.environment;
      for (const endpoint of endpoints(stackOf(name), 'Interface')) {
        const statements = Object.values(statementsOf(endpoint['policy']));
        expect(statements, service(endpoint)).not.to.deep.equal([]);
        for (const { Action, Condition, Effect } of statements) {
          expect(Effect).to.equal('Allow');
          if (service(endpoint).startsWith('ecr.')) {
            for (const action of Action) expect(action).to.match(/^ecr:(BatchGet|BatchCheck|Get)/);
          } else {
            expect(Condition).to.have.nested.property('StringEquals.aws:PrincipalAccount', account);
          }
        }
      }
    }
  });

  it('carry data of this account to this account alone', () => {
    const policyOf = (name: string) =>
      statementsOf(
        endpoints(stackOf('prod'), 'Interface').find((endpoint) => service(endpoint) === name)?.['policy'],
      );
    for (const name of ['kms', 'glue', 'logs', 'monitoring', 'sts']) {
      expect(policyOf(name)['ThisAccount']?.Condition, name).to.deep.equal({
        StringEquals: { 'aws:PrincipalAccount': '444455556666' },
        StringEqualsIfExists: { 'aws:ResourceAccount': '444455556666' },
      });
    }
    expect(policyOf('monitoring')['ThisAccount']?.Action).to.deep.equal(['cloudwatch:*']);
    // MWAA's queue is AWS's own.
    expect(policyOf('sqs')['AirflowQueue']?.Resource).to.equal('arn:aws:sqs:eu-central-1:*:airflow-celery-*');
  });

  it("of S3 know this environment's buckets, and of others only what AWS's own images need", () => {
    for (const name of environmentNames) {
      const { environment } = declared(name).platform;
      const statements = statementsOf(endpoints(stackOf(name), 'Gateway')[0]?.['policy']);
      const { ThisEnvironment, AccountSettings, AwsRepositories, SparkHistory, ...rest } = statements;
      expect(rest).to.deep.equal({});
      const ours = { StringEquals: { 'aws:PrincipalAccount': environment.account } };
      expect(ThisEnvironment?.Condition).to.deep.equal(ours);
      for (const arn of [ThisEnvironment?.Resource ?? []].flat()) {
        expect(arn.startsWith(`arn:aws:s3:::${environment.lake.bucketPrefix}-`), arn).to.equal(true);
      }
      expect(AccountSettings).to.deep.include({
        Action: ['s3:GetAccountPublicAccessBlock'],
        Condition: ours,
      });
      expect(AwsRepositories?.Action).to.deep.equal(['s3:GetObject']);
      for (const arn of [AwsRepositories?.Resource ?? [], SparkHistory?.Resource ?? []].flat()) {
        expect(arn)
          .to.match(/^arn:aws:s3:::(al2023-repos-|repo\.|prod-|prod\.)[^*]*\/\*$/)
          .and.contain('eu-central-1');
      }
    }
  });
});

describe('a range of addresses', () => {
  it('is private when all of it is', () => {
    for (const range of ['10.0.0.0/8', '10.60.0.0/16', '172.31.0.0/16', '192.168.7.4/32', '100.127.0.0/16']) {
      expect(isPrivateRange(range), range).to.equal(true);
    }
    for (const range of [
      '0.0.0.0/0',
      '8.0.0.0/6',
      '172.0.0.0/8',
      '172.32.0.0/16',
      '192.169.0.0/24',
      '52.1.2.3/32',
    ]) {
      expect(isPrivateRange(range), range).to.equal(false);
    }
  });
});
