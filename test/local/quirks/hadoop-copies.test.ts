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

  it('does not say its key, so that a copy can be made over HTTP, and says everything else', async () => {
    const [hadoops, others] = [await look('Hadoop 3.3.4, aws-sdk-java/1.12.262'), await look('aws-cli/2')];
    expect([hadoops.status, others.status]).to.deep.equal([200, 200]);
    expect(others.headers.get(keyHeader)).to.contain(':key/');
    expect(hadoops.headers.get(keyHeader)).to.equal(null);
    for (const header of ['etag', 'content-length', 'x-amz-server-side-encryption']) {
      expect(hadoops.headers.get(header), header).to.equal(others.headers.get(header)).and.not.equal(null);
    }
  });
});
