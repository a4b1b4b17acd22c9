import { type Construct, DefaultNetworkAcl, NetworkAcl, type Vpc } from './constructs.cjs';
import type { Environment } from '../src/model/environment.js';
import { isPrivateRange } from '../src/model/ipv4-range.js';
import type { Subnets } from './subnets.js';

const anywhere = '0.0.0.0/0';

interface Rule {
  readonly cidr: string;
  /** All protocols and ports where there are none. */
  readonly ports?: readonly [from: number, to: number];
}

/** Ports that Linux opens connections from: answers come back to them. */
const linuxPorts = [32_768, 65_535] as const;
/** Ports that a NAT gateway opens connections from. Source: AWS, "NAT gateway basics". */
const natPorts = [1024, 65_535] as const;

/**
 * The second fence, a subnet at a time, for the day that a security group is wrong: in come answers alone, out go
 * HTTPS (to S3, whose addresses are public ones and which a list of addresses cannot name) and the declared sources.
 */
export function networkAcls(scope: Construct, vpc: Vpc, subnets: Subnets, environment: Environment): void {
  const { cidr, sources } = environment.network;
  const inside: Rule = { cidr };
  // The list that a subnet without one of its own gets lets nothing through.
  new DefaultNetworkAcl(scope, 'default_acl', { defaultNetworkAclId: vpc.defaultNetworkAclId });

  networkAcl(scope, 'private', vpc, subnets.privateSubnets, environment, {
    ingress: [inside, { cidr: anywhere, ports: linuxPorts }],
    egress: [
      inside,
      { cidr: anywhere, ports: [443, 443] },
      ...sources.filter(notHttpsAnywhere).map(({ cidr, port }): Rule => ({ cidr, ports: [port, port] })),
    ],
  });
  if (subnets.publicSubnets.length === 0) return;
  const beyondNat = sources.filter((source) => !isPrivateRange(source.cidr));
  networkAcl(scope, 'public', vpc, subnets.publicSubnets, environment, {
    ingress: [inside, ...beyondNat.map(({ cidr }): Rule => ({ cidr, ports: natPorts }))],
    egress: [inside, ...beyondNat.map(({ cidr, port }): Rule => ({ cidr, ports: [port, port] }))],
  });
}

function notHttpsAnywhere({ cidr, port }: { readonly cidr: string; readonly port: number }): boolean {
  return !(cidr === anywhere && port === 443);
}

function networkAcl(
  scope: Construct,
  id: string,
  vpc: Vpc,
  within: Subnets['privateSubnets'],
  { prefix }: Environment,
  { ingress, egress }: Readonly<Record<'ingress' | 'egress', readonly Rule[]>>,
): void {
  new NetworkAcl(scope, `${id}_acl`, {
    vpcId: vpc.id,
    subnetIds: within.map((subnet) => subnet.id),
    ingress: distinct(ingress).map(entry),
    egress: distinct(egress).map(entry),
    tags: { Name: `${prefix}-${id}` },
  });
}

/** Two sources in one range give one rule. */
function distinct(rules: readonly Rule[]): Rule[] {
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}

function entry({ cidr, ports }: Rule, index: number) {
  return {
    ruleNo: 100 + 10 * index,
    action: 'allow',
    cidrBlock: cidr,
    protocol: ports ? 'tcp' : '-1',
    fromPort: ports?.[0] ?? 0,
    toPort: ports?.[1] ?? 0,
  };
}
