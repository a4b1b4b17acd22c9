import { expect } from 'chai';
import type { Environment } from '../../src/model/environment.js';
import { environmentNames } from './environments.js';
import { SimulatedAccess } from './simulated-access.js';
import { declared, platformOf, resources, synthesized, type Synthesized } from './synthesized.js';

function withSources(name: string, sources: Environment['sources']): Synthesized {
  const platform = platformOf(name);
  const { environment } = platform;
  return synthesized({
    ...platform,
    environment: { ...environment, sources: { ...environment.sources, ...sources } },
  });
}

describe('a database that unloads', () => {
  const roleArn = 'arn:aws:iam::444455556666:role/redshift-unload';
  const ledger = {
    kind: 'jdbc' as const,
    url: 'jdbc:redshift://ledger.example.com:5439/books',
    secret: 'ledger',
    partitions: 1,
  };

  it('may by its role write into landing, with the key of landing, and reach no other bucket', () => {
    const access = new SimulatedAccess(
      withSources('prod', { ledger: { ...ledger, unload: { aboveRows: 1, roleArn } } }),
    );
    const role = access.almighty(roleArn);
    const file = 'ledger/invoices/_unload/r1/0000_part_00.parquet';
    // The bucket's own key is named by UNLOAD, as it finds it at the bucket.
    const encrypted = {
      's3:x-amz-server-side-encryption': 'aws:kms',
      's3:x-amz-server-side-encryption-aws-kms-key-id': access.keyArn('landing'),
    };
    expect(access.bucket(role, 's3:GetEncryptionConfiguration', 'landing')).to.equal('Allowed');
    expect(access.bucket(role, 's3:ListBucket', 'landing')).to.equal('Allowed');
    expect(access.object(role, 's3:PutObject', 'landing', file, encrypted)).to.equal('Allowed');
    // With S3's own key, as UNLOAD would without being told, the bucket takes nothing.
    expect(
      access.object(role, 's3:PutObject', 'landing', file, { 's3:x-amz-server-side-encryption': 'AES256' }),
    ).to.equal('ExplicitlyDenied');
    for (const action of ['kms:GenerateDataKey', 'kms:Decrypt'])
      expect(access.keyOf(role, action, 'landing', file), action).to.equal('Allowed');
    for (const other of ['bronze', 'silver', 'gold', 'artifacts', 'logs'] as const) {
      expect(access.object(role, 's3:PutObject', other, 'a/b'), other).to.equal('ExplicitlyDenied');
      expect(access.keyOf(role, 'kms:GenerateDataKey', other, 'a/b'), other).not.to.equal('Allowed');
    }
    const without = new SimulatedAccess(withSources('prod', { ledger }));
    expect(without.object(without.almighty(roleArn), 's3:PutObject', 'landing', file)).to.equal(
      'ExplicitlyDenied',
    );
  });
});

describe("Snowflake's own bucket", () => {
  const endpoint = ({ stacks }: Synthesized): { Sid: string; Action: string[]; Resource: string[] }[] => {
    const found = resources(stacks.platform, 'aws_vpc_endpoint').find(
      ([, { vpc_endpoint_type: type }]) => type === 'Gateway',
    );
    return (JSON.parse(String(found?.[1]['policy'])) as { Statement: [] }).Statement;
  };

  it('is read through the endpoint of S3 where a connector names it, and never written', () => {
    const snowflake = {
      kind: 'snowflake' as const,
      account: 'exampleorg-prod',
      warehouse: 'W',
      database: 'D',
      secret: 'snowflake',
      stageBucket: 'sfc-eu-ds1-7-customer-stage',
    };
    const naming = endpoint(withSources('prod', { till: snowflake })).filter(({ Resource }) =>
      JSON.stringify(Resource).includes('sfc-'),
    );
    expect(naming).to.deep.equal([
      {
        Sid: 'SnowflakeResults',
        Effect: 'Allow',
        Principal: '*',
        Action: ['s3:GetObject'],
        Resource: ['arn:aws:s3:::sfc-eu-ds1-7-customer-stage/*'],
      },
    ]);
  });

  it('is no part of the policy else', () => {
    for (const name of environmentNames) {
      expect(endpoint(declared(name)).map(({ Sid }) => Sid)).not.to.include('SnowflakeResults');
    }
  });
});
