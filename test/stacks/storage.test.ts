import { expect } from 'chai';
import { environmentNames } from './environments.js';
import { declared, resources, statementsOf, type Attributes } from './synthesized.js';

const kinds = ['landing', 'bronze', 'silver', 'gold', 'artifacts', 'logs'];

/** What a resource type says of each bucket, by the bucket it is about. */
function byBucket(found: readonly [string, Attributes][]): Map<string, Attributes> {
  return new Map(
    found.map(([, attributes]) => {
      const [, kind = ''] =
        /^\$\{aws_s3_bucket\.bucket_(\w+)\.bucket\}$/.exec(String(attributes['bucket'])) ?? [];
      return [kind, attributes];
    }),
  );
}

describe('the buckets', () => {
  for (const name of environmentNames) {
    const { platform, stacks } = declared(name);
    const prefix = platform.environment.lake.bucketPrefix;
    const of = (type: string) => byBucket(resources(stacks.data, type));

    it(`of ${name} are the six of the lake`, () => {
      expect(resources(stacks.data, 'aws_s3_bucket').map(([, bucket]) => bucket['bucket'])).to.have.members(
        kinds.map((kind) => `${prefix}-${kind}`),
      );
      expect(stacks.platform.resource['aws_s3_bucket']).to.equal(undefined);
      expect(stacks.observability.resource['aws_s3_bucket']).to.equal(undefined);
    });

    it(`of ${name} are closed to the public, without object owners of their own, and versioned`, () => {
      for (const kind of kinds) {
        expect(of('aws_s3_bucket_public_access_block').get(kind), kind).to.include({
          block_public_acls: true,
          block_public_policy: true,
          ignore_public_acls: true,
          restrict_public_buckets: true,
        });
        expect(of('aws_s3_bucket_ownership_controls').get(kind)?.['rule'], kind).to.deep.equal({
          object_ownership: 'BucketOwnerEnforced',
        });
        expect(of('aws_s3_bucket_versioning').get(kind)?.['versioning_configuration'], kind).to.deep.equal({
          status: 'Enabled',
        });
      }
    });

    it(`of ${name} are encrypted with their layer's key, logs with S3's own as its access logs want`, () => {
      const keys = {
        landing: 'landing',
        bronze: 'bronze',
        silver: 'silver',
        gold: 'gold',
        artifacts: 'operations',
      };
      const encryption = of('aws_s3_bucket_server_side_encryption_configuration');
      for (const [kind, key] of Object.entries(keys)) {
        expect(encryption.get(kind)?.['rule'], kind).to.deep.equal([
          {
            apply_server_side_encryption_by_default: {
              kms_master_key_id: `\${aws_kms_key.key_${key}.arn}`,
              sse_algorithm: 'aws:kms',
            },
            bucket_key_enabled: true,
          },
        ]);
      }
      expect(encryption.get('logs')?.['rule']).to.deep.equal([
        { apply_server_side_encryption_by_default: { sse_algorithm: 'AES256' } },
      ]);
    });

    it(`of ${name} refuse what does not come over TLS`, () => {
      for (const kind of kinds) {
        const arn = `arn:aws:s3:::${prefix}-${kind}`;
        expect(statementsOf(of('aws_s3_bucket_policy').get(kind)?.['policy'])['TlsOnly'], kind).to.deep.equal(
          {
            Sid: 'TlsOnly',
            Effect: 'Deny',
            Principal: '*',
            Action: ['s3:*'],
            Resource: [arn, `${arn}/*`],
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
        );
      }
    });

    it(`of ${name} log who reaches them into the logs bucket, which lets S3 alone deliver there`, () => {
      const logging = of('aws_s3_bucket_logging');
      expect([...logging.keys()]).to.have.members(kinds.filter((kind) => kind !== 'logs'));
      for (const [kind, attributes] of logging) {
        expect(attributes).to.include({
          target_bucket: '${aws_s3_bucket.bucket_logs.bucket}',
          target_prefix: `s3-access/${kind}/`,
        });
      }
      expect(statementsOf(of('aws_s3_bucket_policy').get('logs')?.['policy'])['AccessLogs']).to.deep.include({
        Principal: { Service: ['logging.s3.amazonaws.com'] },
        Action: ['s3:PutObject'],
        Resource: `arn:aws:s3:::${prefix}-logs/s3-access/*`,
      });
    });
  }

  it('are never emptied by Terraform where they hold data, and none of production', () => {
    const emptied = (name: string) =>
      resources(declared(name).stacks.data, 'aws_s3_bucket')
        .filter(([, bucket]) => bucket['force_destroy'] !== false)
        .map(([resource]) => resource);
    expect(emptied('prod')).to.deep.equal([]);
    expect(emptied('dev')).to.have.members(['bucket_artifacts', 'bucket_logs']);
    expect(emptied('local')).to.have.members(['bucket_artifacts', 'bucket_logs']);
  });

  it('keep what the environment says for as long as it says, and have no rules where it wants none', () => {
    const rules = (name: string) =>
      byBucket(resources(declared(name).stacks.data, 'aws_s3_bucket_lifecycle_configuration'));
    expect(rules('local').size).to.equal(0);
    const prod = rules('prod');
    expect([...prod.keys()]).to.have.members(kinds);
    const rule = (kind: string, id: string) =>
      (prod.get(kind)?.['rule'] as Attributes[]).find((one) => one['id'] === id);
    expect(rule('landing', 'expiry')?.['expiration']).to.deep.equal([{ days: 365 }]);
    expect(rule('bronze', 'expiry')).to.equal(undefined);
    expect(rule('gold', 'remains')?.['noncurrent_version_expiration']).to.deep.equal([
      { noncurrent_days: 90 },
    ]);
  });
});
