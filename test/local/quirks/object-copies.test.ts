import { expect } from 'chai';
import { createHash, randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { account, region, StartedEndpoint } from '../started-endpoint.js';

describe('a copy of an object', function () {
  const endpoint = new StartedEndpoint();
  const content = randomBytes(50_000).toString('hex');
  let instance: string;

  const s3 = <Answer>(operation: string, parameters: object): Promise<Answer> =>
    endpoint.call<Answer>('s3', operation, parameters);
  const put = (Bucket: string, Key: string, Body: string) =>
    s3<{ VersionId?: string }>('put_object', { Bucket, Key, Body });
  const copy = (Bucket: string, Key: string, CopySource: string | object, more: object = {}) =>
    s3<{ VersionId?: string; CopyObjectResult: Record<string, string> }>('copy_object', {
      ...{ Bucket, Key, CopySource, ...more },
    });
  const bodyOf = async (Bucket: string, Key: string, VersionId?: string): Promise<string> =>
    (await s3<{ Body: string }>('get_object', { Bucket, Key, ...(VersionId && { VersionId }) })).Body;
  const fileOf = (bucket: string, key: string): number =>
    statSync(join(instance, 'ministack', 's3', account, bucket, key)).ino;
  const hash = (algorithm: string, of: string): string => createHash(algorithm).update(of).digest('base64');

  before(async () => {
    instance = (await endpoint.up()).instanceDirectory;
    for (const Bucket of ['lake', 'kept']) {
      await s3('create_bucket', { Bucket, CreateBucketConfiguration: { LocationConstraint: region } });
    }
    await s3('put_bucket_versioning', { Bucket: 'kept', VersioningConfiguration: { Status: 'Enabled' } });
  });
  after(() => endpoint.end());

  it('has the file of its original, the checksum of its bytes, and all that a copy is asked for', async () => {
    await put('lake', 'original', content);
    const { CopyObjectResult: first } = await copy('kept', 'folder/copy', 'lake/original', {
      ChecksumAlgorithm: 'SHA256',
      MetadataDirective: 'REPLACE',
      Metadata: { of: 'original' },
    });
    expect(first['ChecksumSHA256']).to.equal(hash('sha256', content));
    expect(fileOf('kept', 'folder/copy')).to.equal(fileOf('lake', 'original'));
    // Of a checksum that is known, and of one that only the bytes tell.
    const { CopyObjectResult: second } = await copy('lake', 'second', 'kept/folder/copy', {
      ChecksumAlgorithm: 'SHA256',
    });
    expect(second['ChecksumSHA256']).to.equal(hash('sha256', content));
    const { CopyObjectResult: third } = await copy('lake', 'third', 'kept/folder/copy', {
      ChecksumAlgorithm: 'SHA1',
    });
    expect(third['ChecksumSHA1']).to.equal(hash('sha1', content));
    const head = { Bucket: 'kept', Key: 'folder/copy', ChecksumMode: 'ENABLED' };
    expect(await s3('head_object', head)).to.deep.include({
      ContentLength: content.length,
      ETag: `"${createHash('md5').update(content).digest('hex')}"`,
      ChecksumSHA256: hash('sha256', content),
      Metadata: { of: 'original' },
    });
    expect(await bodyOf('kept', 'folder/copy')).to.equal(content);
    expect(
      await endpoint.refusal('s3', 'copy_object', { Bucket: 'kept', Key: 'none', CopySource: 'lake/none' }),
    ).to.equal('NoSuchKey');
    expect(
      await endpoint.refusal('s3', 'copy_object', {
        ...{ Bucket: 'kept', Key: 'none', CopySource: 'lake/original', CopySourceIfMatch: '"another"' },
      }),
    ).to.equal('PreconditionFailed');
  });

  it('is encrypted as its bucket is at that moment', async () => {
    const encrypted = async (algorithm?: string): Promise<unknown> => {
      if (algorithm !== undefined) {
        const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: algorithm } }];
        await s3('put_bucket_encryption', {
          Bucket: 'kept',
          ServerSideEncryptionConfiguration: { Rules },
        });
      } else await s3('delete_bucket_encryption', { Bucket: 'kept' });
      await copy('kept', 'encrypted', 'lake/original');
      const head = { Bucket: 'kept', Key: 'encrypted' };
      return (await s3<{ ServerSideEncryption?: string }>('head_object', head)).ServerSideEncryption;
    };
    const said = [await encrypted('AES256'), await encrypted('aws:kms'), await encrypted('AES256')];
    expect(said).to.deep.equal(['AES256', 'aws:kms', 'AES256']);
    expect(await encrypted()).to.not.equal('aws:kms');
  });

  it('of an upload in parts has the checksum of the whole', async () => {
    const place = { Bucket: 'lake', Key: 'in-parts' };
    const { UploadId } = await s3<{ UploadId: string }>('create_multipart_upload', {
      ...place,
      ChecksumAlgorithm: 'SHA256',
    });
    const part = { ...place, UploadId, PartNumber: 1 };
    const { ETag, ChecksumSHA256 } = await s3<Record<string, string>>('upload_part', {
      ...part,
      Body: content,
      ChecksumAlgorithm: 'SHA256',
    });
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag, ChecksumSHA256 }] };
    await s3('complete_multipart_upload', { ...place, UploadId, MultipartUpload });
    const { CopyObjectResult } = await copy('lake', 'whole', 'lake/in-parts', {
      ChecksumAlgorithm: 'SHA256',
    });
    expect(CopyObjectResult['ChecksumSHA256']).to.equal(hash('sha256', content));
  });

  it('and its original go ways of their own, also where the emulator starts anew', async () => {
    await put('lake', 'a', 'a1');
    await copy('lake', 'of-a', 'lake/a');
    await put('lake', 'a', 'a2');
    await put('lake', 'b', 'b1');
    await copy('lake', 'of-b', 'lake/b');
    await put('lake', 'of-b', 'b2');
    await put('lake', 'c', 'c1');
    await copy('lake', 'of-c', 'lake/c');
    await s3('delete_object', { Bucket: 'lake', Key: 'c' });
    await put('lake', 'd', 'd1');
    // Twice at the same place, where it is already; and onto itself.
    await copy('lake', 'of-d', 'lake/d');
    await copy('lake', 'of-d', 'lake/d');
    await copy('lake', 'of-d', 'lake/of-d', { MetadataDirective: 'REPLACE', Metadata: { again: 'yes' } });
    await put('lake', 'd', 'd2');

    const { VersionId: one } = await copy('kept', 'e', 'lake/a');
    const { VersionId: two } = await copy('kept', 'e', 'lake/b');
    const { VersionId: three } = await copy('kept', 'e', { Bucket: 'kept', Key: 'e', VersionId: one });
    await put('lake', 'b', 'b3');
    const { VersionId: gone } = await copy('kept', 'f', 'lake/d');
    await s3('delete_object', { Bucket: 'kept', Key: 'f' });
    await s3('put_bucket_versioning', { Bucket: 'lake', VersioningConfiguration: { Status: 'Enabled' } });
    await copy('lake', 'of-a', 'lake/of-d');
    await copy('lake', 'of-b', { Bucket: 'kept', Key: 'e', VersionId: one });

    const all = async () => ({
      lake: await Promise.all(
        ['a', 'of-a', 'b', 'of-b', 'of-c', 'd', 'of-d'].map((key) => bodyOf('lake', key)),
      ),
      unversioned: await Promise.all(['of-a', 'of-b'].map((key) => bodyOf('lake', key, 'null'))),
      versions: await Promise.all([one, two, three].map((version) => bodyOf('kept', 'e', version))),
      newest: await bodyOf('kept', 'e'),
      hidden: await bodyOf('kept', 'f', gone),
      c: await endpoint.refusal('s3', 'get_object', { Bucket: 'lake', Key: 'c' }),
    });
    const expected = {
      lake: ['a2', 'd1', 'b3', 'a2', 'c1', 'd2', 'd1'],
      unversioned: ['a1', 'b2'],
      versions: ['a2', 'b1', 'a2'],
      newest: 'a2',
      hidden: 'd2',
      c: 'NoSuchKey',
    };
    expect(await all()).to.deep.equal(expected);
    await endpoint.down();
    await endpoint.up();
    expect(await all()).to.deep.equal(expected);
    await s3('delete_object', { Bucket: 'kept', Key: 'e', VersionId: three });
    expect(await bodyOf('kept', 'e')).to.equal('b1');
  });
});
