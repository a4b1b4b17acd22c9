/** One statement of an IAM policy. */
export interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: '*' | { readonly Service?: readonly string[]; readonly AWS?: string };
  readonly Action: readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** A policy document, as the APIs of IAM, KMS, S3 and SNS take it. */
export function policy(statements: readonly Statement[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

/** Lets services of this account take on a role; another account's use of them does not count. */
export function trust(services: readonly string[], account: string): string {
  return policy([
    {
      Sid: 'Trust',
      Effect: 'Allow',
      Principal: { Service: services },
      Action: ['sts:AssumeRole'],
      Condition: { StringEquals: { 'aws:SourceAccount': account } },
    },
  ]);
}
