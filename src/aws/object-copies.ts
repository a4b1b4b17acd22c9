import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import pLimit from 'p-limit';
import type { AwsClients } from './clients.js';
import { isAws } from './failures.js';
import { copySource, uriOf, type ObjectPlace } from './objects.js';

/** An object that is copied. */
export interface SeenObject extends ObjectPlace {
  readonly size: number;
  /** What it was when it was listed. Left out: it never changes. */
  readonly etag?: string;
}

/** S3's SHA-256 of an object, in base64: of the whole, or of the hashes of its parts with a hyphen and their number. */
export interface ObjectChecksum {
  readonly sha256: string;
  /** How long each part but the last is. */
  readonly partBytes?: number;
}

/** An object is not what it was when it was listed, or is gone. */
export class ObjectChanged extends Error {}

/** Copies of objects within S3, with the checksum that S3 makes of the copy: no bytes pass through here. */
export interface Copies {
  /** @throws ObjectChanged */
  copy(from: SeenObject, to: ObjectPlace): Promise<ObjectChecksum>;
  /** The checksum that S3 keeps of an object that was copied as a whole; undefined where there is none. */
  checksum(place: ObjectPlace): Promise<ObjectChecksum | undefined>;
  /** The bytes of an object; undefined where it is not there. */
  read(place: ObjectPlace): Promise<Readable | undefined>;
}

export interface CopyOptions {
  /** Larger objects are copied in parts, side by side. S3 copies at most 5 GB at once. Default: 1 GiB. */
  readonly partsAbove?: number;
  /** Default: 256 MiB. */
  readonly partBytes?: number;
}

const changed = ['PreconditionFailed', 'NoSuchKey', 'NotFound', 'NoSuchBucket'];

/** @param region of the bucket that is copied into */
export function s3Copies(
  clients: AwsClients,
  region?: string,
  { partsAbove = 2 ** 30, partBytes = 2 ** 28 }: CopyOptions = {},
): Copies {
  const source = (from: SeenObject) => ({
    CopySource: copySource(from),
    ...(from.etag !== undefined && { CopySourceIfMatch: `"${from.etag}"` }),
  });
  const unlessChanged = async <Made>(from: SeenObject, call: Promise<Made>): Promise<Made> => {
    try {
      return await call;
    } catch (error) {
      if (!isAws(error, ...changed)) throw error;
      throw new ObjectChanged(uriOf(from), { cause: error });
    }
  };
  const whole = async (from: SeenObject, to: ObjectPlace): Promise<ObjectChecksum> => {
    const s3 = await clients.s3(region);
    const target = { Bucket: to.bucket, Key: to.key, ChecksumAlgorithm: 'SHA256' as const };
    const { CopyObjectResult } = await unlessChanged(from, s3.copyObject({ ...target, ...source(from) }));
    return { sha256: CopyObjectResult?.ChecksumSHA256 ?? '' };
  };
  const inParts = async (from: SeenObject, to: ObjectPlace): Promise<ObjectChecksum> => {
    const s3 = await clients.s3(region);
    const target = { Bucket: to.bucket, Key: to.key };
    const { UploadId } = await s3.createMultipartUpload({ ...target, ChecksumAlgorithm: 'SHA256' });
    try {
      const limit = pLimit(8);
      const starts = Array.from(
        { length: Math.ceil(from.size / partBytes) },
        (_, index) => index * partBytes,
      );
      const Parts = await Promise.all(
        starts.map((start, index) =>
          limit(async () => {
            const end = Math.min(start + partBytes, from.size) - 1;
            const PartNumber = index + 1;
            const { CopyPartResult } = await unlessChanged(
              from,
              s3.uploadPartCopy({
                ...target,
                ...source(from),
                UploadId,
                PartNumber,
                CopySourceRange: `bytes=${start}-${end}`,
              }),
            );
            const { ETag, ChecksumSHA256 } = CopyPartResult ?? {};
            return { PartNumber, ETag, ChecksumSHA256 };
          }),
        ),
      );
      await s3.completeMultipartUpload({ ...target, UploadId, MultipartUpload: { Parts } });
      const hashes = Parts.map(({ ChecksumSHA256 }) => Buffer.from(ChecksumSHA256 ?? '', 'base64'));
      return { sha256: ofParts(hashes), partBytes };
    } catch (error) {
      // Parts that belong to nothing cost as much as others. The bucket's own rule takes what this cannot.
      await s3.abortMultipartUpload({ ...target, UploadId }).catch(() => undefined);
      throw error;
    }
  };
  return {
    copy: (from, to) => (from.size > partsAbove ? inParts(from, to) : whole(from, to)),
    checksum: async ({ bucket, key }) => {
      try {
        const s3 = await clients.s3(region);
        const found = await s3.headObject({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' });
        const sha256 = found.ChecksumSHA256 ?? '';
        return sha256 === '' || sha256.includes('-') ? undefined : { sha256 };
      } catch (error) {
        if (isAws(error, ...changed)) return undefined;
        throw error;
      }
    },
    read: async ({ bucket, key }) => {
      try {
        const s3 = await clients.s3(region);
        return (await s3.getObject({ Bucket: bucket, Key: key })).Body as Readable | undefined;
      } catch (error) {
        if (isAws(error, ...changed)) return undefined;
        throw error;
      }
    },
  };
}

/**
 * The checksum that S3 would make of these bytes, made here.
 * @param partBytes where the object was made of parts of that length
 */
export async function checksumOf(
  content: AsyncIterable<Uint8Array>,
  partBytes?: number,
): Promise<{ sha256: string; size: number }> {
  const parts: Buffer[] = [];
  let hash = createHash('sha256');
  let [size, inPart] = [0, 0];
  for await (const chunk of content) {
    let begin = 0;
    while (partBytes !== undefined && inPart + chunk.length - begin > partBytes) {
      const end = begin + partBytes - inPart;
      hash.update(chunk.subarray(begin, end));
      parts.push(hash.digest());
      hash = createHash('sha256');
      [begin, inPart] = [end, 0];
    }
    hash.update(chunk.subarray(begin));
    inPart += chunk.length - begin;
    size += chunk.length;
  }
  const last = hash.digest();
  return { sha256: partBytes === undefined ? last.toString('base64') : ofParts([...parts, last]), size };
}

/** Source: Amazon S3 user guide, "Checking object integrity": composite checksums. */
function ofParts(hashes: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const one of hashes) hash.update(one);
  return `${hash.digest('base64')}-${hashes.length}`;
}
