import type { Environment } from '../../model/environment.js';
import { names } from '../../model/names.js';

/** Where the states of an account's environments are kept, and how it has to be. */
export interface StatePlace {
  readonly bucket: string;
  readonly region: string;
  readonly account: string;
  readonly alias: string;
  readonly tags: Readonly<Record<string, string>>;
}

export function statePlace(environment: Environment): StatePlace | undefined {
  const { state, account, region, tags } = environment;
  if (state.backend !== 's3') return undefined;
  return {
    bucket: state.bucket,
    region: state.region ?? region,
    account,
    alias: names.stateKeyAlias(state.bucket),
    tags: { ...tags, purpose: 'terraform-state', 'managed-by': 'dataplat' },
  };
}

/** Over TLS alone, and by this account alone, whatever IAM policies of another say. */
export function bucketPolicy({ bucket, account }: StatePlace): object {
  const Resource = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`];
  const deny = (Sid: string, Condition: object): object => ({
    Sid,
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource,
    Condition,
  });
  return {
    Version: '2012-10-17',
    Statement: [
      deny('TlsOnly', { Bool: { 'aws:SecureTransport': 'false' } }),
      deny('ThisAccountOnly', {
        StringNotEquals: { 'aws:PrincipalAccount': account },
        BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' },
      }),
    ],
  };
}

/** The account decides by IAM who uses the key; nobody of another account can. */
export function keyPolicy({ account }: StatePlace): object {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'Account',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${account}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  };
}

/**
 * Old versions are what a broken state is mended from: the last hundred of each stay, however old. Locks are written
 * every few seconds while somebody works, and their versions are of no use to anybody.
 */
export const lifecycleRules = [
  {
    ID: 'old-states',
    Status: 'Enabled' as const,
    Filter: { Prefix: '' },
    NoncurrentVersionExpiration: { NoncurrentDays: 180, NewerNoncurrentVersions: 100 },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
  },
  {
    ID: 'locks',
    Status: 'Enabled' as const,
    Filter: { Prefix: 'locks/' },
    NoncurrentVersionExpiration: { NoncurrentDays: 1 },
    Expiration: { ExpiredObjectDeleteMarker: true },
  },
];
