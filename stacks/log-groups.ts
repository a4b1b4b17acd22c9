import { CloudwatchLogGroup, type Construct } from './constructs.cjs';
import type { Environment } from '../src/model/environment.js';

export interface LogGroupProps {
  readonly environment: Environment;
  readonly name: string;
  readonly operationsKeyArn: string;
}

/**
 * A log group with the environment's retention and key. It is made beside what writes into it, and before that: a
 * service that finds none makes one itself, unencrypted and kept for ever.
 */
export function logGroup(
  scope: Construct,
  id: string,
  { environment, name, operationsKeyArn }: LogGroupProps,
): CloudwatchLogGroup {
  return new CloudwatchLogGroup(scope, id, {
    name,
    retentionInDays: environment.logs.retentionDays,
    kmsKeyId: operationsKeyArn,
  });
}

export function logGroupArn({ region, account }: Environment, name: string): string {
  return `arn:aws:logs:${region}:${account}:log-group:${name}`;
}
