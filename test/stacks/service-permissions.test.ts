import { expect } from 'chai';
import { secretsOf } from '../../src/model/secrets.js';
import { environmentNames } from './environments.js';
import { SimulatedAccess } from './simulated-access.js';
import { declared, platformOf, resources, synthesized, type Synthesized } from './synthesized.js';

interface ResourceStatement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Principal: '*' | { readonly Service?: readonly string[] };
  readonly Action: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** What the policies of a type of resource allow a service. */
function allowances({ stacks }: Synthesized, type: string, service: string): ResourceStatement[] {
  return Object.values(stacks)
    .flatMap((stack) => resources(stack, type))
    .flatMap(([, { policy }]) => (JSON.parse(String(policy)) as { Statement: ResourceStatement[] }).Statement)
    .filter(
      ({ Effect, Principal }) =>
        Effect === 'Allow' && Principal !== '*' && Principal.Service?.includes(service) === true,
    );
}

function conditionKeys({ Condition = {} }: ResourceStatement): string[] {
  return Object.values(Condition).flatMap((operator) => Object.keys(operator));
}

/**
 * Allowances that never hold. To SNS and SQS EventBridge names neither a source nor its account where they ask the key,
 * and a topic's policy may set it no condition at all. Cost Explorer names an account alone.
 */
function neverMet(synthesis: Synthesized): string[] {
  const source = (key: string): boolean => key.startsWith('aws:Source') || key.startsWith('aws:Principal');
  return [
    ...allowances(synthesis, 'aws_sns_topic_policy', 'events.amazonaws.com').filter(
      ({ Condition }) => Condition !== undefined,
    ),
    ...allowances(synthesis, 'aws_kms_key', 'events.amazonaws.com').filter((one) =>
      conditionKeys(one).some(source),
    ),
    ...['aws_kms_key', 'aws_sns_topic_policy'].flatMap((type) =>
      allowances(synthesis, type, 'costalerts.amazonaws.com').filter((one) =>
        conditionKeys(one).includes('aws:SourceArn'),
      ),
    ),
  ].map(({ Sid }) => Sid);
}

describe('what services may do', () => {
  for (const name of environmentNames) {
    it(`in ${name} has no condition that they never meet`, () => {
      const synthesis = declared(name);
      expect(neverMet(synthesis)).to.deep.equal([]);
      // So that this can fail: there is something to look at.
      expect(allowances(synthesis, 'aws_sns_topic_policy', 'events.amazonaws.com')).to.have.length(1);
      expect(allowances(synthesis, 'aws_kms_key', 'costalerts.amazonaws.com')).to.have.length(1);
    });

    it(`in ${name} is bound: EventBridge uses the key for the one topic and the one queue`, () => {
      const { platform, stacks } = declared(name);
      const { account, prefix, region } = platform.environment;
      const bound = allowances({ platform, stacks } as Synthesized, 'aws_kms_key', 'events.amazonaws.com');
      expect(bound.map(({ Action, Condition }) => [Action, Condition])).to.deep.equal([
        [
          ['kms:Decrypt', 'kms:GenerateDataKey*'],
          {
            StringEquals: {
              'kms:EncryptionContext:aws:sns:topicArn': `arn:aws:sns:${region}:${account}:${prefix}-events`,
            },
          },
        ],
        [
          ['kms:Decrypt', 'kms:GenerateDataKey*'],
          {
            StringEquals: {
              'kms:EncryptionContext:aws:sqs:arn': `arn:aws:sqs:${region}:${account}:${prefix}-undelivered`,
            },
          },
        ],
      ]);
    });

    it(`in ${name} lets whoever publishes to a topic use its key`, () => {
      const synthesis = declared(name);
      for (const service of ['cloudwatch', 'events', 'budgets', 'costalerts'].map(
        (one) => `${one}.amazonaws.com`,
      )) {
        expect(allowances(synthesis, 'aws_sns_topic_policy', service), service).not.to.be.empty;
        expect(allowances(synthesis, 'aws_kms_key', service), service).not.to.be.empty;
      }
    });

    it(`in ${name} lets EMR Serverless encrypt the logs of runs of this account's applications`, () => {
      const synthesis = declared(name);
      const { account, region } = synthesis.platform.environment;
      const [logs, ...more] = allowances(synthesis, 'aws_kms_key', 'emr-serverless.amazonaws.com');
      expect(more).to.deep.equal([]);
      expect(logs?.Action).to.have.members(['kms:Decrypt', 'kms:GenerateDataKey*']);
      expect(logs?.Condition).to.deep.equal({
        StringEquals: { 'aws:SourceAccount': account },
        ArnLike: { 'aws:SourceArn': [`arn:aws:emr-serverless:${region}:${account}:/applications/*`] },
      });
    });
  }
});

