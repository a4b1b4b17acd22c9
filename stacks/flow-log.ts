import { type Construct, FlowLog, type Vpc } from './constructs.cjs';
import type { Environment } from '../src/model/environment.js';
import { logGroup, logGroupArn } from './log-groups.js';
import { ServiceRole } from './roles.js';

/** What a security group turned away is the first thing to look at when a job cannot reach its source. */
export function flowLog(
  scope: Construct,
  vpc: Vpc,
  environment: Environment,
  operationsKeyArn: string,
): FlowLog {
  const { prefix, account, network, region } = environment;
  const name = `/${prefix}/network`;
  const group = logGroup(scope, 'flow_logs', { environment, name, operationsKeyArn });
  const { role } = new ServiceRole(scope, 'flow_delivery', {
    environment,
    name: `${prefix}-flow-logs`,
    description: 'Delivers the flow logs of the VPC',
    services: ['vpc-flow-logs.amazonaws.com'],
    sourceArns: [`arn:aws:ec2:${region}:${account}:vpc-flow-log/*`],
    statements: [
      {
        Sid: 'Deliver',
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams'],
        Resource: `${logGroupArn(environment, name)}:*`,
      },
      {
        Sid: 'Find',
        Effect: 'Allow',
        Action: ['logs:DescribeLogGroups'],
        Resource: logGroupArn(environment, '*'),
      },
    ],
  });
  return new FlowLog(scope, 'flow', {
    vpcId: vpc.id,
    trafficType: network.flowLogs,
    logDestination: group.arn,
    iamRoleArn: role.arn,
    tags: { Name: prefix },
  });
}
