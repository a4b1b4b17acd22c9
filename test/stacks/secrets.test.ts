import { expect } from 'chai';
import type { Environment } from '../../src/model/environment.js';
import { declared, platformOf, resources, statementsOf, synthesized, type StackJson } from './synthesized.js';

const prod = declared('prod').stacks.platform;

/** Production with other settings of its secrets. */
function withSecrets(secrets: Partial<Environment['secrets']>): StackJson {
  const platform = platformOf('prod');
  const { environment } = platform;
  return synthesized({
    ...platform,
    environment: { ...environment, secrets: { ...environment.secrets, ...secrets } },
  }).stacks.platform;
}

const policyOf = (stack: StackJson) =>
  statementsOf(stack.resource['aws_secretsmanager_secret_policy']?.['secret_masking_key_policy']?.['policy']);
const exempt = (stack: StackJson, sid: string): unknown =>
  (policyOf(stack)[sid]?.Condition as { ArnNotLike?: Record<string, unknown> } | undefined)?.ArnNotLike?.[
    'aws:PrincipalArn'
  ];

const administrator = 'arn:aws:iam::444455556666:role/data-platform-admin';
const jobs = 'arn:aws:iam::444455556666:role/roastery-prod-job-*';
const rotation = {
  lambdaArn: 'arn:aws:lambda:eu-central-1:444455556666:function:rotate',
  roleArn: 'arn:aws:iam::444455556666:role/rotate',
  days: 30,
};

describe('secrets', () => {
  it('have a place for the masking key, encrypted and to be had back, but never its value', () => {
    expect(prod.resource['aws_secretsmanager_secret']?.['secret_masking_key']).to.include({
      name: 'roastery-prod/masking-key',
      kms_key_id: '${data.aws_ssm_parameter.data_kms_operations_key_arn.insecure_value}',
      recovery_window_in_days: 30,
    });
    expect(prod.resource['aws_secretsmanager_secret_version']).to.equal(undefined);
    expect(prod.resource['aws_secretsmanager_secret_rotation']).to.equal(undefined);
  });

  it('are read by the jobs that the graph says need them, and by administrators; everybody else is denied', () => {
    const stack = withSecrets({});
    expect(policyOf(stack)['ReadersOnly']).to.deep.include({
      Effect: 'Deny',
      Principal: '*',
      Action: ['secretsmanager:GetSecretValue'],
    });
    expect(exempt(stack, 'ReadersOnly')).to.deep.equal([administrator, jobs]);
    expect(policyOf(stack)['ItsJobsOnly']).to.deep.include({
      Effect: 'Deny',
      Principal: '*',
      Action: ['secretsmanager:GetSecretValue'],
      Condition: {
        ArnLike: { 'aws:PrincipalArn': jobs },
        StringNotEquals: { 'aws:PrincipalTag/secret-masking-key': 'read' },
      },
    });
    const readers = (made: StackJson) =>
      resources(made, 'aws_iam_role')
        .filter(([, { tags }]) => (tags as Record<string, string> | undefined)?.['secret-masking-key'])
        .map(([, { name }]) => name);
    expect(readers(stack)).to.deep.equal(['roastery-prod-job-members-silver']);
  });

  it('are set by administrators alone, over TLS alone, and never open to the public', () => {
    const stack = withSecrets({});
    expect(exempt(stack, 'WritersOnly')).to.deep.equal([administrator]);
    expect(policyOf(stack)['TlsOnly']).to.deep.include({
      Effect: 'Deny',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
    expect(stack.resource['aws_secretsmanager_secret_policy']?.['secret_masking_key_policy']).to.include({
      block_public_policy: true,
    });
  });

  it('rotate where the environment names a function, whose role may then read and set them', () => {
    const stack = withSecrets({ rotation: { 'masking-key': rotation } });
    expect(
      stack.resource['aws_secretsmanager_secret_rotation']?.['secret_masking_key_rotation'],
    ).to.deep.include({
      secret_id: '${aws_secretsmanager_secret.secret_masking_key.id}',
      rotation_lambda_arn: rotation.lambdaArn,
      rotate_immediately: false,
      rotation_rules: { automatically_after_days: 30 },
    });
    expect(exempt(stack, 'ReadersOnly')).to.deep.equal([administrator, jobs, rotation.roleArn]);
    expect(exempt(stack, 'WritersOnly')).to.deep.equal([administrator, rotation.roleArn]);
  });

  it('have a copy in another region where the environment names one', () => {
    const keyArn = 'arn:aws:kms:eu-west-1:444455556666:key/1f';
    const stack = withSecrets({ replica: { region: 'eu-west-1', keyArn } });
    expect(stack.resource['aws_secretsmanager_secret']?.['secret_masking_key']?.['replica']).to.deep.equal([
      { region: 'eu-west-1', kms_key_id: keyArn },
    ]);
  });
});
