import { expect } from 'chai';
import { environmentNames } from './environments.js';
import type { Environment } from '../../src/model/environment.js';
import {
  declared,
  platformOf,
  resources,
  statementsOf,
  synthesized,
  type Attributes,
  type StackJson,
} from './synthesized.js';

const kinds = ['landing', 'bronze', 'silver', 'gold', 'artifacts', 'logs'];

/** What a resource type says of each bucket of the region, by the bucket it is about. */
function byBucket(found: readonly [string, Attributes][]): Map<string, Attributes> {
  return new Map(
    found.flatMap(([, attributes]) => {
      const [, kind] = /^\$\{aws_s3_bucket\.bucket_(\w+)\.bucket\}$/.exec(String(attributes['bucket'])) ?? [];
      return kind === undefined ? [] : [[kind, attributes] as const];
    }),
  );
}

describe('the buckets', () => {
  for (const name of environmentNames) {
    const { platform, stacks } = declared(name);
    const prefix = platform.environment.lake.bucketPrefix;
    const of = (type: string) => byBucket(resources(stacks.data, type));

    it(`of ${name} are the six of the lake`, () => {
      const ofRegion = resources(stacks.data, 'aws_s3_bucket').filter(([id]) => !id.startsWith('dr_'));
      expect(ofRegion.map(([, bucket]) => bucket['bucket'])).to.have.members(
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
    expect(rulesOf(declared('local').stacks.data).size).to.equal(0);
    const prod = rulesOf(declared('prod').stacks.data);
    expect([...prod.keys()]).to.have.members(kinds);
    const expiries = (kind: string) =>
      (prod.get(kind) ?? [])
        .filter((rule) => (rule['expiration'] as Attributes[] | undefined)?.[0]?.['days'] !== undefined)
        .map((rule) => [(rule['filter'] as Attributes[])[0]?.['prefix'], rule['expiration']]);
    expect(expiries('landing')).to.deep.equal([['', [{ days: 365 }]]]);
    for (const kind of ['bronze', 'silver', 'gold', 'artifacts']) {
      expect(expiries(kind), kind).to.deep.equal([]);
    }
    expect(expiries('logs')).to.deep.equal([
      ['emr/', [{ days: 90 }]],
      ['data-docs/', [{ days: 90 }]],
      ['athena/', [{ days: 30 }]],
      ['s3-access/', [{ days: 365 }]],
      ['inventory/', [{ days: 365 }]],
    ]);
  });

  it('lose what is left behind: old versions, markers that hide nothing, uploads that never ended', () => {
    for (const name of ['dev', 'prod']) {
      const { platform, stacks } = declared(name);
      const { noncurrentVersionDays, artifactVersions } = platform.environment.lake;
      for (const [kind, rules] of rulesOf(stacks.data)) {
        const rule = (id: string) => rules.find((one) => one['id'] === id);
        expect(rule('remains')?.['noncurrent_version_expiration'], kind).to.deep.equal([
          {
            noncurrent_days: kind === 'logs' ? 1 : noncurrentVersionDays,
            // A table's files are all "the newest version": kept for that, none would ever go.
            ...(kind === 'artifacts' && { newer_noncurrent_versions: artifactVersions }),
          },
        ]);
        expect(rule('remains')?.['abort_incomplete_multipart_upload'], kind).to.deep.equal([
          { days_after_initiation: 7 },
        ]);
        expect(rule('markers')?.['expiration'], kind).to.deep.equal([{ expired_object_delete_marker: true }]);
        for (const one of rules) expect(one['status'], kind).to.equal('Enabled');
      }
    }
  });

  it('move tables, and nothing else, to where they cost less when nobody reads them', () => {
    for (const [kind, rules] of rulesOf(declared('prod').stacks.data)) {
      const moved = rules.flatMap((rule) => (rule['transition'] ?? []) as Attributes[]);
      expect(moved, kind).to.deep.equal(
        ['bronze', 'silver', 'gold'].includes(kind)
          ? [{ days: 30, storage_class: 'INTELLIGENT_TIERING' }]
          : [],
      );
    }
  });

  it('tell EventBridge of a delivery', () => {
    for (const name of environmentNames) {
      const told = resources(declared(name).stacks.data, 'aws_s3_bucket_notification');
      expect(told.map(([, { bucket, eventbridge }]) => [bucket, eventbridge])).to.deep.equal([
        ['${aws_s3_bucket.bucket_landing.bucket}', true],
      ]);
    }
  });
});

describe('the object lock', () => {
  const locks = (stack: StackJson) =>
    resources(stack, 'aws_s3_bucket_object_lock_configuration').map(([id, { rule }]) => [id, rule]);
  const locked = (stack: StackJson) =>
    resources(stack, 'aws_s3_bucket')
      .filter(([, bucket]) => bucket['object_lock_enabled'] === true)
      .map(([id]) => id);

  it('is where the environment wants it, from the making of the bucket', () => {
    expect(locks(declared('dev').stacks.data)).to.deep.equal([]);
    expect(locked(declared('dev').stacks.data)).to.deep.equal([]);
    const { data } = declared('prod').stacks;
    expect(locks(data)).to.deep.equal([
      ['bucket_landing_lock', { default_retention: { mode: 'GOVERNANCE', days: 30 } }],
    ]);
    // S3 copies from a locked bucket only to one that knows locks.
    expect(locked(data)).to.have.members(['bucket_landing', 'dr_landing']);
  });

  it('of the copies is one of its own', () => {
    const stack = withLake('prod', { objectLock: { replicas: { mode: 'COMPLIANCE', days: 7 } } });
    const copies = ['dr_bronze', 'dr_gold', 'dr_landing', 'dr_silver'];
    expect(locked(stack)).to.have.members(copies);
    expect(locks(stack)).to.have.deep.members(
      copies.map((id) => [`${id}_lock`, { default_retention: { mode: 'COMPLIANCE', days: 7 } }]),
    );
  });
});

describe('the inventory', () => {
  const inventories = (stack: StackJson) => resources(stack, 'aws_s3_bucket_inventory');

  it('lists the data buckets into the logs bucket, as often as the environment says', () => {
    expect(inventories(declared('dev').stacks.data)).to.deep.equal([]);
    const { data } = declared('prod').stacks;
    expect(inventories(data).map(([id]) => id)).to.have.members(
      ['landing', 'bronze', 'silver', 'gold'].map((kind) => `bucket_${kind}_inventory`),
    );
    for (const [id, inventory] of inventories(data)) {
      expect(inventory, id).to.deep.include({
        included_object_versions: 'All',
        schedule: { frequency: 'Weekly' },
        destination: {
          bucket: {
            account_id: '444455556666',
            bucket_arn: 'arn:aws:s3:::roastery-prod-444455556666-logs',
            encryption: { sse_s3: {} },
            format: 'Parquet',
            prefix: 'inventory',
          },
        },
      });
    }
    const daily = withLake('prod', { inventory: 'daily' });
    expect(inventories(daily).map(([, { schedule }]) => schedule)).to.deep.equal(
      Array(4).fill({ frequency: 'Daily' }),
    );
  });

  it('may be delivered by S3 for these buckets, and by nobody where there is none', () => {
    const delivery = (name: string) =>
      statementsOf(
        byBucket(resources(declared(name).stacks.data, 'aws_s3_bucket_policy')).get('logs')?.['policy'],
      )['Inventory'];
    expect(delivery('dev')).to.equal(undefined);
    expect(delivery('prod')).to.deep.include({
      Principal: { Service: ['s3.amazonaws.com'] },
      Action: ['s3:PutObject'],
      Resource: 'arn:aws:s3:::roastery-prod-444455556666-logs/inventory/*',
      Condition: {
        StringEquals: { 'aws:SourceAccount': '444455556666' },
        ArnLike: {
          'aws:SourceArn': ['landing', 'bronze', 'silver', 'gold'].map(
            (kind) => `arn:aws:s3:::roastery-prod-444455556666-${kind}`,
          ),
        },
      },
    });
  });
});

/** The lifecycle rules of each bucket of the region. */
function rulesOf(stack: StackJson): Map<string, Attributes[]> {
  const found = byBucket(resources(stack, 'aws_s3_bucket_lifecycle_configuration'));
  return new Map([...found].map(([kind, { rule }]) => [kind, rule as Attributes[]]));
}

/** The data stack of an environment with other settings of its lake. */
function withLake(name: string, changed: Partial<Environment['lake']>): StackJson {
  const platform = platformOf(name);
  const { environment } = platform;
  return synthesized({
    ...platform,
    environment: { ...environment, lake: { ...environment.lake, ...changed } },
  }).stacks.data;
}
