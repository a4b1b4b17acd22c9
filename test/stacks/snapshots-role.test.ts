import { expect } from 'chai';
import { layers } from '../../src/model/layers.js';
import { names } from '../../src/model/names.js';
import type { Platform } from '../../src/model/platform.js';
import { SimulatedAccess } from './simulated-access.js';
import { declared, platformOf, resources, synthesized } from './synthesized.js';

const prod = declared('prod');
const { environment } = prod.platform;
const access = new SimulatedAccess(prod);
const role = access.role(names.snapshotsRole(environment));
const bucket = 'arn:aws:s3:::roastery-prod-444455556666-snapshots';
const states = 'arn:aws:s3:::roastery-prod-444455556666-terraform-state';

describe("the role of Airflow's snapshots", () => {
  it('reads every layer and releases, through the keys of these, and writes none of them', () => {
    for (const layer of layers) {
      expect(access.object(role, 's3:GetObject', layer, 'members/part-0.parquet')).to.equal('Allowed');
      expect(access.bucket(role, 's3:ListBucket', layer)).to.equal('Allowed');
      expect(access.keyOf(role, 'kms:Decrypt', layer, 'members/part-0.parquet')).to.equal('Allowed');
      for (const action of ['s3:PutObject', 's3:DeleteObject'])
        expect(access.object(role, action, layer, 'members/part-0.parquet')).not.to.equal('Allowed');
      expect(access.keyOf(role, 'kms:GenerateDataKey', layer, 'members/part-0.parquet')).not.to.equal(
        'Allowed',
      );
    }
    expect(access.object(role, 's3:GetObject', 'artifacts', 'releases/current.json')).to.equal('Allowed');
    expect(access.keyOf(role, 'kms:Decrypt', 'artifacts', 'releases/current.json')).to.equal('Allowed');
    expect(access.object(role, 's3:GetObject', 'artifacts', 'airflow/dags.json')).not.to.equal('Allowed');
    for (const kind of ['landing', 'logs'] as const)
      expect(access.object(role, 's3:GetObject', kind, 'any/file')).not.to.equal('Allowed');
  });

  it('writes the snapshots of its environment, and only reads its states', () => {
    for (const action of ['s3:GetObject', 's3:PutObject', 's3:DeleteObject']) {
      expect(access.plain(role, action, `${bucket}/prod/lock.json`)).to.equal('Allowed');
      expect(access.plain(role, action, `${bucket}/dev/lock.json`)).not.to.equal('Allowed');
    }
    expect(access.plain(role, 's3:GetObject', `${states}/prod/data.tfstate`)).to.equal('Allowed');
    expect(access.plain(role, 's3:PutObject', `${states}/prod/data.tfstate`)).not.to.equal('Allowed');
    // A key's own policy is in another stack's hands, so that the statement is looked at.
    const { Statement } = role.policies[0] as { Statement: { Sid: string; Condition: unknown }[] };
    expect(Statement.find(({ Sid }) => Sid === 'KeyOfSnapshots')?.Condition).to.deep.equal({
      'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/roastery-prod-444455556666-snapshots' },
      StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' },
    });
  });

  it('sees names of secrets and no value', () => {
    expect(access.plain(role, 'secretsmanager:ListSecrets', '*')).to.equal('Allowed');
    expect(access.secret(role, 'secretsmanager:GetSecretValue', 'roastery-prod/ledger')).not.to.equal(
      'Allowed',
    );
  });

  it('is taken on by the role of Airflow, and by no job', () => {
    const arn = names.snapshotsRoleArn(environment);
    const airflow = access.role(names.airflowRole(environment));
    expect(access.plain(airflow, 'sts:AssumeRole', arn)).to.equal('Allowed');
    for (const job of prod.platform.jobs) {
      const caller = access.role(names.jobRole(environment, job));
      expect(access.plain(caller, 'sts:AssumeRole', arn), job.id).not.to.equal('Allowed');
    }
    const [, trusting] = resources(prod.stacks.data, 'aws_iam_role').find(
      ([, one]) => one['name'] === names.snapshotsRole(environment),
    ) ?? ['', {}];
    const { Statement } = JSON.parse(String(trusting['assume_role_policy'])) as {
      Statement: { Condition: unknown }[];
    };
    expect(Statement.map(({ Condition }) => Condition)).to.deep.equal([
      { ArnEquals: { 'aws:PrincipalArn': names.roleArn(environment, names.airflowRole(environment)) } },
    ]);
  });

  it('is not there where nothing is scheduled, and neither is what lets it in', () => {
    const platform = platformOf('prod');
    const { schedule: _, ...snapshots } = platform.environment.snapshots ?? {};
    const without = synthesized({
      ...platform,
      environment: { ...platform.environment, snapshots } as Platform['environment'],
    });
    const named =
      Object.values(without.texts)
        .join('')
        .match(/role\/roastery-prod-snapshots/g) ?? [];
    // Once: where it is taken from those who may look at everything in Lake Formation.
    expect(named).to.have.length(1);
    expect(without.texts.data).to.match(/setsubtract\([^)]*\), \[\\"[^"]*role\/roastery-prod-snapshots/);
  });
});
