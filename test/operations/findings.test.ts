import { expect } from 'chai';
import { findingsOf } from '../../src/operations/findings.js';
import type { ResourceChange } from '../../src/terraform/plan-file.js';

type Change = ResourceChange['change'];

function changed(type: string, change: Partial<Change> & Pick<Change, 'actions'>): ResourceChange {
  return {
    address: `${type}.one`,
    mode: 'managed',
    type,
    name: 'one',
    change: { before: null, after: null, ...change },
  };
}

const kinds = (...changes: ResourceChange[]): string[] =>
  findingsOf(changes, 'arn:aws:iam::111122223333:role/deployer').map((finding) => finding.kind);

const policy = (...actions: string[]): string =>
  JSON.stringify({ Statement: [{ Effect: 'Allow', Action: actions, Resource: 'arn:aws:s3:::lake/*' }] });

describe('the findings of a plan', () => {
  it('are none where resources are only added', () => {
    expect(kinds(changed('aws_s3_bucket', { actions: ['create'], after: { bucket: 'lake' } }))).to.deep.equal(
      [],
    );
  });

  it('name the bucket that is destroyed and the cause of a replacement', () => {
    const findings = findingsOf([
      changed('aws_s3_bucket', { actions: ['delete'], before: { bucket: 'lake' } }),
      changed('aws_glue_catalog_table', {
        actions: ['delete', 'create'],
        before: { name: 'orders' },
        after: { name: 'orders' },
        replace_paths: [['database_name']],
      }),
    ]);
    expect(findings.map(({ kind, text }) => [kind, text])).to.deep.equal([
      ['data-loss', 'lake is destroyed'],
      ['data-loss', 'orders is replaced because of database_name'],
    ]);
  });

  it('say what a role gains, and nothing where it only loses', () => {
    const widened = changed('aws_iam_role_policy', {
      actions: ['update'],
      before: { policy: policy('s3:GetObject') },
      after: { policy: policy('s3:GetObject', 's3:DeleteObject') },
    });
    expect(findingsOf([widened])[0]?.text).to.equal('gains s3:DeleteObject on arn:aws:s3:::lake/*');
    const narrowed = changed('aws_iam_role_policy', {
      actions: ['update'],
      before: { policy: policy('s3:GetObject', 's3:DeleteObject') },
      after: { policy: policy('s3:GetObject') },
    });
    expect(findingsOf([narrowed])).to.deep.equal([]);
  });

  it('tell an update of the EMR application and of MWAA', () => {
    const update = {
      actions: ['update' as const],
      before: { name: 'dataplat' },
      after: { name: 'dataplat' },
    };
    expect(
      kinds(changed('aws_emrserverless_application', update), changed('aws_mwaa_environment', update)),
    ).to.deep.equal(['application-restart', 'airflow-restart']);
  });

  it('tell that whoever runs Terraform would no longer administer Lake Formation', () => {
    const settings = (admins: string[]): ResourceChange =>
      changed('aws_lakeformation_data_lake_settings', { actions: ['update'], before: {}, after: { admins } });
    expect(kinds(settings(['arn:aws:iam::111122223333:role/somebody']))).to.deep.equal([
      'administrator-loss',
    ]);
    expect(kinds(settings(['arn:aws:iam::111122223333:role/deployer']))).to.deep.equal([]);
  });

  it('tell whom a plan takes the administration of Lake Formation, whoever runs it', () => {
    const other = 'arn:aws:iam::111122223333:role/other';
    const ours = 'arn:aws:iam::111122223333:role/ours';
    const settings = (change: Partial<Change> & Pick<Change, 'actions'>): ResourceChange =>
      changed('aws_lakeformation_data_lake_settings', change);
    const texts = (...changes: ResourceChange[]): string[] => findingsOf(changes).map(({ text }) => text);
    expect(
      texts(settings({ actions: ['update'], before: { admins: [other, ours] }, after: { admins: [ours] } })),
    ).to.deep.equal([`${other} would no longer administer Lake Formation`]);
    const record: ResourceChange = {
      ...changed('aws_ssm_parameter', { actions: ['delete'], before: { value: JSON.stringify([ours]) } }),
      address: 'aws_ssm_parameter.lake_declared',
    };
    const destroyed = settings({ actions: ['delete'], before: { admins: [other, ours] } });
    expect(texts(destroyed, record)).to.deep.equal([`${other} would no longer administer Lake Formation`]);
    expect(texts(settings({ actions: ['delete'], before: { admins: [ours] } }), record)).to.deep.equal([]);
  });

  it('tell a secret whose name stays taken, unless its window is nought', () => {
    const destroy = (days: number): ResourceChange =>
      changed('aws_secretsmanager_secret', {
        actions: ['delete'],
        before: { name: 'key', recovery_window_in_days: days },
      });
    expect(kinds(destroy(7))).to.deep.equal(['secret-deletion']);
    expect(kinds(destroy(0))).to.deep.equal([]);
  });

  it('tell what would be open to everyone', () => {
    const open = JSON.stringify({
      Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: '*' }],
    });
    const refusing = JSON.stringify({
      Statement: [{ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*' }],
    });
    expect(
      kinds(
        changed('aws_s3_bucket_policy', { actions: ['update'], before: {}, after: { policy: open } }),
        changed('aws_vpc_security_group_ingress_rule', {
          actions: ['update'],
          after: { cidr_ipv4: '0.0.0.0/0' },
        }),
        changed('aws_s3_bucket_public_access_block', {
          actions: ['update'],
          after: { block_public_acls: false },
        }),
      ),
    ).to.deep.equal(['iam-widening', 'exposure', 'exposure', 'exposure']);
    expect(
      kinds(
        changed('aws_s3_bucket_policy', { actions: ['update'], before: {}, after: { policy: refusing } }),
      ),
    ).to.deep.equal([]);
  });

  it('tell data in a replica of a key as well', () => {
    expect(kinds(changed('aws_kms_replica_key', { actions: ['delete'], before: {} }))).to.deep.equal([
      'data-loss',
    ]);
  });

  it('tell a bucket that is opened by taking its block away, unless the bucket goes too', () => {
    const block = changed('aws_s3_bucket_public_access_block', {
      actions: ['delete'],
      before: { bucket: 'lake' },
    });
    const bucket = changed('aws_s3_bucket', { actions: ['delete'], before: { bucket: 'lake' } });
    expect(kinds(block)).to.deep.equal(['exposure']);
    expect(kinds(block, bucket)).to.deep.equal(['data-loss']);
  });

  it('tell the whole internet by either protocol, and in rules that stand in their group', () => {
    const open = (type: string, after: Record<string, unknown>): string[] =>
      kinds(changed(type, { actions: ['update'], before: {}, after }));
    expect(open('aws_vpc_security_group_ingress_rule', { cidr_ipv6: '::/0' })).to.deep.equal(['exposure']);
    expect(open('aws_security_group_rule', { type: 'ingress', ipv6_cidr_blocks: ['::/0'] })).to.deep.equal([
      'exposure',
    ]);
    expect(open('aws_security_group_rule', { type: 'egress', cidr_blocks: ['0.0.0.0/0'] })).to.deep.equal([]);
    expect(open('aws_security_group', { ingress: [{ cidr_blocks: ['0.0.0.0/0'] }] })).to.deep.equal([
      'exposure',
    ]);
    expect(open('aws_security_group', { ingress: [{ cidr_blocks: ['10.0.0.0/8'] }] })).to.deep.equal([]);
  });

  describe('of rights', () => {
    const document = (...statements: object[]): string => JSON.stringify({ Statement: statements });
    const allow = { Effect: 'Allow', Action: ['s3:GetObject'], Resource: 'arn:aws:s3:::lake/*' };
    const text = (
      type: string,
      before: object | null,
      after: object,
      ...others: ResourceChange[]
    ): string[] =>
      findingsOf([
        changed(type, {
          actions: [before ? 'update' : 'create'],
          before: before as Change['before'],
          after: after as Change['after'],
        }),
        ...others,
      ]).map((finding) => finding.text);
    const policies = (before: object[], after: object[], type = 'aws_iam_role_policy'): string[] =>
      text(type, { policy: document(...before) }, { policy: document(...after) });

    it('tell a policy that is put on a role that is there, and none on one that is made', () => {
      const attachment = { role: 'jobs', policy_arn: 'arn:aws:iam::aws:policy/AdministratorAccess' };
      const made = changed('aws_iam_role', { actions: ['create'], after: { name: 'jobs' } });
      expect(text('aws_iam_role_policy_attachment', null, attachment)).to.deep.equal([
        'gains all that arn:aws:iam::aws:policy/AdministratorAccess allows',
      ]);
      expect(text('aws_iam_role_policy_attachment', null, attachment, made)).to.deep.equal([]);
      const inline = { role: 'jobs', policy: document(allow) };
      expect(text('aws_iam_role_policy', null, inline)).to.deep.equal([
        'gains s3:GetObject on arn:aws:s3:::lake/*',
      ]);
      expect(text('aws_iam_role_policy', null, inline, made)).to.deep.equal([]);
    });

    it('tell a condition that is dropped or changed, and none that is added', () => {
      const tight = { ...allow, Condition: { Bool: { 'aws:SecureTransport': 'true' } } };
      const other = { ...allow, Condition: { Bool: { 'aws:SecureTransport': 'false' } } };
      const found = ['gains s3:GetObject on arn:aws:s3:::lake/* under other conditions'];
      expect(policies([tight], [allow])).to.deep.equal(found);
      expect(policies([tight], [other])).to.deep.equal(found);
      expect(policies([allow], [tight])).to.deep.equal([]);
    });

    it('tell everything but something', () => {
      const { Effect, Resource } = allow;
      expect(policies([allow], [allow, { Effect, Resource, NotAction: ['iam:*'] }])).to.deep.equal([
        'gains everything but iam:* on arn:aws:s3:::lake/*',
      ]);
    });

    it('tell what is no longer denied, of a bucket, a key or a secret too', () => {
      const deny = { Effect: 'Deny', Principal: '*', Action: ['s3:*'], Resource: 'arn:aws:s3:::lake/*' };
      for (const type of ['aws_s3_bucket_policy', 'aws_kms_key', 'aws_secretsmanager_secret_policy']) {
        const found = ['is no longer denied s3:* on arn:aws:s3:::lake/* for "*"'];
        const some = { ...allow, Principal: { AWS: 'arn:aws:iam::111122223333:root' } };
        expect(policies([deny, some], [some], type), type).to.deep.equal(found);
        expect(policies([some], [deny, some], type), type).to.deep.equal([]);
      }
    });

    it('tell who is excepted from a denial, and nothing where somebody is not any more', () => {
      const deny = (...excepted: string[]): object => ({
        Effect: 'Deny',
        Principal: '*',
        Action: ['s3:*'],
        Resource: 'arn:aws:s3:::lake/*',
        Condition: {
          ArnNotLike: { 'aws:PrincipalArn': excepted },
          Bool: { 'aws:PrincipalIsAWSService': 'false' },
        },
      });
      expect(policies([deny('a')], [deny('a', 'b')], 'aws_s3_bucket_policy')).to.deep.equal([
        'is denied s3:* on arn:aws:s3:::lake/* for "*" under other conditions',
      ]);
      expect(policies([deny('a', 'b')], [deny('a')], 'aws_s3_bucket_policy')).to.deep.equal([]);
    });

    it('tell one more value of a condition, and none where there is one less', () => {
      const from = (...accounts: string[]): object => ({
        ...allow,
        Condition: { StringEquals: { 'aws:PrincipalAccount': accounts } },
      });
      expect(policies([from('1')], [from('1', '2')])).to.have.length(1);
      expect(policies([from('1', '2')], [from('2')])).to.deep.equal([]);
    });

    it('tell a role that leaves its boundary', () => {
      const role = (boundary: string | null) => ({ name: 'jobs', permissions_boundary: boundary });
      expect(text('aws_iam_role', role('arn:b'), role(null))).to.deep.equal(['loses its boundary arn:b']);
      expect(text('aws_iam_role', role('arn:b'), role('arn:c'))).to.deep.equal([
        'is held by another boundary, arn:c',
      ]);
      expect(text('aws_iam_role', role(null), role('arn:c'))).to.deep.equal([]);
    });
  });
});
