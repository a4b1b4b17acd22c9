import type { LifecycleRule } from '@aws-sdk/client-s3';
import type { Environment } from '../../model/environment.js';
import { names } from '../../model/names.js';

/** A bucket that outlives environments, with its key, and how it has to be. */
export interface BucketPlace {
  /** What is kept there, as a person reads it. */
  readonly holds: string;
  /** The key of the environment file that names it. */
  readonly setting: 'state' | 'snapshots';
  readonly bucket: string;
  readonly region: string;
  readonly account: string;
  readonly alias: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly lifecycle: {
    /** As a person reads it. */
    readonly says: string;
    readonly rules: LifecycleRule[];
  };
}

/** Where the states of an environment are kept, and its snapshots; neither where they are kept nowhere. */
export function bucketPlaces(environment: Environment): BucketPlace[] {
  const { state, snapshots, account, region, tags } = environment;
  const place = (of: { bucket: string; region?: string | undefined }, purpose: string) => ({
    bucket: of.bucket,
    region: of.region ?? region,
    account,
    alias: names.bucketKeyAlias(of.bucket),
    tags: { ...tags, purpose, 'managed-by': 'dataplat' },
  });
  return [
    ...(state.backend === 's3'
      ? [
          {
            ...place(state, 'terraform-state'),
            holds: 'Terraform states',
            setting: 'state' as const,
            lifecycle: {
              says: 'old versions go after half a year, but for the last hundred',
              rules: stateRules,
            },
          },
        ]
      : []),
    ...(snapshots
      ? [
          {
            ...place(snapshots, 'snapshots'),
            holds: 'snapshots',
            setting: 'snapshots' as const,
            lifecycle: { says: 'what was removed goes for good after a month', rules: snapshotRules },
          },
        ]
      : []),
  ];
}

/** Over TLS alone, and by this account alone, whatever IAM policies of another say. */
export function bucketPolicy({ bucket, account }: BucketPlace): object {
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
export function keyPolicy({ account }: BucketPlace): object {
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
const stateRules: LifecycleRule[] = [
  {
    ID: 'old-states',
    Status: 'Enabled',
    Filter: { Prefix: '' },
    NoncurrentVersionExpiration: { NoncurrentDays: 180, NewerNoncurrentVersions: 100 },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
  },
  {
    ID: 'locks',
    Status: 'Enabled',
    Filter: { Prefix: 'locks/' },
    NoncurrentVersionExpiration: { NoncurrentDays: 1 },
    Expiration: { ExpiredObjectDeleteMarker: true },
  },
];

/** Nothing in a snapshot is ever written over: what is no longer current was removed, by whom it may be asked for a month. */
const snapshotRules: LifecycleRule[] = [
  {
    ID: 'removed',
    Status: 'Enabled',
    Filter: { Prefix: '' },
    NoncurrentVersionExpiration: { NoncurrentDays: 30 },
    Expiration: { ExpiredObjectDeleteMarker: true },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
  },
];
