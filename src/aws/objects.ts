import type { AwsClients } from './clients.js';
import { isAws } from './failures.js';

export interface ObjectPlace {
  readonly bucket: string;
  readonly key: string;
}

export interface FoundObject {
  readonly key: string;
  readonly size: number;
  readonly modified?: Date;
}

/** What operations need of S3. */
export interface Objects {
  /** Size and entity tag, or undefined where there is no object or no bucket. */
  head(place: ObjectPlace): Promise<{ size: number; etag: string } | undefined>;
  /** The whole object, or undefined where there is no object or no bucket. */
  get(place: ObjectPlace): Promise<Buffer | undefined>;
  put(place: ObjectPlace, body: Uint8Array | string, contentType?: string): Promise<void>;
  /** Copies within S3; no bytes pass through here. */
  copy(from: ObjectPlace, to: ObjectPlace): Promise<void>;
  /** The objects below a prefix, in the order of their keys; none where there is no bucket. */
  list(bucket: string, prefix: string, most?: number): Promise<FoundObject[]>;
  /** Removes objects; those that are not there are no error. */
  remove(bucket: string, keys: readonly string[]): Promise<void>;
}

const absent = ['NotFound', 'NoSuchKey', 'NoSuchBucket'];

export function s3Objects(clients: AwsClients): Objects {
  return {
    head: async ({ bucket, key }) => {
      try {
        const found = await (await clients.s3()).headObject({ Bucket: bucket, Key: key });
        return { size: found.ContentLength ?? 0, etag: found.ETag ?? '' };
      } catch (error) {
        if (isAws(error, ...absent)) return undefined;
        throw error;
      }
    },
    get: async ({ bucket, key }) => {
      try {
        const found = await (await clients.s3()).getObject({ Bucket: bucket, Key: key });
        return Buffer.from((await found.Body?.transformToByteArray()) ?? []);
      } catch (error) {
        if (isAws(error, ...absent)) return undefined;
        throw error;
      }
    },
    put: async ({ bucket, key }, body, contentType) => {
      await (
        await clients.s3()
      ).putObject({
        Bucket: bucket,
        Key: key,
        Body: body,
        ...(contentType !== undefined && { ContentType: contentType }),
      });
    },
    copy: async (from, to) => {
      const source = `${from.bucket}/${from.key.split('/').map(encodeURIComponent).join('/')}`;
      await (await clients.s3()).copyObject({ Bucket: to.bucket, Key: to.key, CopySource: source });
    },
    list: async (bucket, prefix, most = Infinity) => {
      const s3 = await clients.s3();
      const found: FoundObject[] = [];
      let token: string | undefined;
      try {
        do {
          const page = await s3.listObjectsV2({
            Bucket: bucket,
            Prefix: prefix,
            MaxKeys: Math.min(1000, most - found.length),
            ...(token !== undefined && { ContinuationToken: token }),
          });
          for (const { Key, Size, LastModified } of page.Contents ?? []) {
            found.push({ key: Key ?? '', size: Size ?? 0, ...(LastModified && { modified: LastModified }) });
          }
          token = page.NextContinuationToken;
        } while (token !== undefined && found.length < most);
      } catch (error) {
        if (!isAws(error, ...absent)) throw error;
      }
      return found;
    },
    remove: async (bucket, keys) => {
      const s3 = await clients.s3();
      for (let begin = 0; begin < keys.length; begin += 1000) {
        const batch = keys.slice(begin, begin + 1000).map((Key) => ({ Key }));
        await s3.deleteObjects({ Bucket: bucket, Delete: { Objects: batch, Quiet: true } });
      }
    },
  };
}

/** Splits `s3://bucket/key`. @throws RangeError for anything else */
export function placeOf(uri: string): ObjectPlace {
  const parts = /^s3a?:\/\/([^/]+)\/(.*)$/.exec(uri);
  if (!parts) throw new RangeError(`not an S3 address: ${uri}`);
  return { bucket: parts[1] ?? '', key: parts[2] ?? '' };
}

export function uriOf({ bucket, key }: ObjectPlace): string {
  return `s3://${bucket}/${key}`;
}
