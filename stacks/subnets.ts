import {
  type Construct,
  Eip,
  Fn,
  InternetGateway,
  NatGateway,
  Route,
  RouteTable,
  RouteTableAssociation,
  Subnet,
  type Vpc,
} from './constructs.cjs';
import type { Environment } from '../src/model/environment.js';
import { natCount } from '../src/model/nat-count.js';

export interface Subnets {
  /** Of Spark and Airflow, one a zone. */
  readonly privateSubnets: readonly Subnet[];
  /** Of NAT gateways alone, one a zone; none where there is no NAT. */
  readonly publicSubnets: readonly Subnet[];
  /** One a zone. */
  readonly privateTables: readonly RouteTable[];
  readonly nats: readonly NatGateway[];
  /** Of the private subnets to the internet. */
  readonly routes: readonly Route[];
}

/**
 * The zones of a VPC. Without NAT there is neither public subnet nor internet gateway: no route leads out, whatever a
 * security group says.
 */
export function subnets(scope: Construct, vpc: Vpc, environment: Environment): Subnets {
  const { network } = environment;
  const made = new ZoneParts(scope, vpc, environment);
  const indexes = [...network.zones.keys()];
  const privateSubnets = indexes.map((index) => made.subnet('private', index));
  const privateTables = privateSubnets.map((subnet, index) => made.routeTable(`private_${index}`, [subnet]));
  if (network.nat === 'none')
    return { privateSubnets, publicSubnets: [], privateTables, nats: [], routes: [] };

  const publicSubnets = indexes.map((index) => made.subnet('public', index));
  const internet = new InternetGateway(scope, 'internet', {
    vpcId: vpc.id,
    tags: { Name: environment.prefix },
  });
  new Route(scope, 'public_internet', {
    routeTableId: made.routeTable('public', publicSubnets).id,
    destinationCidrBlock: '0.0.0.0/0',
    gatewayId: internet.id,
  });
  const nats = publicSubnets
    .slice(0, natCount(network))
    .map((subnet, index) => made.nat(index, subnet, internet));
  const routes = privateTables.flatMap((table, index) => {
    const nat = nats[index] ?? nats[0];
    if (!nat) return [];
    return new Route(scope, `private_${index}_internet`, {
      routeTableId: table.id,
      destinationCidrBlock: '0.0.0.0/0',
      natGatewayId: nat.id,
    });
  });
  return { privateSubnets, publicSubnets, privateTables, nats, routes };
}

class ZoneParts {
  constructor(
    private readonly scope: Construct,
    private readonly vpc: Vpc,
    private readonly environment: Environment,
  ) {}

  /** A quarter of the range a zone for workers, which need many addresses; of the last quarter a quarter for NAT. */
  subnet(kind: 'public' | 'private', index: number): Subnet {
    const { region, network } = this.environment;
    const { cidr, zones } = network;
    return new Subnet(this.scope, `${kind}_${index}`, {
      vpcId: this.vpc.id,
      cidrBlock: kind === 'private' ? Fn.cidrsubnet(cidr, 2, index) : Fn.cidrsubnet(cidr, 4, 12 + index),
      availabilityZone: `${region}${zones[index] ?? ''}`,
      mapPublicIpOnLaunch: false,
      tags: { Name: `${this.environment.prefix}-${kind}-${index}` },
    });
  }

  routeTable(id: string, subnets: readonly Subnet[]): RouteTable {
    const table = new RouteTable(this.scope, `${id}_routes`, {
      vpcId: this.vpc.id,
      tags: { Name: `${this.environment.prefix}-${id.replace('_', '-')}` },
    });
    subnets.forEach((subnet, index) => {
      new RouteTableAssociation(this.scope, `${id}_routes_${index}`, {
        routeTableId: table.id,
        subnetId: subnet.id,
      });
    });
    return table;
  }

  nat(index: number, subnet: Subnet, internet: InternetGateway): NatGateway {
    const tags = { Name: `${this.environment.prefix}-nat-${index}` };
    const address = new Eip(this.scope, `nat_${index}_address`, {
      domain: 'vpc',
      tags,
      dependsOn: [internet],
    });
    return new NatGateway(this.scope, `nat_${index}`, {
      allocationId: address.allocationId,
      subnetId: subnet.id,
      tags,
      dependsOn: [internet],
    });
  }
}
