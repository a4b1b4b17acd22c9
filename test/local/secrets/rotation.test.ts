import { expect } from 'chai';
import { StartedEndpoint } from '../started-endpoint.js';

describe('the rotation of a secret on the local endpoint', function () {
  const endpoint = new StartedEndpoint();
  const secrets = <Answer = Record<string, unknown>>(
    operation: string,
    parameters: object,
  ): Promise<Answer> => endpoint.call<Answer>('secretsmanager', operation, parameters);
  before(() => endpoint.up());
  after(() => endpoint.end());

  it('is set up and cancelled, as Terraform does when it makes and destroys it', async () => {
    const { ARN } = await secrets<{ ARN: string }>('create_secret', {
      Name: 'masking-key',
      SecretString: 'x',
    });
    await secrets('rotate_secret', {
      SecretId: ARN,
      RotationLambdaARN: 'arn:aws:lambda:eu-central-1:123456789012:function:rotate',
      RotationRules: { AutomaticallyAfterDays: 30 },
      RotateImmediately: false,
    });
    const described = await secrets('describe_secret', { SecretId: ARN });
    expect(described).to.include({ RotationEnabled: true });
    expect(await secrets('cancel_rotate_secret', { SecretId: ARN })).to.include({ ARN, Name: 'masking-key' });
  });

  it('of a secret that is not there cannot be cancelled', async () => {
    expect(
      await endpoint.refusal('secretsmanager', 'cancel_rotate_secret', { SecretId: 'nothing' }),
    ).to.equal('ResourceNotFoundException');
  });
});
