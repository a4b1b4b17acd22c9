import {
  type Construct,
  SecurityGroup,
  type TerraformResource,
  type Vpc,
  type VpcEndpoint,
  VpcSecurityGroupEgressRule,
  VpcSecurityGroupIngressRule,
} from './constructs.cjs';
import type { Environment } from '../src/model/environment.js';

const workers = ['jobs', 'airflow'] as const;
type Worker = (typeof workers)[number];

const https = { ipProtocol: 'tcp', fromPort: 443, toPort: 443 } as const;

/** The security groups: of the EMR Serverless workers, of Airflow (its database included), of the interface endpoints. */
export interface WorkerGroups extends Readonly<Record<Worker | 'endpoints', SecurityGroup>> {
  /** Lets the workers out to S3 and to what the environment declares. */
  openTo(s3: VpcEndpoint): TerraformResource[];
  /** Who may talk to whom inside. */
  readonly rules: readonly TerraformResource[];
}

/** No rule names the world but for what the environment declares: the ways out are the endpoints, S3 and its sources. */
export function workerGroups(scope: Construct, vpc: Vpc, environment: Environment): WorkerGroups {
  const group = (id: string, description: string): SecurityGroup =>
    new SecurityGroup(scope, `${id}_group`, {
      name: `${environment.prefix}-${id}`,
      description,
      vpcId: vpc.id,
      tags: { Name: `${environment.prefix}-${id}` },
    });
  const groups = {
    jobs: group('jobs', 'Workers of EMR Serverless'),
    airflow: group('airflow', 'Workers, schedulers and database of Airflow'),
    endpoints: group('endpoints', 'Interface endpoints of AWS services'),
  };
  // By its name a rule that no state knows is found again.
  const called = (id: string): { tags: Record<string, string> } => ({
    tags: { Name: `${environment.prefix}-${id.replaceAll('_', '-')}` },
  });
  const rules = workers.flatMap((worker) => {
    const eachOther = {
      securityGroupId: groups[worker].id,
      referencedSecurityGroupId: groups[worker].id,
      ipProtocol: '-1',
      description: 'Each other',
    };
    const toEndpoints = { ...https, description: 'Endpoints of AWS services' };
    return [
      new VpcSecurityGroupIngressRule(scope, `${worker}_from_each_other`, {
        ...eachOther,
        ...called(`${worker}_from_each_other`),
      }),
      new VpcSecurityGroupEgressRule(scope, `${worker}_to_each_other`, {
        ...eachOther,
        ...called(`${worker}_to_each_other`),
      }),
      new VpcSecurityGroupIngressRule(scope, `endpoints_from_${worker}`, {
        ...called(`endpoints_from_${worker}`),
        securityGroupId: groups.endpoints.id,
        referencedSecurityGroupId: groups[worker].id,
        ...toEndpoints,
      }),
      new VpcSecurityGroupEgressRule(scope, `${worker}_to_endpoints`, {
        ...called(`${worker}_to_endpoints`),
        securityGroupId: groups[worker].id,
        referencedSecurityGroupId: groups.endpoints.id,
        ...toEndpoints,
      }),
    ];
  });
  const openTo = (s3: VpcEndpoint): TerraformResource[] => [
    ...workers.map(
      (worker) =>
        new VpcSecurityGroupEgressRule(scope, `${worker}_to_s3`, {
          ...called(`${worker}_to_s3`),
          securityGroupId: groups[worker].id,
          prefixListId: s3.prefixListId,
          ...https,
          description: 'S3, by its gateway endpoint',
        }),
    ),
    ...environment.network.sources.flatMap((source) =>
      source.from.map(
        (worker) =>
          new VpcSecurityGroupEgressRule(scope, `${worker}_to_${source.name}`, {
            ...called(`${worker}_to_${source.name}`),
            securityGroupId: groups[worker].id,
            cidrIpv4: source.cidr,
            ipProtocol: 'tcp',
            fromPort: source.port,
            toPort: source.port,
            description: source.description,
          }),
      ),
    ),
  ];
  return { ...groups, rules, openTo };
}
