import { awsClients } from '../aws/clients.js';
import { DataplatError } from '../model/errors.js';
import type { AccountAccess } from './account-access.js';
import { bucketParts, findBucket } from './bootstrap/bucket-parts.js';
import { findKey, keyParts } from './bootstrap/key-parts.js';
import type { Part, PartState } from './bootstrap/parts.js';
import { bucketPlaces, type BucketPlace } from './bootstrap/places.js';
import { step, type Operation, type Steps } from './events.js';

export interface BootstrapOptions {
  readonly access: AccountAccess;
  /** Asked, with what would be made or mended, before anything is. */
  readonly consent: (buckets: readonly BootstrapBucket[]) => Promise<boolean>;
  readonly signal?: AbortSignal;
}

export interface BootstrapPart {
  readonly name: string;
  /** As it was before. */
  readonly was: PartState;
}

/** A bucket that outlives environments, and its key. */
export interface BootstrapBucket {
  /** What is kept there, as a person reads it. */
  readonly holds: string;
  readonly bucket: string;
  readonly parts: readonly BootstrapPart[];
}

export interface BootstrapResult {
  readonly environment: string;
  readonly buckets: readonly (BootstrapBucket & { readonly keyArn: string })[];
  readonly changed: boolean;
}

/** A place as it was found. */
interface FoundPlace {
  readonly place: BucketPlace;
  readonly keyArn: () => Promise<string>;
  readonly found: readonly { readonly part: Part; readonly was: PartState }[];
}

/**
 * Makes what Terraform's states and the snapshots are kept in, once an account: a key and a bucket each. Says what was
 * there, makes what is missing, mends what is not as it has to be. Repeating it, and two at once, do no harm.
 * @throws DataplatError DP1007 where nothing is kept in an account, DP5004 not agreed, DP5009 another's bucket
 */
export async function* bootstrap({ access, consent, signal }: BootstrapOptions): Operation<BootstrapResult> {
  const { environment } = access.platform;
  const places = bucketPlaces(environment);
  if (places.length === 0) {
    throw new DataplatError(
      'DP1007',
      `environment "${environment.name}" keeps its state on this machine, and no snapshots`,
      {
        left: 'nothing was changed',
        next: [`dataplat deploy --env ${environment.name}`],
      },
    );
  }
  const all: FoundPlace[] = [];
  for (const place of places) all.push(yield* look(access, place));
  const buckets = all.map(({ place: { holds, bucket }, found }) => ({
    holds,
    bucket,
    parts: found.map(({ part, was }) => ({ name: part.name, was })),
  }));
  const changed = all.some(({ found }) => found.some(({ was }) => was !== 'found'));
  if (changed && !(await consent(buckets))) {
    throw new DataplatError(
      'DP5004',
      `nobody agreed to make ${places.map(({ bucket }) => bucket).join(', ')}`,
      {
        left: 'nothing was changed',
        next: [`dataplat bootstrap --env ${environment.name} --yes`],
      },
    );
  }
  for (const place of all) yield* make(place, signal);
  const arns = await Promise.all(all.map(({ keyArn }) => keyArn()));
  yield {
    type: 'result',
    result: {
      environment: environment.name,
      buckets: buckets.map((bucket, index) => ({ ...bucket, keyArn: arns[index] ?? '' })),
      changed,
    },
  };
}

async function* look(access: AccountAccess, place: BucketPlace): Steps<FoundPlace> {
  const clients = awsClients({ ...access.aws.clients.settings, region: place.region });
  const [s3, kms] = [await clients.s3(), await clients.kms()];
  const keyArn = async (): Promise<string> => (await findKey(kms, place)) ?? '';
  const [key, ...ofKey] = keyParts(kms, place);
  const [bucket, ...ofBucket] = bucketParts(s3, place, keyArn);
  if (!key || !bucket) throw new Error('a key and a bucket are what this makes');
  // The bucket first: one that is not ours must leave no key behind.
  const found = yield* step(`look-${place.setting}`, `Look at ${place.bucket}`, async () => {
    const bucketIs: PartState = (await findBucket(s3, place)) ? 'found' : 'missing';
    const keyIs = await key.look();
    return [
      { part: key, was: keyIs },
      ...(await statesOf(ofKey, keyIs)),
      { part: bucket, was: bucketIs },
      ...(await statesOf(ofBucket, bucketIs)),
    ];
  });
  return { place, keyArn, found };
}

async function* make({ place, found }: FoundPlace, signal: AbortSignal | undefined): Steps<void> {
  const wanting = found.filter(({ was }) => was !== 'found');
  if (wanting.length === 0) return;
  yield* step(`make-${place.setting}`, `Make ${place.bucket}`, async function* () {
    for (const [done, { part }] of wanting.entries()) {
      if (signal?.aborted) {
        throw new DataplatError('DP1008', 'interrupted', {
          left: 'what was made so far stands; the same command goes on',
        });
      }
      yield { detail: part.name, done, total: wanting.length };
      await part.make();
    }
  });
}

/** The states of what belongs to a thing; all is missing where that is. */
async function statesOf(parts: readonly Part[], owner: PartState): Promise<{ part: Part; was: PartState }[]> {
  return Promise.all(
    parts.map(async (part) => ({ part, was: owner === 'missing' ? 'missing' : await part.look() })),
  );
}
