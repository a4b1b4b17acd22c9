import type { AwsClients } from './clients.js';
import { isAws } from './failures.js';
import { pages } from './pages.js';

export interface ObjectPlace {
  readonly bucket: string;
  readonly key: string;
}

export interface FoundObject {
  readonly key: string;
  readonly size: number;
  /** Without its quotes. */
  readonly etag: string;
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
  /** The folders at the top of a bucket, each ending with a slash; undefined where there is no bucket. */
  folders(bucket: string): Promise<string[] | undefined>;
  /** Removes objects; those that are not there are no error. */
  remove(bucket: string, keys: readonly string[]): Promise<void>;
}

const absent = ['NotFound', 'NoSuchKey', 'NoSuchBucket'];

/** @param region of the buckets. Default: the environment's */
export function s3Objects(clients: AwsClients, region?: string): Objects {
  return {
    head: async ({ bucket, key }) => {
      try {
        const found = await (await clients.s3(region)).headObject({ Bucket: bucket, Key: key });
        return { size: found.ContentLength ?? 0, etag: found.ETag ?? '' };
      } catch (error) {
        if (isAws(error, ...absent)) return undefined;
        throw error;
      }
    },
    get: async ({ bucket, key }) => {
      try {
        const found = await (await clients.s3(region)).getObject({ Bucket: bucket, Key: key });
        return Buffer.from((await found.Body?.transformToByteArray()) ?? []);
      } catch (error) {
        if (isAws(error, ...absent)) return undefined;
        throw error;
      }
    },
    put: async ({ bucket, key }, body, contentType) => {
      await (
        await clients.s3(region)
      ).putObject({
        Bucket: bucket,
        Key: key,
        Body: body,
        ...(contentType !== undefined && { ContentType: contentType }),
      });
    },
    copy: async (from, to) => {
      await (
        await clients.s3(region)
      ).copyObject({ Bucket: to.bucket, Key: to.key, CopySource: copySource(from) });
    },
    list: async (bucket, prefix, most = Infinity) => {
      const s3 = await clients.s3(region);
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
          for (const { Key = '', Size = 0, ETag, LastModified } of page.Contents ?? []) {
            const etag = unquoted(ETag);
            found.push({ key: Key, size: Size, etag, ...(LastModified && { modified: LastModified }) });
          }
          token = page.NextContinuationToken;
        } while (token !== undefined && found.length < most);
      } catch (error) {
        if (!isAws(error, ...absent)) throw error;
      }
      return found;
    },
    folders: async (bucket) => {
      const s3 = await clients.s3(region);
      const found: string[] = [];
      try {
        for await (const page of pages((ContinuationToken) =>
          s3.listObjectsV2({ Bucket: bucket, Delimiter: '/', ContinuationToken }).then((one) => ({
            ...one,
            NextToken: one.NextContinuationToken,
          })),
        )) {
          found.push(...(page.CommonPrefixes ?? []).flatMap(({ Prefix }) => Prefix ?? []));
        }
      } catch (error) {
        if (isAws(error, ...absent)) return undefined;
        throw error;
      }
      return found;
    },
    remove: async (bucket, keys) => {
      const s3 = await clients.s3(region);
      for (let begin = 0; begin < keys.length; begin += 1000) {
        const batch = keys.slice(begin, begin + 1000).map((Key) => ({ Key }));
        await s3.deleteObjects({ Bucket: bucket, Delete: { Objects: batch, Quiet: true } });
      }
    },
  };
}

/** What is copied, as S3 wants it to be named. */
export function copySource({ bucket, key }: ObjectPlace): string {
  return `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
}

/** An entity tag as it is, without the quotes that it is sent in. */
export function unquoted(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '');
}

/** Whether a bucket holds nothing, in no version. */
export async function holdsNothing(clients: AwsClients, bucket: string, region: string): Promise<boolean> {
  const s3 = await clients.s3(region);
  const page = await s3.listObjectVersions({ Bucket: bucket, MaxKeys: 1 });
  return (page.Versions ?? []).length === 0 && (page.DeleteMarkers ?? []).length === 0;
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
