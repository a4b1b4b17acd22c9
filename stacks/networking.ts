import {
  Construct,
  DataAwsAvailabilityZones,
  DefaultSecurityGroup,
  Eip,
  FlowLog,
  Fn,
  InternetGateway,
  NatGateway,
  Route,
  RouteTable,
  RouteTableAssociation,
  SecurityGroup,
  Subnet,
  type TerraformResource,
  Vpc,
  VpcEndpoint,
  VpcSecurityGroupEgressRule,
  VpcSecurityGroupIngressRule,
} from './constructs.cjs';
import type { Environment } from '../src/model/environment.js';
import { logGroup, logGroupArn } from './log-groups.js';
import { ServiceRole } from './roles.js';

/** The services that jobs and Airflow call from private subnets; S3 has a gateway endpoint, which costs nothing. */
export const endpointServices = [
  'airflow.api',
  'airflow.env',
  'athena',
  'ecr.api',
  'ecr.dkr',
  'emr-serverless',
  'glue',
  'kms',
  'lakeformation',
  'logs',
  'monitoring',
  'secretsmanager',
  'sqs',
  'ssm',
  'sts',
] as const;

export interface NetworkingProps {
  readonly environment: Environment;
  readonly operationsKeyArn: string;
}

/** Private subnets for Spark and Airflow, public ones for NAT alone, AWS services reached without the internet. */
export class Networking extends Construct {
  readonly vpc: Vpc;
  readonly privateSubnets: readonly Subnet[];
  /** Of the EMR Serverless workers. */
  readonly jobs: SecurityGroup;
  /** Of Airflow's workers, schedulers and its database. */
  readonly airflow: SecurityGroup;
  /** What must be there before anything in the private subnets works. */
  readonly ways: readonly TerraformResource[];
  private readonly environment: Environment;

  constructor(scope: Construct, id: string, { environment, operationsKeyArn }: NetworkingProps) {
    super(scope, id);
    this.environment = environment;
    const { prefix, network, region } = environment;

    this.vpc = new Vpc(this, 'vpc', {
      cidrBlock: network.cidr,
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags: { Name: prefix },
    });
    // The group that a VPC is born with lets nothing through.
    new DefaultSecurityGroup(this, 'default', { vpcId: this.vpc.id });

    const zones = new DataAwsAvailabilityZones(this, 'zones', {
      state: 'available',
      filter: [{ name: 'opt-in-status', values: ['opt-in-not-required'] }],
    });
    const indexes = Array.from({ length: network.zones }, (_, index) => index);
    const publicSubnets = indexes.map((index) => this.subnet('public', index, zones));
    this.privateSubnets = indexes.map((index) => this.subnet('private', index, zones));

    const internet = new InternetGateway(this, 'internet', { vpcId: this.vpc.id, tags: { Name: prefix } });
    const publicTable = this.routeTable('public', publicSubnets);
    new Route(this, 'public_internet', {
      routeTableId: publicTable.id,
      destinationCidrBlock: '0.0.0.0/0',
      gatewayId: internet.id,
    });
    const nats = publicSubnets
      .slice(0, { none: 0, single: 1, 'per-zone': network.zones }[network.nat])
      .map((subnet, index) => this.nat(index, subnet, internet));
    const privateTables = this.privateSubnets.map((subnet, index) =>
      this.routeTable(`private_${index}`, [subnet]),
    );
    const routes = privateTables.flatMap((table, index) => {
      const nat = nats[index] ?? nats[0];
      return nat
        ? [
            new Route(this, `private_${index}_internet`, {
              routeTableId: table.id,
              destinationCidrBlock: '0.0.0.0/0',
              natGatewayId: nat.id,
            }),
          ]
        : [];
    });

    this.jobs = this.securityGroup('jobs', 'Workers of EMR Serverless');
    this.airflow = this.securityGroup('airflow', 'Workers, schedulers and database of Airflow');
    const endpoints = this.securityGroup('endpoints', 'Interface endpoints of AWS services');
    const rules = [...this.workerRules('jobs', this.jobs), ...this.workerRules('airflow', this.airflow)];
    for (const [name, group] of Object.entries({ jobs: this.jobs, airflow: this.airflow })) {
      new VpcSecurityGroupIngressRule(this, `endpoints_from_${name}`, {
        securityGroupId: endpoints.id,
        referencedSecurityGroupId: group.id,
        ipProtocol: 'tcp',
        fromPort: 443,
        toPort: 443,
      });
    }

    const s3 = new VpcEndpoint(this, 'endpoint_s3', {
      vpcId: this.vpc.id,
      serviceName: `com.amazonaws.${region}.s3`,
      vpcEndpointType: 'Gateway',
      routeTableIds: privateTables.map((table) => table.id),
      tags: { Name: `${prefix}-s3` },
    });
    const services = endpointServices.map(
      (service) =>
        new VpcEndpoint(this, `endpoint_${service}`, {
          vpcId: this.vpc.id,
          serviceName: `com.amazonaws.${region}.${service}`,
          vpcEndpointType: 'Interface',
          privateDnsEnabled: true,
          subnetIds: this.privateSubnets.map((subnet) => subnet.id),
          securityGroupIds: [endpoints.id],
          tags: { Name: `${prefix}-${service}` },
        }),
    );
    this.ways = [...routes, ...rules, s3, ...services];

    this.flowLog(operationsKeyArn);
  }