describe('a condition that a service never meets', () => {
  it('is found in a key, and in a topic', () => {
    const { platform, stacks, texts } = declared('dev');
    const bound = (statement: ResourceStatement): ResourceStatement => ({
      ...statement,
      Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:events:eu-central-1:111122223333:rule/one' } },
    });
    const changed = (text: unknown): string => {
      const document = JSON.parse(String(text)) as { Statement: ResourceStatement[] };
      return JSON.stringify({ ...document, Statement: document.Statement.map(bound) });
    };
    const within = <Kind extends 'data' | 'observability'>(kind: Kind, type: string) => ({
      ...stacks[kind],
      resource: {
        ...stacks[kind].resource,
        [type]: Object.fromEntries(
          resources(stacks[kind], type).map(([id, one]) => [id, { ...one, policy: changed(one['policy']) }]),
        ),
      },
    });
    expect(
      neverMet({ platform, texts, stacks: { ...stacks, data: within('data', 'aws_kms_key') } }),
    ).to.have.members(['Events', 'UndeliveredEvents', 'CostAnomalies']);
    const observability = within('observability', 'aws_sns_topic_policy');
    expect(neverMet({ platform, texts, stacks: { ...stacks, observability } })).to.have.members([
      'Rules',
      'CostAnomalies',
    ]);
  });
});

describe('who fills secrets', () => {
  const rotation = {
    lambdaArn: 'arn:aws:lambda:eu-central-1:444455556666:function:rotate',
    roleArn: 'arn:aws:iam::444455556666:role/rotate',
    days: 30,
  };
  const rotating = (): Synthesized => {
    const platform = platformOf('prod');
    const { environment } = platform;
    const secrets = { ...environment.secrets, rotation: { 'masking-key': rotation } };
    return synthesized({ ...platform, environment: { ...environment, secrets } });
  };
  const everywhere: [string, () => Synthesized][] = [
    ...environmentNames.map((name): [string, () => Synthesized] => [name, () => declared(name)]),
    ['prod with a rotation', rotating],
  ];

  for (const [title, make] of everywhere) {
    it(`in ${title}: may use the key of secrets by them alone, and nobody else may who is not to fill one`, () => {
      const synthesis = make();
      const { platform } = synthesis;
      const { environment } = platform;
      const access = new SimulatedAccess(synthesis);
      const secrets = secretsOf(platform);
      expect(secrets).not.to.be.empty;
      const { administrators, deployers, deliverers, personas } = environment.access;
      const asked = [
        ...administrators,
        ...deployers,
        ...deliverers,
        ...Object.values(personas).flatMap(({ principals }) => principals),
        rotation.roleArn,
        `arn:aws:iam::${environment.account}:role/somebody`,
      ].filter((arn) => !arn.includes('*'));
      const writes: string[] = [];
      for (const arn of new Set(asked)) {
        const caller = access.almighty(arn);
        const fills = secrets.some(
          ({ name }) => access.secret(caller, 'secretsmanager:PutSecretValue', name) === 'Allowed',
        );
        const uses = (service: string, action: string): boolean =>
          access.key(caller, action, 'operations', {
            'kms:ViaService': `${service}.${environment.region}.amazonaws.com`,
          }) === 'Allowed';
        for (const action of ['kms:GenerateDataKey', 'kms:Decrypt']) {
          if (fills) {
            writes.push(arn);
            expect(uses('secretsmanager', action), `${arn} ${action}`).to.equal(true);
          } else if (!deployers.includes(arn)) {
            expect(uses('secretsmanager', action), `${arn} ${action}`).to.equal(false);
          }
          if (administrators.includes(arn) && !deployers.includes(arn)) {
            expect(uses('s3', action), `${arn} ${action} through S3`).to.equal(false);
          }
        }
      }
      expect(writes).not.to.be.empty;
      if (environment.secrets.rotation['masking-key']) expect(writes).to.include(rotation.roleArn);
    });
  }
});

describe('who makes the environment of Airflow', () => {
  it('gives MWAA its grants on the key of operations, however MWAA asks for them, and no other service', () => {
    for (const name of environmentNames) {
      const { platform, stacks, texts } = declared(name);
      const access = new SimulatedAccess({ platform, stacks, texts });
      const { access: who, region } = platform.environment;
      const [deployer = ''] = who.deployers;
      const grants = (context: Readonly<Record<string, string>>): string =>
        access.key(access.almighty(deployer), 'kms:CreateGrant', 'operations', context);
      const through = (service: string) => ({ 'kms:ViaService': `${service}.${region}.amazonaws.com` });
      expect(grants({ 'kms:GrantIsForAWSResource': 'true' }), name).to.equal('Allowed');
      expect(grants(through('airflow')), name).to.equal('Allowed');
      for (const context of [{}, through('ec2'), { ...through('s3'), 'kms:GrantIsForAWSResource': 'false' }])
        expect(grants(context), `${name} ${JSON.stringify(context)}`).not.to.equal('Allowed');
    }
  });
});
