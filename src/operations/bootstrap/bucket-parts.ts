import type { S3, ServerSideEncryptionRule } from '@aws-sdk/client-s3';
import { isAws } from '../../aws/failures.js';
import { DataplatError } from '../../model/errors.js';
import type { Part, PartState } from './parts.js';
import { holds, sameDocument } from './same-document.js';
import { bucketPolicy, type BucketPlace } from './places.js';

/**
 * Whether the bucket is there.
 * @throws DataplatError DP5009 where it is another account's, or in another region
 */
export async function findBucket(s3: S3, place: BucketPlace): Promise<boolean> {
  const { bucket, account, region } = place;
  try {
    const found = await s3.headBucket({ Bucket: bucket, ExpectedBucketOwner: account });
    if (found.BucketRegion === undefined || found.BucketRegion === region) return true;
    throw elsewhere(place, found.BucketRegion);
  } catch (error) {
    if (isAws(error, 'NotFound', 'NoSuchBucket')) return false;
    if (isAws(error, 'PermanentRedirect', 'MovedPermanently', '301'))
      throw elsewhere(place, 'another region');
    if (isAws(error, 'Forbidden', 'AccessDenied', '403', 'UnknownError')) throw foreign(place, error);
    throw error;
  }
}

/** A bucket, and how it has to be. `keyArn` is asked for when it is there. */
export function bucketParts(s3: S3, place: BucketPlace, keyArn: () => Promise<string>): Part[] {
  const owned = { Bucket: place.bucket, ExpectedBucketOwner: place.account };
  const encryption = async (): Promise<ServerSideEncryptionRule[]> => [
    {
      ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: await keyArn() },
      BucketKeyEnabled: true,
    },
  ];
  const closed = {
    BlockPublicAcls: true,
    IgnorePublicAcls: true,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: true,
  };
  const ownership = [{ ObjectOwnership: 'BucketOwnerEnforced' as const }];
  return [
    {
      name: `bucket ${place.bucket} (${place.region})`,
      look: async () => ((await findBucket(s3, place)) ? 'found' : 'missing'),
      make: () => makeBucket(s3, place),
    },
    {
      name: 'bucket: no public access',
      look: () =>
        compared(async () =>
          holds((await s3.getPublicAccessBlock(owned)).PublicAccessBlockConfiguration, closed),
        ),
      make: async () =>
        void (await s3.putPublicAccessBlock({ ...owned, PublicAccessBlockConfiguration: closed })),
    },
    {
      name: 'bucket: objects belong to this account',
      look: () =>
        compared(async () =>
          holds((await s3.getBucketOwnershipControls(owned)).OwnershipControls?.Rules, ownership),
        ),
      make: async () =>
        void (await s3.putBucketOwnershipControls({ ...owned, OwnershipControls: { Rules: ownership } })),
    },
    {
      name: 'bucket: every version is kept',
      look: async () => {
        const { Status } = await s3.getBucketVersioning(owned);
        return Status === 'Enabled' ? 'found' : Status === 'Suspended' ? 'drifted' : 'missing';
      },
      make: async () =>
        void (await s3.putBucketVersioning({ ...owned, VersioningConfiguration: { Status: 'Enabled' } })),
    },
    {
      name: 'bucket: encrypted with the key',
      look: () =>
        compared(async () =>
          holds(
            (await s3.getBucketEncryption(owned)).ServerSideEncryptionConfiguration?.Rules,
            await encryption(),
          ),
        ),
      make: async () =>
        void (await s3.putBucketEncryption({
          ...owned,
          ServerSideEncryptionConfiguration: { Rules: await encryption() },
        })),
    },
    {
      name: 'bucket: policy, over TLS and by this account alone',
      look: () =>
        compared(async () => sameDocument((await s3.getBucketPolicy(owned)).Policy, bucketPolicy(place))),
      make: async () =>
        void (await s3.putBucketPolicy({ ...owned, Policy: JSON.stringify(bucketPolicy(place)) })),
    },
    {
      name: `bucket: ${place.lifecycle.says}`,
      look: () =>
        compared(async () =>
          holds(
            sorted((await s3.getBucketLifecycleConfiguration(owned)).Rules),
            sorted(place.lifecycle.rules),
          ),
        ),
      make: async () =>
        void (await s3.putBucketLifecycleConfiguration({
          ...owned,
          LifecycleConfiguration: { Rules: place.lifecycle.rules },
        })),
    },
    {
      name: 'bucket: tags',
      look: () =>
        compared(async () => {
          const { TagSet = [] } = await s3.getBucketTagging(owned);
          const found = Object.fromEntries<unknown>(TagSet.map(({ Key = '', Value }) => [Key, Value]));
          return holds(found, place.tags);
        }),
      make: () => tagBucket(s3, place),
    },
  ];
}

async function makeBucket(s3: S3, place: BucketPlace): Promise<void> {
  const { bucket, region } = place;
  try {
    await s3.createBucket({
      Bucket: bucket,
      ObjectOwnership: 'BucketOwnerEnforced',
      // The oldest region has no name here.
      ...(region !== 'us-east-1' && {
        CreateBucketConfiguration: { LocationConstraint: region as 'eu-central-1' },
      }),
    });
  } catch (error) {
    if (isAws(error, 'BucketAlreadyExists')) throw foreign(place, error);
    // Somebody else of this account was faster.
    if (!isAws(error, 'BucketAlreadyOwnedByYou', 'OperationAborted')) throw error;
  }
}

/** Tags that others have put on the bucket stay. */
async function tagBucket(s3: S3, { bucket, account, tags }: BucketPlace): Promise<void> {
  const owned = { Bucket: bucket, ExpectedBucketOwner: account };
  const found = await s3.getBucketTagging(owned).catch((error: unknown) => {
    if (isAws(error, ...notSet)) return undefined;
    throw error;
  });
  const others = (found?.TagSet ?? []).filter(({ Key }) => !(String(Key) in tags));
  const ours = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  await s3.putBucketTagging({ ...owned, Tagging: { TagSet: [...others, ...ours] } });
}

const notSet = [
  'NoSuchPublicAccessBlockConfiguration',
  'OwnershipControlsNotFoundError',
  'ServerSideEncryptionConfigurationNotFoundError',
  'NoSuchBucketPolicy',
  'NoSuchLifecycleConfiguration',
  'NoSuchTagSet',
];

async function compared(isAsWanted: () => Promise<boolean>): Promise<PartState> {
  try {
    return (await isAsWanted()) ? 'found' : 'drifted';
  } catch (error) {
    if (isAws(error, ...notSet)) return 'missing';
    throw error;
  }
}

function sorted<Rule extends { ID?: string | undefined }>(rules: readonly Rule[] | undefined): Rule[] {
  return [...(rules ?? [])].sort((a, b) => ((a.ID ?? '') < (b.ID ?? '') ? -1 : 1));
}

function foreign({ bucket, account, setting }: BucketPlace, cause: unknown): DataplatError {
  return new DataplatError(
    'DP5009',
    `the bucket ${bucket} exists, and is not account ${account}'s (or these credentials may not look at it)`,
    {
      left: 'nothing was changed',
      next: [`another name: ${setting}.bucket in config/environments/; names of buckets are global`],
      cause,
    },
  );
}

function elsewhere({ bucket, region, setting }: BucketPlace, found: string): DataplatError {
  return new DataplatError('DP5009', `the bucket ${bucket} is in ${found}, not in ${region}`, {
    left: 'nothing was changed',
    next: [`${setting}.region: ${found} in config/environments/, or another name`],
  });
}
