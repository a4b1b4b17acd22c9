import {
  Construct,
  DefaultSecurityGroup,
  type NatGateway,
  type SecurityGroup,
  type Subnet,
  type TerraformResource,
  Vpc,
  VpcEndpoint,
} from './constructs.cjs';
import type { Environment } from '../src/model/environment.js';
import { gatewayPolicy, interfacePolicy } from './endpoint-policies.js';
import { flowLog } from './flow-log.js';
import { networkAcls } from './network-acls.js';
import { subnets } from './subnets.js';
import { workerGroups } from './worker-groups.js';

export interface NetworkingProps {
  readonly environment: Environment;
  readonly operationsKeyArn: string;
  /** The AWS services that are called from inside. */
  readonly services: readonly string[];
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
  readonly nats: readonly NatGateway[];

  constructor(scope: Construct, id: string, { environment, operationsKeyArn, services }: NetworkingProps) {
    super(scope, id);
    const { prefix, network, region } = environment;

    this.vpc = new Vpc(this, 'vpc', {
      cidrBlock: network.cidr,
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags: { Name: prefix },
    });
    // The group that a VPC is born with lets nothing through.
    new DefaultSecurityGroup(this, 'default', { vpcId: this.vpc.id });

    const zones = subnets(this, this.vpc, environment);
    this.privateSubnets = zones.privateSubnets;
    this.nats = zones.nats;
    networkAcls(this, this.vpc, zones, environment);

    const groups = workerGroups(this, this.vpc, environment);
    this.jobs = groups.jobs;
    this.airflow = groups.airflow;

    const s3 = new VpcEndpoint(this, 'endpoint_s3', {
      vpcId: this.vpc.id,
      serviceName: `com.amazonaws.${region}.s3`,
      vpcEndpointType: 'Gateway',
      routeTableIds: zones.privateTables.map((table) => table.id),
      policy: gatewayPolicy(environment),
      tags: { Name: `${prefix}-s3` },
    });
    const endpoints = services.map(
      (service) =>
        new VpcEndpoint(this, `endpoint_${service}`, {
          vpcId: this.vpc.id,
          serviceName: `com.amazonaws.${region}.${service}`,
          vpcEndpointType: 'Interface',
          privateDnsEnabled: true,
          subnetIds: this.privateSubnets.map((subnet) => subnet.id),
          securityGroupIds: [groups.endpoints.id],
          policy: interfacePolicy(environment, service),
          tags: { Name: `${prefix}-${service}` },
        }),
    );
    this.ways = [...zones.routes, ...groups.rules, s3, ...groups.openTo(s3), ...endpoints];

    flowLog(this, this.vpc, environment, operationsKeyArn);
  }
}
