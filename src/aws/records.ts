import { DataplatError } from '../model/errors.js';
import type { AwsClients } from './clients.js';
import { isAws } from './failures.js';
import { copySource } from './objects.js';

/** A small text that several may want to write, as it was read. */
export interface FoundRecord {
  readonly text: string;
  /** Which writing of it this is. */
  readonly version: string;
}

/**
 * Small texts by name, written only where nobody else has written since: what a lock is made of. Whoever loses the race
 * gets `undefined` or false, never an error.
 */
export interface Records {
  read(name: string): Promise<FoundRecord | undefined>;
  /** Writes it where there is none. @returns its version */
  create(name: string, text: string): Promise<string | undefined>;
  /** Writes it where it still has this version. @returns its new version */
  replace(name: string, text: string, version: string): Promise<string | undefined>;
  /** Removes it where it still has this version. @returns whether it did */
  remove(name: string, version: string): Promise<boolean>;
  /** Gives it another name, byte for byte, where it still has this version. @returns whether it did */
  move(name: string, to: string, version: string): Promise<boolean>;
  /** The names that begin so, in their order. */
  list(prefix: string): Promise<string[]>;
}

const lost = ['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey', 'NotFound'];

/**
 * Records in a bucket of an account, by S3's conditional writes.
 * @param missing what to say where there is no bucket. Default: DP5008, for the state bucket
 */
export function s3Records(
  clients: AwsClients,
  bucket: string,
  account: string,
  missing: (cause: unknown) => DataplatError = (cause) =>
    new DataplatError('DP5008', `there is no state bucket ${bucket}`, { left: 'nothing was changed', cause }),
): Records {
  const owned = { Bucket: bucket, ExpectedBucketOwner: account };
  const unlessLost = async <Made>(call: Promise<Made>): Promise<Made | undefined> => {
    try {
      return await call;
    } catch (error) {
      if (isAws(error, ...lost)) return undefined;
      if (isAws(error, 'NoSuchBucket')) throw missing(error);
      throw error;
    }
  };
  const written = { ContentType: 'application/json' };
  return {
    read: async (name) => {
      const s3 = await clients.s3();
      const found = await unlessLost(s3.getObject({ ...owned, Key: name }));
      if (!found) return undefined;
      return { text: (await found.Body?.transformToString()) ?? '', version: found.ETag ?? '' };
    },
    create: async (name, text) => {
      const s3 = await clients.s3();
      const made = await unlessLost(
        s3.putObject({ ...owned, ...written, Key: name, Body: text, IfNoneMatch: '*' }),
      );
      return made?.ETag;
    },
    replace: async (name, text, version) => {
      const s3 = await clients.s3();
      const made = await unlessLost(
        s3.putObject({ ...owned, ...written, Key: name, Body: text, IfMatch: version }),
      );
      return made?.ETag;
    },
    remove: async (name, version) => {
      const s3 = await clients.s3();
      return (await unlessLost(s3.deleteObject({ ...owned, Key: name, IfMatch: version }))) !== undefined;
    },
    move: async (name, to, version) => {
      const s3 = await clients.s3();
      const copied = await unlessLost(
        s3.copyObject({
          ...owned,
          ExpectedSourceBucketOwner: account,
          Key: to,
          CopySource: copySource({ bucket, key: name }),
          CopySourceIfMatch: version,
        }),
      );
      if (!copied) return false;
      return (await unlessLost(s3.deleteObject({ ...owned, Key: name, IfMatch: version }))) !== undefined;
    },
    list: async (prefix) => {
      const s3 = await clients.s3();
      const names: string[] = [];
      let token: string | undefined;
      do {
        const page = await unlessLost(
          s3.listObjectsV2({
            ...owned,
            Prefix: prefix,
            ...(token !== undefined && { ContinuationToken: token }),
          }),
        );
        names.push(...(page?.Contents ?? []).map(({ Key }) => Key ?? ''));
        token = page?.NextContinuationToken;
      } while (token !== undefined);
      return names;
    },
  };
}
