import { expect } from 'chai';
import { names } from '../../../src/model/names.js';
import { SimulatedAccess } from '../../stacks/simulated-access.js';
import { productStacks } from '../declared.js';
import { testAccessOfJobs } from './access-of-jobs.js';

const allowed = 'Allowed';

// What policies derive from is the same in every environment; prod has the strictest settings.
testAccessOfJobs('prod', () => productStacks('prod'));

describe('whoever IAM lets do everything', function () {
  const { platform } = productStacks('prod');
  const access = new SimulatedAccess(productStacks('prod'));
  const account = platform.environment.account;
  const someone = access.almighty(`arn:aws:iam::${account}:role/somebody`);
  const administrator = access.almighty(`arn:aws:iam::${account}:role/data-platform-admin`);
  const deployer = access.almighty(`arn:aws:iam::${account}:role/data-platform-deploy`);
  const analyst = access.almighty(`arn:aws:iam::${account}:role/analyst`);
  const delivery = access.almighty(`arn:aws:iam::${account}:role/data-delivery`);
  const root = access.almighty(`arn:aws:iam::${account}:root`);
  const lake = access.role(`${platform.environment.prefix}-lake-silver`);
  const buckets = ['landing', 'bronze', 'silver', 'gold', 'artifacts', 'logs'] as const;

  it('reaches nothing without being named', () => {
    for (const bucket of buckets) {
      for (const action of ['s3:GetObject', 's3:PutObject', 's3:DeleteObject']) {
        expect(access.object(someone, action, bucket, 'a/b'), `${action} ${bucket}`).to.equal(
          'ExplicitlyDenied',
        );
      }
      for (const action of ['s3:ListBucket', 's3:PutBucketPolicy', 's3:DeleteBucket']) {
        expect(access.bucket(someone, action, bucket), `${action} ${bucket}`).to.equal('ExplicitlyDenied');
      }
      expect(access.keyOf(someone, 'kms:Decrypt', bucket, 'a/b'), bucket).to.equal('ImplicitlyDenied');
    }
  });

  it("gets nowhere by a job's tags without its name, nor by such a name without tags", () => {
    const all = { 'lake-reads': buckets.join(' '), 'lake-writes': buckets.join(' '), 'secret-kafka': 'read' };
    const tagged = access.almighty(`arn:aws:iam::${account}:role/somebody`, all);
    const named = access.almighty(names.jobRoleArn(platform.environment, { id: 'new' }));
    for (const caller of [tagged, named]) {
      for (const bucket of buckets) {
        for (const action of ['s3:GetObject', 's3:PutObject', 's3:DeleteObject']) {
          expect(access.object(caller, action, bucket, 'a/b'), `${caller.arn} ${action} ${bucket}`).to.equal(
            'ExplicitlyDenied',
          );
        }
        expect(access.bucket(caller, 's3:ListBucket', bucket), bucket).to.equal('ExplicitlyDenied');
        for (const action of ['kms:Decrypt', 'kms:GenerateDataKey']) {
          expect(access.keyOf(caller, action, bucket, 'a/b'), bucket).to.equal('ImplicitlyDenied');
        }
      }
      expect(access.secret(caller, 'secretsmanager:GetSecretValue', 'dataplat-prod/kafka')).to.equal(
        'ExplicitlyDenied',
      );
    }
  });

  it('stays, as a job, within the buckets, keys and secrets that the graph gives it', () => {
    const role = access.role('dataplat-prod-job-kafka-orders');
    const job = access.almighty(role.arn, role.tags);
    const [reads, writes] = [
      ['landing', 'bronze', 'artifacts', 'logs'],
      ['bronze', 'logs'],
    ];
    for (const bucket of buckets) {
      const decided = (action: string, within: readonly string[]) =>
        expect(access.object(job, action, bucket, 'a/b'), `${action} ${bucket}`).to.equal(
          within.includes(bucket) ? allowed : 'ExplicitlyDenied',
        );
      decided('s3:GetObject', reads);
      for (const action of ['s3:PutObject', 's3:DeleteObject', 's3:DeleteObjectVersion'])
        decided(action, writes);
      expect(access.bucket(job, 's3:PutBucketPolicy', bucket), bucket).to.equal('ExplicitlyDenied');
    }
    for (const bucket of ['landing', 'bronze', 'silver', 'gold'] as const) {
      const decided = (action: string, within: readonly string[]) =>
        expect(access.keyOf(job, action, bucket, 'a/b'), `${action} ${bucket}`).to.equal(
          within.includes(bucket) ? allowed : 'ImplicitlyDenied',
        );
      decided('kms:Decrypt', reads);
      decided('kms:GenerateDataKey', writes);
    }
    const fetch = (id: string) => access.secret(job, 'secretsmanager:GetSecretValue', `dataplat-prod/${id}`);
    expect(fetch('kafka')).to.equal(allowed);
    for (const id of ['redshift', 'masking-key']) expect(fetch(id)).to.equal('ExplicitlyDenied');
  });

  it('finds a bucket by its name in a tag, for no name is in another', () => {
    for (const bucket of buckets)
      expect(buckets.filter((other) => other.includes(bucket))).to.deep.equal([bucket]);
  });

  it('administers keys and buckets where he deploys or is an administrator, and so never is locked out', () => {
    for (const caller of [administrator, deployer, root]) {
      for (const bucket of buckets) {
        for (const action of [
          's3:PutBucketPolicy',
          's3:DeleteBucketPolicy',
          's3:PutBucketVersioning',
          's3:ListBucket',
        ]) {
          expect(access.bucket(caller, action, bucket), `${caller.arn} ${action} ${bucket}`).to.equal(
            allowed,
          );
        }
      }
      for (const key of ['landing', 'gold', 'operations'] as const) {
        for (const action of ['kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion', 'kms:EnableKeyRotation']) {
          expect(access.key(caller, action, key), `${caller.arn} ${action} ${key}`).to.equal(allowed);
        }
      }
    }
  });

  it('uses no key of data by administering it, and reads no data', () => {
    for (const caller of [administrator, deployer, root]) {
      for (const bucket of ['landing', 'bronze', 'silver', 'gold'] as const) {
        expect(access.object(caller, 's3:GetObject', bucket, 'a/b'), bucket).to.equal('ExplicitlyDenied');
        for (const action of ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:CreateGrant']) {
          expect(access.key(caller, action, keyNameOf(bucket)), `${action} ${bucket}`).to.equal(
            'ImplicitlyDenied',
          );
          if (action === 'kms:CreateGrant') continue;
          expect(access.keyOf(caller, action, bucket, 'a/b'), bucket).to.equal('ImplicitlyDenied');
        }
      }
    }
    // So that this can fail: whoever deploys uses the key of operations, for releases.
    expect(access.keyOf(deployer, 'kms:GenerateDataKey', 'artifacts', 'releases/a')).to.equal(allowed);
    expect(access.keyOf(administrator, 'kms:Decrypt', 'artifacts', 'releases/a')).to.equal(
      'ImplicitlyDenied',
    );
  });

  it('deploys: releases up, logs down, a lake emptied that is taken down', () => {
    expect(access.object(deployer, 's3:PutObject', 'artifacts', 'releases/a/jobs.zip')).to.equal(allowed);
    expect(access.object(deployer, 's3:GetObject', 'logs', 'emr/crm_accounts/x')).to.equal(allowed);
    expect(access.object(deployer, 's3:DeleteObjectVersion', 'gold', 'a/b')).to.equal(allowed);
    expect(access.object(deployer, 's3:PutObject', 'gold', 'a/b')).to.equal('ExplicitlyDenied');
  });

  it('asks Athena where a persona names him: results, and no other file or key', () => {
    for (const action of ['s3:GetObject', 's3:PutObject']) {
      expect(access.object(analyst, action, 'logs', 'athena/1.csv', encrypted('operations'))).to.equal(
        allowed,
      );
      expect(access.object(analyst, action, 'logs', 'emr/crm_accounts/x')).to.equal('ExplicitlyDenied');
      expect(access.object(analyst, action, 'gold', 'a/b')).to.equal('ExplicitlyDenied');
    }
    expect(access.keyOf(analyst, 'kms:Decrypt', 'logs', 'athena/1.csv')).to.equal(allowed);
    expect(access.keyOf(analyst, 'kms:Decrypt', 'logs', 'emr/crm_accounts/x')).to.equal('ImplicitlyDenied');
    expect(access.keyOf(analyst, 'kms:Decrypt', 'silver', 'a/b')).to.equal('ImplicitlyDenied');
    expect(access.object(lake, 's3:GetObject', 'silver', 'contacts/a')).to.equal(allowed);
    expect(access.keyOf(lake, 'kms:Decrypt', 'silver', 'contacts/a')).to.equal(allowed);
    expect(access.object(lake, 's3:GetObject', 'gold', 'contacts/a')).not.to.equal(allowed);
  });

  it('delivers into landing where he is named for it, and looks at nothing else', () => {
    expect(access.object(delivery, 's3:PutObject', 'landing', 'crm/accounts/a.csv')).to.equal(allowed);
    expect(access.keyOf(delivery, 'kms:GenerateDataKey', 'landing', 'crm/accounts/a.csv')).to.equal(allowed);
    expect(access.object(delivery, 's3:PutObject', 'bronze', 'a')).to.equal('ExplicitlyDenied');
  });

  /** Headers of an upload that say with what it is to be encrypted. */
  function encrypted(key?: 'operations' | 'landing') {
    return key === undefined
      ? { 's3:x-amz-server-side-encryption': 'aws:kms' }
      : {
          's3:x-amz-server-side-encryption': 'aws:kms',
          's3:x-amz-server-side-encryption-aws-kms-key-id': access.keyArn(key),
        };
  }

  it('uploads with the key of the bucket or says nothing of it, over TLS 1.2 at least', () => {
    const put = (context: Readonly<Record<string, string>>) =>
      access.object(delivery, 's3:PutObject', 'landing', 'crm/a.csv', context);
    expect(put({})).to.equal(allowed);
    expect(put(encrypted('landing'))).to.equal(allowed);
    expect(put(encrypted('operations'))).to.equal('ExplicitlyDenied');
    expect(put(encrypted())).to.equal('ExplicitlyDenied');
    expect(put({ 's3:x-amz-server-side-encryption': 'AES256' })).to.equal('ExplicitlyDenied');
    expect(put({ 's3:x-amz-server-side-encryption-customer-algorithm': 'AES256' })).to.equal(
      'ExplicitlyDenied',
    );
    expect(put({ 'aws:SecureTransport': 'false' })).to.equal('ExplicitlyDenied');
    expect(put({ 's3:TlsVersion': '1.1' })).to.equal('ExplicitlyDenied');
  });
});

function keyNameOf(bucket: 'landing' | 'bronze' | 'silver' | 'gold') {
  return bucket;
}