  /** A quarter of the range a zone for workers, which need many addresses; of the last quarter a quarter for NAT. */
  private subnet(kind: 'public' | 'private', index: number, zones: DataAwsAvailabilityZones): Subnet {
    const { cidr } = this.environment.network;
    return new Subnet(this, `${kind}_${index}`, {
      vpcId: this.vpc.id,
      cidrBlock: kind === 'private' ? Fn.cidrsubnet(cidr, 2, index) : Fn.cidrsubnet(cidr, 4, 12 + index),
      availabilityZone: Fn.element(zones.names, index) as string,
      mapPublicIpOnLaunch: false,
      tags: { Name: `${this.environment.prefix}-${kind}-${index}` },
    });
  }

  private routeTable(id: string, subnets: readonly Subnet[]): RouteTable {
    const table = new RouteTable(this, `${id}_routes`, {
      vpcId: this.vpc.id,
      tags: { Name: `${this.environment.prefix}-${id.replace('_', '-')}` },
    });
    subnets.forEach((subnet, index) => {
      new RouteTableAssociation(this, `${id}_routes_${index}`, {
        routeTableId: table.id,
        subnetId: subnet.id,
      });
    });
    return table;
  }

  private nat(index: number, subnet: Subnet, internet: InternetGateway): NatGateway {
    const tags = { Name: `${this.environment.prefix}-nat-${index}` };
    const address = new Eip(this, `nat_${index}_address`, { domain: 'vpc', tags, dependsOn: [internet] });
    return new NatGateway(this, `nat_${index}`, {
      allocationId: address.allocationId,
      subnetId: subnet.id,
      tags,
      dependsOn: [internet],
    });
  }

  private securityGroup(id: string, description: string): SecurityGroup {
    return new SecurityGroup(this, `${id}_group`, {
      name: `${this.environment.prefix}-${id}`,
      description,
      vpcId: this.vpc.id,
      tags: { Name: `${this.environment.prefix}-${id}` },
    });
  }

  /** Workers talk to each other, and to the outside by HTTPS; routes decide how far that is. */
  private workerRules(id: string, group: SecurityGroup): TerraformResource[] {
    const eachOther = {
      securityGroupId: group.id,
      referencedSecurityGroupId: group.id,
      ipProtocol: '-1',
    };
    return [
      new VpcSecurityGroupIngressRule(this, `${id}_from_each_other`, eachOther),
      new VpcSecurityGroupEgressRule(this, `${id}_to_each_other`, eachOther),
      new VpcSecurityGroupEgressRule(this, `${id}_to_https`, {
        securityGroupId: group.id,
        cidrIpv4: '0.0.0.0/0',
        ipProtocol: 'tcp',
        fromPort: 443,
        toPort: 443,
        description: 'HTTPS',
      }),
    ];
  }

  /** What a security group turned away: the first thing to look at when a job cannot reach its source. */
  private flowLog(operationsKeyArn: string): void {
    const { prefix, account, region } = this.environment;
    const name = `/${prefix}/network`;
    const group = logGroup(this, 'flow_logs', { environment: this.environment, name, operationsKeyArn });
    const { role } = new ServiceRole(this, 'flow_delivery', {
      environment: this.environment,
      name: `${prefix}-flow-logs`,
      description: 'Delivers the flow logs of the VPC',
      services: ['vpc-flow-logs.amazonaws.com'],
      sourceArns: [`arn:aws:ec2:${region}:${account}:vpc-flow-log/*`],
      statements: [
        {
          Sid: 'Deliver',
          Effect: 'Allow',
          Action: ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams'],
          Resource: `${logGroupArn(this.environment, name)}:*`,
        },
        {
          Sid: 'Find',
          Effect: 'Allow',
          Action: ['logs:DescribeLogGroups'],
          Resource: logGroupArn(this.environment, '*'),
        },
      ],
    });
    new FlowLog(this, 'flow', {
      vpcId: this.vpc.id,
      trafficType: 'REJECT',
      logDestination: group.arn,
      iamRoleArn: role.arn,
      tags: { Name: prefix },
    });
  }
}
