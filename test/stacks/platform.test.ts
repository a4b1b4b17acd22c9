import { expect } from 'chai';
import { environmentNames } from './environments.js';
import { declared, resources } from './synthesized.js';

const stackOf = (name: string) => declared(name).stacks.platform;
const count = (name: string, type: string) => resources(stackOf(name), type).length;

describe('the network', () => {
  it('has a public and a private subnet a zone', () => {
    expect(count('dev', 'aws_subnet')).to.equal(4);
    expect(count('prod', 'aws_subnet')).to.equal(6);
  });

  it('has as many NAT gateways as the environment asks for: none, one, one a zone', () => {
    expect(['local', 'dev', 'prod'].map((name) => count(name, 'aws_nat_gateway'))).to.deep.equal([0, 1, 3]);
  });

  it('routes each private subnet through the gateway of its zone, or through the only one', () => {
    const through = (name: string) =>
      resources(stackOf(name), 'aws_route')
        .filter(([id]) => id.startsWith('network_private'))
        .map(([, route]) => route['nat_gateway_id']);
    expect(through('local')).to.deep.equal([]);
    expect(through('dev')).to.deep.equal(Array(2).fill('${aws_nat_gateway.network_nat_0.id}'));
    expect(through('prod')).to.deep.equal(
      [0, 1, 2].map((zone) => `\${aws_nat_gateway.network_nat_${zone}.id}`),
    );
  });

  it('reaches S3 by a gateway and every other service by an endpoint in the private subnets', () => {
    const endpoints = resources(stackOf('prod'), 'aws_vpc_endpoint').map(([, endpoint]) => endpoint);
    const gateways = endpoints.filter((endpoint) => endpoint['vpc_endpoint_type'] === 'Gateway');
    expect(gateways.map((endpoint) => endpoint['service_name'])).to.deep.equal([
      'com.amazonaws.eu-central-1.s3',
    ]);
    expect(gateways[0]?.['route_table_ids']).to.have.length(3);
    expect(endpoints.map((endpoint) => endpoint['service_name'])).to.include.members(
      ['glue', 'kms', 'logs', 'lakeformation', 'secretsmanager', 'sqs', 'airflow.env', 'sts'].map(
        (service) => `com.amazonaws.eu-central-1.${service}`,
      ),
    );
    for (const endpoint of endpoints.filter((one) => one['vpc_endpoint_type'] === 'Interface')) {
      expect(endpoint['subnet_ids']).to.have.length(3);
      expect(endpoint['private_dns_enabled']).to.equal(true);
    }
  });

  it('closes the default security group, gives nothing a public address, and logs what is turned away', () => {
    const stack = stackOf('prod');
    expect(resources(stack, 'aws_default_security_group').map(([, group]) => group)).to.have.length(1);
    expect(stack.resource['aws_default_security_group']?.['network_default']).not.to.have.any.keys(
      'ingress',
      'egress',
    );
    for (const [, subnet] of resources(stack, 'aws_subnet')) {
      expect(subnet['map_public_ip_on_launch']).to.equal(false);
    }
    expect(resources(stack, 'aws_flow_log').map(([, log]) => log['traffic_type'])).to.deep.equal(['REJECT']);
  });

  it('lets nobody in from outside: rules of entry name security groups, never addresses', () => {
    for (const [id, rule] of resources(stackOf('prod'), 'aws_vpc_security_group_ingress_rule')) {
      expect(rule, id).to.have.property('referenced_security_group_id');
      expect(rule, id).not.to.have.any.keys('cidr_ipv4', 'cidr_ipv6', 'prefix_list_id');
    }
  });
});

describe('what the platform writes beside the lake', () => {
  it('is encrypted and kept as long as the environment says', () => {
    for (const name of environmentNames) {
      const { platform, stacks } = declared(name);
      const groups = resources(stacks.platform, 'aws_cloudwatch_log_group');
      expect(groups.map(([, group]) => group['name'])).to.include.members([
        `/dataplat-${name}/jobs`,
        `/dataplat-${name}/network`,
        `airflow-dataplat-${name}-Task`,
      ]);
      for (const [id, group] of groups) {
        expect(group, id).to.include({
          retention_in_days: platform.environment.logs.retentionDays,
          kms_key_id: '${data.aws_ssm_parameter.data_kms_operations_key_arn.insecure_value}',
        });
      }
    }
  });
});
