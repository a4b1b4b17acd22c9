import { awsClients } from '../aws/clients.js';
import { DataplatError } from '../model/errors.js';
import type { AccountAccess } from './account-access.js';
import type { Part, PartState } from './bootstrap/parts.js';
import { bucketParts, findStateBucket } from './bootstrap/state-bucket.js';
import { findStateKey, keyParts } from './bootstrap/state-key.js';
import { statePlace } from './bootstrap/state-place.js';
import { step, type Operation } from './events.js';

export interface BootstrapOptions {
  readonly access: AccountAccess;
  /** Asked, with what would be made or mended, before anything is. */
  readonly consent: (parts: readonly BootstrapPart[]) => Promise<boolean>;
  readonly signal?: AbortSignal;
}

export interface BootstrapPart {
  readonly name: string;
  /** As it was before. */
  readonly was: PartState;
}

export interface BootstrapResult {
  readonly environment: string;
  readonly bucket: string;
  readonly keyArn: string;
  readonly parts: readonly BootstrapPart[];
  readonly changed: boolean;
}

/**
 * Makes what Terraform's states are kept in, once an account: a key and a bucket. Says what was there, makes what is
 * missing, mends what is not as it has to be. Repeating it, and two at once, do no harm.
 * @throws DataplatError DP1007 where the state is kept on this machine, DP5004 not agreed, DP5009 another's bucket
 */
export async function* bootstrap({ access, consent, signal }: BootstrapOptions): Operation<BootstrapResult> {
  const { environment } = access.platform;
  const place = statePlace(environment);
  if (!place) {
    throw new DataplatError('DP1007', `environment "${environment.name}" keeps its state on this machine`, {
      left: 'nothing was changed',
      next: [`dataplat deploy --env ${environment.name}`],
    });
  }
  const clients = awsClients({ ...access.aws.clients.settings, region: place.region });
  const [s3, kms] = [await clients.s3(), await clients.kms()];
  const keyArn = async (): Promise<string> => (await findStateKey(kms, place)) ?? '';
  const [key, ...ofKey] = keyParts(kms, place);
  const [bucket, ...ofBucket] = bucketParts(s3, place, keyArn);
  if (!key || !bucket) throw new Error('a key and a bucket are what this makes');
  // The bucket first: one that is not ours must leave no key behind.
  const found = yield* step('look', `Look at ${place.bucket}`, async () => {
    const bucketIs: PartState = (await findStateBucket(s3, place)) ? 'found' : 'missing';
    const keyIs = await key.look();
    return [
      { part: key, was: keyIs },
      ...(await statesOf(ofKey, keyIs)),
      { part: bucket, was: bucketIs },
      ...(await statesOf(ofBucket, bucketIs)),
    ];
  });
  const parts = found.map(({ part, was }) => ({ name: part.name, was }));
  const wanting = found.filter(({ was }) => was !== 'found');
  if (wanting.length > 0) {
    if (!(await consent(parts))) {
      throw new DataplatError('DP5004', 'nobody agreed to make the state bucket', {
        left: 'nothing was changed',
        next: [`dataplat bootstrap --env ${environment.name} --yes`],
      });
    }
    yield* step('make', `Make ${place.bucket}`, async function* () {
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
  yield {
    type: 'result',
    result: {
      environment: environment.name,
      bucket: place.bucket,
      keyArn: await keyArn(),
      parts,
      changed: wanting.length > 0,
    },
  };
}

/** The states of what belongs to a thing; all is missing where that is. */
async function statesOf(parts: readonly Part[], owner: PartState): Promise<{ part: Part; was: PartState }[]> {
  return Promise.all(
    parts.map(async (part) => ({ part, was: owner === 'missing' ? 'missing' : await part.look() })),
  );
}
