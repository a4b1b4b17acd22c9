import type { KMS } from '@aws-sdk/client-kms';
import { isAws } from '../../aws/failures.js';
import { DataplatError } from '../../model/errors.js';
import type { Part } from './parts.js';
import { sameDocument } from './same-document.js';
import { keyPolicy, type BucketPlace } from './places.js';

const absent = 'NotFoundException';

/** The key behind the alias; undefined where there is none. @throws DataplatError DP5009 where it cannot be used */
export async function findKey(kms: KMS, { alias }: BucketPlace): Promise<string | undefined> {
  try {
    const { KeyMetadata } = await kms.describeKey({ KeyId: alias });
    if (KeyMetadata?.KeyState === 'PendingDeletion') {
      throw new DataplatError('DP5009', `the key ${alias} is to be deleted`, {
        left: 'nothing was changed',
        next: [`aws kms cancel-key-deletion --key-id ${KeyMetadata.KeyId ?? alias}`],
      });
    }
    return KeyMetadata?.Arn;
  } catch (error) {
    if (isAws(error, absent)) return undefined;
    throw error;
  }
}

/** Makes a key and gives it the alias; of two that do so at once, one takes what the other has made. */
async function makeKey(kms: KMS, place: BucketPlace): Promise<void> {
  const { KeyMetadata } = await kms.createKey({
    Description: `${place.holds} in ${place.bucket}`,
    Policy: JSON.stringify(keyPolicy(place)),
    Tags: Object.entries(place.tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
  });
  const KeyId = KeyMetadata?.KeyId ?? '';
  try {
    await kms.createAlias({ AliasName: place.alias, TargetKeyId: KeyId });
  } catch (error) {
    await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 });
    if (!isAws(error, 'AlreadyExistsException')) throw error;
  }
}

/** The key of a bucket, and how it has to be. */
export function keyParts(kms: KMS, place: BucketPlace): Part[] {
  const key = async (): Promise<string> => (await findKey(kms, place)) ?? '';
  return [
    {
      name: `key ${place.alias}`,
      look: async () => ((await findKey(kms, place)) === undefined ? 'missing' : 'found'),
      make: () => makeKey(kms, place),
    },
    {
      name: 'key: enabled',
      look: async () => {
        const { KeyMetadata } = await kms.describeKey({ KeyId: place.alias });
        return KeyMetadata?.Enabled === false ? 'drifted' : 'found';
      },
      make: async () => void (await kms.enableKey({ KeyId: await key() })),
    },
    {
      name: 'key: yearly rotation',
      look: async () => {
        const { KeyRotationEnabled } = await kms.getKeyRotationStatus({ KeyId: await key() });
        return KeyRotationEnabled ? 'found' : 'missing';
      },
      make: async () => void (await kms.enableKeyRotation({ KeyId: await key() })),
    },
    {
      name: 'key: policy, this account alone',
      look: async () => {
        const { Policy } = await kms.getKeyPolicy({ KeyId: await key(), PolicyName: 'default' });
        return sameDocument(Policy, keyPolicy(place)) ? 'found' : 'drifted';
      },
      make: async () =>
        void (await kms.putKeyPolicy({
          KeyId: await key(),
          PolicyName: 'default',
          Policy: JSON.stringify(keyPolicy(place)),
        })),
    },
  ];
}
