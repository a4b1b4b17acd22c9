import { createWriteStream } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { OnFirstUse } from '../on-first-use.js';

/** A place in S3. */
export interface S3Place {
  readonly bucket: string;
  readonly key: string;
}

/** Reads `s3://bucket/key`, and Hadoop's spellings of it; undefined for anything else. */
export function s3Place(uri: string): S3Place | undefined {
  const match = /^s3[an]?:\/\/([^/]+)\/(.*)$/s.exec(uri);
  return match === null ? undefined : { bucket: match[1] ?? '', key: match[2] ?? '' };
}

/** The endpoint's own S3, as the service's code uses it. */
export class ObjectStore {
  // Loading AWS's library takes a quarter of the endpoint's start, and most that it is started for needs none of it.
  readonly #s3;

  constructor(place: { readonly endpoint: string; readonly account: string; readonly region: string }) {
    this.#s3 = new OnFirstUse(async () => {
      const library = await import('@aws-sdk/client-s3');
      const client = new library.S3Client({
        endpoint: place.endpoint,
        region: place.region,
        credentials: { accessKeyId: place.account, secretAccessKey: 'local' },
        forcePathStyle: true,
        maxAttempts: 3,
      });
      return { ...library, client };
    });
  }

  /** The object's entity tag. Throws where there is no such object. */
  async tag(place: S3Place): Promise<string> {
    const { client, HeadObjectCommand } = await this.#s3.get();
    const head = await client
      .send(new HeadObjectCommand({ Bucket: place.bucket, Key: place.key }))
      .catch((error: unknown) => {
        throw storageError(place, error);
      });
    return (head.ETag ?? '').replace(/[^0-9a-zA-Z-]/g, '');
  }

  /** The keys below a prefix, with the entity tag of each. Throws where there is no such bucket. */
  async list({ bucket, key: prefix }: S3Place): Promise<Map<string, string>> {
    const { client, ListObjectsV2Command } = await this.#s3.get();
    const found = new Map<string, string>();
    let token: string | undefined;
    do {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
      );
      for (const { Key, ETag } of page.Contents ?? []) found.set(Key ?? '', ETag ?? '');
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return found;
  }

  /** Fetches an object into a file, whole or not at all. */
  async download(place: S3Place, file: string): Promise<void> {
    const { client, GetObjectCommand } = await this.#s3.get();
    await mkdir(path.dirname(file), { recursive: true });
    try {
      const object = await client.send(new GetObjectCommand({ Bucket: place.bucket, Key: place.key }));
      await pipeline(object.Body as Readable, createWriteStream(`${file}.part`));
    } catch (error) {
      throw storageError(place, error);
    }
    await rename(`${file}.part`, file);
  }

  async upload(place: S3Place, content: Buffer, headers: { type: string; encoding?: string }): Promise<void> {
    const { client, PutObjectCommand } = await this.#s3.get();
    await client.send(
      new PutObjectCommand({
        Bucket: place.bucket,
        Key: place.key,
        Body: content,
        ContentType: headers.type,
        ...(headers.encoding === undefined ? {} : { ContentEncoding: headers.encoding }),
      }),
    );
  }

  close(): void {
    void this.#s3.ifStarted(({ client }) => client.destroy());
  }
}

function storageError(place: S3Place, error: unknown): Error {
  const name = error instanceof Error ? error.name : 'Error';
  const missing = name === 'NotFound' || name === 'NoSuchKey';
  return new Error(
    missing
      ? `AmazonS3Exception: The specified key does not exist: s3://${place.bucket}/${place.key}`
      : `AmazonS3Exception: s3://${place.bucket}/${place.key}: ${error instanceof Error ? error.message : name}`,
    { cause: error },
  );
}
