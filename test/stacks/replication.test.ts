import { expect } from 'chai';
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

const kinds = ['landing', 'bronze', 'silver', 'gold'];
const original = (kind: string) => `arn:aws:s3:::roastery-prod-444455556666-${kind}`;
const copy = (kind: string) => `${original(kind)}-dr`;
const prod = declared('prod').stacks.data;

/** Production's data stack with other settings of its copies. */
function withLake(changed: Partial<Environment['lake']>): StackJson {
  const platform = platformOf('prod');
  const { environment } = platform;
  return synthesized({
    ...platform,
    environment: { ...environment, lake: { ...environment.lake, ...changed } },
  }).stacks.data;
}

/** What a resource type says of the copies, by the kind of bucket. */
function ofCopies(type: string): Map<string, Attributes> {
  return new Map(
    resources(prod, type).flatMap(([, attributes]) => {
      const kind = /^\$\{aws_s3_bucket\.dr_(\w+)\.bucket\}$/.exec(String(attributes['bucket']))?.[1];
      return kind === undefined ? [] : [[kind, attributes] as const];
    }),
  );
}

describe('the copies in another region', () => {
  it('are there where the environment wants them, and nothing of them is where it does not', () => {
    for (const name of ['local', 'dev']) {
      const { data } = declared(name).stacks;
      expect(data.provider.aws).to.have.length(1);
      expect(data.resource['aws_s3_bucket_replication_configuration']).to.equal(undefined);
      for (const found of Object.values(data.resource)) {
        for (const id of Object.keys(found)) expect(id).not.to.match(/^dr_/);
      }
    }
    expect(prod.output['gold_replica_bucket']?.value).to.equal('roastery-prod-444455556666-gold-dr');
  });

  it('are made in that region, of this account, with the same tags', () => {
    const [here, there] = prod.provider.aws;
    expect(there).to.deep.equal({ ...here, alias: 'dr', region: 'eu-west-1' });
  });

  it('are of what cannot be made again, and their logs', () => {
    const buckets = resources(prod, 'aws_s3_bucket').filter(([id]) => id.startsWith('dr_'));
    expect(buckets.map(([, { bucket }]) => bucket)).to.have.members(
      [...kinds, 'logs'].map((kind) => `roastery-prod-444455556666-${kind}-dr`),
    );
    for (const [id, { provider, force_destroy }] of buckets) {
      expect([provider, force_destroy], id).to.deep.equal(['aws.dr', false]);
    }
  });

  it('are as closed as the originals: private, versioned, over TLS, for those who administer and who copies, with old versions expiring', () => {
    for (const kind of [...kinds, 'logs']) {
      const of = (type: string) => ofCopies(type).get(kind);
      expect(of('aws_s3_bucket_public_access_block'), kind).to.include({
        provider: 'aws.dr',
        block_public_acls: true,
        block_public_policy: true,
        ignore_public_acls: true,
        restrict_public_buckets: true,
      });
      expect(of('aws_s3_bucket_ownership_controls'), kind).to.deep.include({
        rule: { object_ownership: 'BucketOwnerEnforced' },
      });
      expect(of('aws_s3_bucket_versioning'), kind).to.deep.include({
        provider: 'aws.dr',
        versioning_configuration: { status: 'Enabled' },
      });
      const statements = statementsOf(of('aws_s3_bucket_policy')?.['policy']);
      expect(statements['TlsOnly'], kind).to.deep.include({
        Effect: 'Deny',
        Principal: '*',
        Action: ['s3:*'],
        Resource: [copy(kind), `${copy(kind)}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      });
      expect(statements['NamedOnly'], kind).to.deep.include({
        Effect: 'Deny',
        Principal: '*',
        Condition: {
          ArnNotLike: {
            'aws:PrincipalArn': [
              'arn:aws:iam::444455556666:role/data-platform-admin',
              'arn:aws:iam::444455556666:role/data-platform-deploy',
              ...(kind === 'logs' ? [] : ['arn:aws:iam::444455556666:role/roastery-prod-replication']),
              'arn:aws:iam::444455556666:root',
            ],
          },
          Bool: { 'aws:PrincipalIsAWSService': 'false' },
        },
      });
      const rules = of('aws_s3_bucket_lifecycle_configuration')?.['rule'] as Attributes[];
      expect(rules.find(({ id }) => id === 'remains')?.['noncurrent_version_expiration'], kind).to.deep.equal(
        [{ noncurrent_days: kind === 'logs' ? 1 : 90 }],
      );
    }
  });

  it('are encrypted with a key of that region, which is rotated', () => {
    expect(prod.resource['aws_kms_key']?.['dr_key']).to.include({
      provider: 'aws.dr',
      enable_key_rotation: true,
      deletion_window_in_days: 30,
    });
    for (const kind of kinds) {
      expect(
        ofCopies('aws_s3_bucket_server_side_encryption_configuration').get(kind)?.['rule'],
      ).to.deep.equal([
        {
          apply_server_side_encryption_by_default: {
            kms_master_key_id: '${aws_kms_key.dr_key.arn}',
            sse_algorithm: 'aws:kms',
          },
          bucket_key_enabled: true,
        },
      ]);
    }
  });

  it('log who reaches them into a bucket of that region', () => {
    const logging = ofCopies('aws_s3_bucket_logging');
    expect([...logging.keys()]).to.have.members(kinds);
    for (const [kind, attributes] of logging) {
      expect(attributes).to.include({ provider: 'aws.dr', target_prefix: `s3-access/${kind}/` });
    }
  });

  it('follow their originals: every object, deletions as markers, and how far behind is measured', () => {
    const rules = (stack: StackJson) =>
      resources(stack, 'aws_s3_bucket_replication_configuration').map(
        ([, { rule }]) => (rule as Attributes[])[0],
      );
    expect(rules(prod)).to.have.length(4);
    for (const rule of rules(prod)) {
      expect(rule).to.deep.include({
        status: 'Enabled',
        filter: { prefix: '' },
        delete_marker_replication: { status: 'Enabled' },
        source_selection_criteria: { sse_kms_encrypted_objects: { status: 'Enabled' } },
      });
      expect(rule?.['destination']).to.deep.include({
        encryption_configuration: { replica_kms_key_id: '${aws_kms_key.dr_key.arn}' },
        metrics: { status: 'Enabled' },
      });
      expect(rule?.['destination']).not.to.have.property('replication_time');
    }
    const guaranteed = withLake({ replication: { region: 'eu-west-1', timeControl: true } });
    for (const rule of rules(guaranteed)) {
      expect(rule?.['destination']).to.deep.include({
        metrics: { status: 'Enabled', event_threshold: { minutes: 15 } },
        replication_time: { status: 'Enabled', time: { minutes: 15 } },
      });
    }
  });

  it('wait for versions on both sides', () => {
    for (const kind of kinds) {
      expect(
        prod.resource['aws_s3_bucket_replication_configuration']?.[`dr_${kind}_copies`]?.['depends_on'],
      ).to.include.members([
        `aws_s3_bucket_versioning.bucket_${kind}_versioning`,
        `aws_s3_bucket_versioning.dr_${kind}_versioning`,
      ]);
    }
  });
});

describe('the role that copies', () => {
  const role = prod.resource['aws_iam_role']?.['dr_copying_role'];
  const statements = (stack: StackJson) =>
    statementsOf(stack.resource['aws_iam_role_policy']?.['dr_copying_policy']?.['policy']);

  it('is taken on by S3 for this account alone', () => {
    expect(statementsOf(role?.['assume_role_policy'])['Trust']).to.deep.include({
      Principal: { Service: ['s3.amazonaws.com'] },
      Condition: {
        StringEquals: { 'aws:SourceAccount': '444455556666' },
        ArnLike: { 'aws:SourceArn': kinds.map(original) },
      },
    });
  });

  it('reads the originals, writes the copies, and neither the other way round', () => {
    for (const { Sid, Action, Resource } of Object.values(statements(prod))) {
      const [resources, actions] = [[Resource].flat(), [...Action]];
      if (actions.some((action) => action.startsWith('s3:Replicate'))) {
        expect(resources, Sid).to.have.members(kinds.map((kind) => `${copy(kind)}/*`));
        expect(actions, Sid).to.have.members([
          's3:ReplicateDelete',
          's3:ReplicateObject',
          's3:ReplicateTags',
        ]);
      } else if (actions.some((action) => action.startsWith('s3:'))) {
        for (const action of actions) expect(action, Sid).to.match(/^s3:(Get|List)/);
        for (const arn of resources) expect(kinds.map(original), Sid).to.include(arn.replace(/\/\*$/, ''));
      } else {
        for (const action of actions) expect(action, Sid).to.match(/^kms:/);
      }
    }
  });

  it('decrypts with the keys of the originals and encrypts with that of the copies, through S3 alone', () => {
    const { DecryptOriginals, EncryptCopies } = statements(prod);
    expect(DecryptOriginals).to.deep.include({
      Action: ['kms:Decrypt'],
      Resource: kinds.map((kind) => `\${aws_kms_key.key_${kind}.arn}`),
    });
    expect(DecryptOriginals?.Condition).to.have.nested.property('StringEquals').that.deep.equals({
      'kms:ViaService': 's3.eu-central-1.amazonaws.com',
    });
    expect(EncryptCopies).to.deep.include({
      Action: ['kms:Encrypt', 'kms:GenerateDataKey'],
      Resource: '${aws_kms_key.dr_key.arn}',
    });
    expect(EncryptCopies?.Condition).to.have.nested.property('StringEquals').that.deep.equals({
      'kms:ViaService': 's3.eu-west-1.amazonaws.com',
    });
  });

  it('knows locks only where there are any', () => {
    expect(statements(prod)['Versions']?.Action).to.include('s3:GetObjectRetention');
    expect(statements(withLake({ objectLock: undefined }))['Versions']?.Action).not.to.include(
      's3:GetObjectRetention',
    );
  });
});
