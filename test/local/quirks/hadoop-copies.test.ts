import { expect } from 'chai';
import { StartedEndpoint } from '../started-endpoint.js';

const keyHeader = 'x-amz-server-side-encryption-aws-kms-key-id';

describe('an object that Hadoop looks at', function () {
  const endpoint = new StartedEndpoint();
  before(async () => {
    await endpoint.up();
    await endpoint.call('s3', 'create_bucket', {
      Bucket: 'lake',
      CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' },
    });
    const { KeyMetadata } = await endpoint.call<{ KeyMetadata: { Arn: string } }>('kms', 'create_key');
    await endpoint.call('s3', 'put_bucket_encryption', {
      Bucket: 'lake',
      ServerSideEncryptionConfiguration: {
        Rules: [
          {
            ApplyServerSideEncryptionByDefault: {
              SSEAlgorithm: 'aws:kms',
              KMSMasterKeyID: KeyMetadata.Arn,
            },
          },
        ],
      },
    });
    await endpoint.call('s3', 'put_object', { Bucket: 'lake', Key: 'one', Body: 'seven..' });
  });
  after(() => endpoint.end());

  const look = (client: string) =>
    fetch(`${endpoint.url}/lake/one`, {
      method: 'HEAD',
      headers: {
        'user-agent': client,
        authorization:
          'AWS4-HMAC-SHA256 Credential=123456789012/20260105/eu-central-1/s3/aws4_request, SignedHeaders=host, Signature=0',
      },
    });

  it('says nothing of its encryption, and everything else', async () => {
    const [hadoops, others] = [await look('Hadoop 3.3.4, aws-sdk-java/1.12.262'), await look('aws-cli/2')];
    expect([hadoops.status, others.status]).to.deep.equal([200, 200]);
    expect(others.headers.get(keyHeader)).to.contain(':key/');
    for (const header of ['etag', 'content-length', 'last-modified']) {
      expect(hadoops.headers.get(header), header).to.equal(others.headers.get(header)).and.not.equal(null);
    }
    expect([...hadoops.headers.keys()].filter((name) => name.includes('encryption'))).to.deep.equal([]);
  });

  it('can be copied as it says it is, which is how Hadoop renames, and has the same key then', async () => {
    // What S3A hands a copy of what it was told of the original, as far as it is about encryption.
    const told = (await look('Hadoop 3.3.4, aws-sdk-java/1.12.262')).headers.get(
      'x-amz-server-side-encryption',
    );
    await endpoint.call('s3', 'copy_object', {
      Bucket: 'lake',
      Key: 'two',
      CopySource: 'lake/one',
      ...(told !== null && { ServerSideEncryption: told }),
    });
    const keyOf = async (Key: string): Promise<string | undefined> =>
      (await endpoint.call<{ SSEKMSKeyId?: string }>('s3', 'head_object', { Bucket: 'lake', Key }))
        .SSEKMSKeyId;
    expect(await keyOf('two'))
      .to.be.a('string')
      .and.to.equal(await keyOf('one'));
  });
});
