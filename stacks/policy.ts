import type { Environment } from '../src/model/environment.js';

type Values = string | readonly string[];

/** One statement of an IAM policy. */
export interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: '*' | { readonly Service?: readonly string[]; readonly AWS?: string };
  readonly Action?: readonly string[];
  readonly NotAction?: readonly string[];
  readonly Resource?: Values;
  readonly NotResource?: Values;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, Values>>>>;
}

/** A policy document, as the APIs of IAM, KMS, S3 and SNS take it. */
export function policy(statements: readonly Statement[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

/**
 * A service in our name and for nobody else: not for another account, and not for a thing of this account that is none
 * of ours. In every policy that names a service.
 */
export function onBehalfOf(
  { account }: Pick<Environment, 'account'>,
  sourceArns: readonly string[],
): NonNullable<Statement['Condition']> {
  return {
    StringEquals: { 'aws:SourceAccount': account },
    ArnLike: { 'aws:SourceArn': sourceArns },
  };
}

/** Lets services take on a role for the things that are named. */
export function trust(
  services: readonly string[],
  environment: Pick<Environment, 'account'>,
  sourceArns: readonly string[],
): string {
  return policy([
    {
      Sid: 'Trust',
      Effect: 'Allow',
      Principal: { Service: services },
      Action: ['sts:AssumeRole'],
      Condition: onBehalfOf(environment, sourceArns),
    },
  ]);
}

/** Lets a role of the account, and nobody else, take on another one; it need not be there yet. */
export function trustRole({ account }: Pick<Environment, 'account'>, roleArn: string): string {
  return policy([
    {
      Sid: 'Trust',
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${account}:root` },
      Action: ['sts:AssumeRole'],
      Condition: { ArnEquals: { 'aws:PrincipalArn': roleArn } },
    },
  ]);
}

/** Nobody reaches a resource but over TLS. */
export function tlsOnly(actions: readonly string[], resources: Values): Statement {
  return {
    Sid: 'TlsOnly',
    Effect: 'Deny',
    Principal: '*',
    Action: actions,
    Resource: resources,
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
}
