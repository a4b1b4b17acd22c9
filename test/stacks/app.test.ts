import { expect } from 'chai';
import { stackKinds } from '../../src/model/names.js';
import { environmentNames } from './environments.js';
import { declared, platformOf, resources, synthesized, type Synthesized } from './synthesized.js';

describe('the stacks of an environment', () => {
  for (const name of environmentNames) {
    it(`${name} are the same bytes every time`, () => {
      expect(synthesized(platformOf(name)).texts).to.deep.equal(synthesized(platformOf(name)).texts);
    });

    it(`${name} hold no name that AWS would refuse for its length`, () => {
      const limits: Record<string, readonly [attribute: string, limit: number]> = {
        aws_iam_role: ['name', 64],
        aws_s3_bucket: ['bucket', 63],
        aws_emrserverless_application: ['name', 64],
        aws_mwaa_environment: ['name', 80],
        aws_cloudwatch_event_rule: ['name', 64],
        aws_athena_workgroup: ['name', 128],
        aws_iam_role_policy: ['name', 128],
      };
      const { stacks } = declared(name);
      for (const [type, [attribute, limit]] of Object.entries(limits)) {
        const found = stackKinds.flatMap((kind) => resources(stacks[kind], type));
        expect(found, type).not.to.have.length(0);
        for (const [id, attributes] of found) {
          expect(String(attributes[attribute]).length, `${type}.${id}`).to.be.within(1, limit);
        }
      }
    });

    it(`${name} tag everything with environment, stack, and who manages it`, () => {
      const { stacks } = declared(name);
      for (const kind of stackKinds) {
        expect(stacks[kind].provider.aws[0]?.['default_tags']).to.deep.equal([
          {
            tags: {
              'cost-center': 'data-platform',
              owner: 'data-platform@example.com',
              environment: name,
              stack: kind,
              'managed-by': 'dataplat',
            },
          },
        ]);
      }
    });

    it(`${name} read only what a stack before them publishes`, () => {
      const { stacks } = declared(name);
      const published = new Set<unknown>();
      for (const kind of stackKinds) {
        for (const { name: read } of Object.values(stacks[kind].data?.['aws_ssm_parameter'] ?? {})) {
          expect(published).to.include(read);
        }
        expect(stacks[kind].data).not.to.have.property('terraform_remote_state');
        for (const [, parameter] of resources(stacks[kind], 'aws_ssm_parameter')) {
          expect(parameter['name']).to.match(new RegExp(`^/dataplat/${name}/${kind}/`));
          published.add(parameter['name']);
        }
      }
      expect(published).to.include(`/dataplat/${name}/platform/emr/application-id`);
    });
  }

  it('of an account refuse any other account', () => {
    const { stacks } = declared('prod');
    for (const kind of stackKinds) {
      expect(stacks[kind].provider.aws[0]?.['allowed_account_ids']).to.deep.equal(['444455556666']);
    }
  });

  it('of an account keep their state in its bucket, one file a stack, encrypted and locked', () => {
    expect(declared('prod').stacks.observability.terraform.backend).to.deep.equal({
      s3: {
        bucket: 'roastery-prod-444455556666-terraform-state',
        key: 'prod/observability.tfstate',
        region: 'eu-central-1',
        encrypt: true,
        kms_key_id: 'arn:aws:kms:eu-central-1:444455556666:alias/roastery-prod-444455556666-terraform-state',
        allowed_account_ids: ['444455556666'],
        use_lockfile: true,
      },
    });
  });

  it('guard what holds data where the environment is protected, unless somebody agreed to lose it', () => {
    const guarded = ({ stacks }: Pick<Synthesized, 'stacks'>): string[] =>
      stackKinds.flatMap((kind) =>
        Object.entries(stacks[kind].resource).flatMap(([type, named]) =>
          Object.values(named).some(({ lifecycle }) => lifecycle !== undefined) ? [type] : [],
        ),
      );
    const holding = ['aws_s3_bucket', 'aws_kms_key', 'aws_glue_catalog_database', 'aws_glue_catalog_table'];
    expect(guarded(declared('prod'))).to.include.members(holding);
    for (const type of holding) {
      for (const { lifecycle } of Object.values(declared('prod').stacks.data.resource[type] ?? {}))
        expect(lifecycle).to.deep.equal({ prevent_destroy: true });
    }
    expect(guarded(declared('dev'))).to.deep.equal([]);
    expect(guarded(synthesized(platformOf('prod'), [], {}, true))).to.deep.equal([]);
  });

  it('of this machine say nothing of where the endpoint or its state is', () => {
    const { stacks, texts } = declared('local');
    const elsewhere = platformOf('local');
    const moved = synthesized({
      ...elsewhere,
      environment: { ...elsewhere.environment, endpoint: { port: 9999 } },
    });
    expect(moved.texts).to.deep.equal(texts);
    expect(stacks.data.terraform.backend).to.deep.equal({ local: {} });
    expect(stacks.data.provider.aws[0]).to.include({ s3_use_path_style: true, max_retries: 2 });
    expect(stacks.data.provider.aws[0]).not.to.have.any.keys(
      'endpoints',
      'access_key',
      'allowed_account_ids',
    );
  });

  it('give their outputs names that scripts can rely on', () => {
    const { stacks } = declared('dev');
    expect(Object.keys(stacks.data.output)).to.include.members([
      'landing_bucket',
      'logs_bucket',
      'bronze_database',
      'operations_key_arn',
    ]);
    expect(Object.keys(stacks.platform.output)).to.include.members([
      'vpc_id',
      'emr_application_id',
      'job_role_arns',
      'airflow_name',
      'airflow_url',
      'athena_workgroup',
    ]);
    expect(Object.keys(stacks.observability.output)).to.include('alarm_topic_arn');
  });
});
