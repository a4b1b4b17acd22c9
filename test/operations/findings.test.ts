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
    ).to.deep.equal(['exposure', 'exposure', 'exposure']);
    expect(
      kinds(
        changed('aws_s3_bucket_policy', { actions: ['update'], before: {}, after: { policy: refusing } }),
      ),
    ).to.deep.equal([]);
  });
});
