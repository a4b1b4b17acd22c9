import { expect } from 'chai';
import { environmentNames } from './environments.js';
import {
  declared,
  platformOf,
  resources,
  statementsOf,
  synthesized,
  type Attributes,
} from './synthesized.js';

const dev = declared('dev').stacks.data;

describe('the catalog', () => {
  it('has a database a layer, over the bucket of the layer', () => {
    expect(
      resources(dev, 'aws_glue_catalog_database').map(([, { name, location_uri: uri }]) => [name, uri]),
    ).to.have.deep.members([
      ['roastery_dev_bronze', 's3://roastery-dev-111122223333-bronze/'],
      ['roastery_dev_silver', 's3://roastery-dev-111122223333-silver/'],
      ['roastery_dev_gold', 's3://roastery-dev-111122223333-gold/'],
    ]);
  });

  it('has the columns of each contract, in its order and with its types', () => {
    const table = dev.resource['aws_glue_catalog_table']?.['catalog_shops_bronze'];
    const storage = table?.['storage_descriptor'] as Attributes;
    expect(
      (storage['columns'] as Attributes[]).map(({ name, type }) => `${String(name)} ${String(type)}`),
    ).to.deep.equal([
      'shop_id string',
      'shop_name string',
      'country string',
      'roast string',
      'seats int',
      'yearly_rent decimal(18,2)',
      'is_open boolean',
      'updated_at timestamp',
      '_source_file string',
      '_unmapped map<string,string>',
      'ingest_date date',
    ]);
    expect(storage['location']).to.equal('s3://roastery-dev-111122223333-bronze/shops/');
    expect(table?.['parameters']).to.include({
      table_type: 'DELTA',
      'spark.sql.sources.provider': 'delta',
      'dataplat.dataset': 'shops_bronze',
    });
  });

  it('has one table a contract and one for what breaks it, in every environment', () => {
    for (const name of environmentNames) {
      const { platform, stacks } = declared(name);
      expect(resources(stacks.data, 'aws_glue_catalog_table').map(([id]) => id)).to.have.members(
        platform.datasets.flatMap(({ id }) => [`catalog_${id}`, `catalog_${id}_quarantine`]),
      );
    }
  });

  it('has the rows that break a contract as they were delivered, with the reasons', () => {
    const table = dev.resource['aws_glue_catalog_table']?.['catalog_members_bronze_quarantine'];
    const storage = table?.['storage_descriptor'] as Attributes;
    expect(table?.['name']).to.equal('members__quarantine');
    expect(storage['location']).to.equal('s3://roastery-dev-111122223333-bronze/members__quarantine/');
    expect((storage['columns'] as Attributes[]).map(({ name }) => name)).to.deep.equal([
      '_raw',
      '_reasons',
      '_source_file',
      'ingest_date',
    ]);
  });

  it('comes after Lake Formation is in charge, so that no database is born open to everybody', () => {
    for (const [, database] of resources(dev, 'aws_glue_catalog_database')) {
      expect(database['depends_on']).to.deep.equal(['aws_lakeformation_data_lake_settings.lake_settings']);
    }
    expect(dev.resource['aws_lakeformation_data_lake_settings']?.['lake_settings']).to.deep.include({
      create_database_default_permissions: [],
      create_table_default_permissions: [],
    });
  });
});

describe('who deploys', () => {
  const [first, second] = ['deploy', 'deploy-by-hand'].map(
    (name) => `arn:aws:iam::111122223333:role/${name}`,
  );
  const withDeployers = (deployers: string[]) => {
    const platform = platformOf('dev');
    const { environment } = platform;
    const access = { ...environment.access, deployers };
    return synthesized({ ...platform, environment: { ...environment, access } }).stacks.data;
  };

  it('may alter and drop what another deployer made, each of them, before a table is touched', () => {
    const stack = withDeployers([first ?? '', second ?? '', 'arn:aws:iam::111122223333:role/ci-*']);
    for (const principal of [first, second]) {
      const granted = resources(stack, 'aws_lakeformation_permissions').filter(
        ([, grant]) => grant['principal'] === principal,
      );
      for (const layer of ['bronze', 'silver', 'gold']) {
        const database = `\${aws_glue_catalog_database.catalog_${layer}.name}`;
        const on = granted.map(([, { database: whole, table, permissions }]) => ({
          whole,
          table,
          permissions,
        }));
        expect(on).to.deep.include({
          whole: { name: database },
          table: undefined,
          permissions: ['ALTER', 'CREATE_TABLE', 'DESCRIBE', 'DROP'],
        });
        expect(on).to.deep.include({
          whole: undefined,
          table: { database_name: database, wildcard: true },
          permissions: ['ALTER', 'DESCRIBE', 'DROP'],
        });
      }
      for (const [, table] of resources(stack, 'aws_glue_catalog_table')) {
        expect(table['depends_on']).to.include.members(
          granted.map(([id]) => `aws_lakeformation_permissions.${id}`),
        );
      }
    }
    // Lake Formation knows no patterns.
    expect(JSON.stringify(stack.resource['aws_lakeformation_permissions'])).not.to.include('ci-');
  });

  it('keeps what he has where another one leaves the list', () => {
    const idsOf = (deployers: string[]) =>
      resources(withDeployers(deployers), 'aws_lakeformation_permissions').flatMap(([id, { principal }]) =>
        principal === second ? [id] : [],
      );
    expect(idsOf([second ?? ''])).to.have.length(6);
    expect(idsOf([second ?? ''])).to.deep.equal(idsOf([first ?? '', second ?? '']));
  });

  it('reads no data by that', () => {
    const grants = resources(withDeployers([first ?? '']), 'aws_lakeformation_permissions').filter(
      ([, grant]) => grant['principal'] === first,
    );
    expect(grants).to.have.length(6);
    expect(grants.flatMap(([, { permissions }]) => permissions)).not.to.include('SELECT');
  });
});

describe('Lake Formation', () => {
  it('is administered by whom the environment names, by whoever deploys, and by whom others have named', () => {
    const declaredNow =
      '["arn:aws:iam::111122223333:role/data-platform-admin", data.aws_iam_session_context.lake_session.issuer_arn]';
    const { admins } = dev.resource['aws_lakeformation_data_lake_settings']?.['lake_settings'] ?? {};
    expect(admins).to.match(/^\$\{setunion\(/);
    expect(admins).to.contain(declaredNow);
    // Those who are there now, less those whom the last apply declared.
    expect(admins).to.contain(
      'setsubtract(tolist(data.aws_lakeformation_data_lake_settings.lake_present.admins)',
    );
    expect(admins).to.contain('data.aws_ssm_parameters_by_path.lake_last.values');
    const record = dev.resource['aws_ssm_parameter']?.['lake_declared'];
    expect(record?.['value']).to.contain(declaredNow);
    expect(record?.['name']).to.equal('/dataplat/dev/data/lake-administrators/declared');
    expect(dev.data?.['aws_ssm_parameters_by_path']?.['lake_last']?.['path']).to.equal(
      '/dataplat/dev/data/lake-administrators',
    );
    expect(dev.data?.['aws_iam_session_context']?.['lake_session']?.['arn']).to.equal(
      '${data.aws_caller_identity.lake_caller.arn}',
    );
  });

  it("lets no engine outside filter or read whole tables, and trusts nobody else's sessions", () => {
    expect(dev.resource['aws_lakeformation_data_lake_settings']?.['lake_settings']).to.deep.include({
      allow_external_data_filtering: false,
      allow_full_table_external_data_access: false,
      external_data_filtering_allow_list: [],
      authorized_session_tag_value_list: [],
      trusted_resource_owners: [],
      parameters: { CROSS_ACCOUNT_VERSION: '4' },
    });
  });

  it('knows every tag that a contract bears or a persona asks for', () => {
    expect(
      Object.fromEntries(
        resources(dev, 'aws_lakeformation_lf_tag').map(([, { key, values }]) => [key, values]),
      ),
    ).to.deep.equal({
      domain: ['finance', 'people', 'platform', 'retail'],
      layer: ['bronze', 'gold', 'silver'],
      sensitivity: ['internal', 'pii', 'public'],
    });
  });

  it('marks databases by layer, tables by contract, and the columns that differ from their table', () => {
    const assigned = resources(dev, 'aws_lakeformation_resource_lf_tag').map(([, assignment]) => {
      const [tag] = assignment['lf_tag'] as { key: string; value: string }[];
      const [on] = (assignment['database'] ??
        assignment['table'] ??
        assignment['table_with_columns']) as Attributes[];
      const columns = on?.['column_names'] as string[] | undefined;
      return `${String(on?.['name'])}${columns ? `(${columns.join()})` : ''} ${tag?.value}`;
    });
    const table = (id: string) => `\${aws_glue_catalog_table.catalog_${id}.name}`;
    expect(assigned).to.include.members([
      '${aws_glue_catalog_database.catalog_gold.name} gold',
      `${table('shops_bronze')} retail`,
      `${table('shops_bronze')} internal`,
      `${table('members_bronze')}(full_name,email,phone,born_on) pii`,
      `${table('members_silver')} internal`,
      `${table('invoices_bronze')}(member_id) pii`,
    ]);
    expect(assigned.filter((one) => one.includes('(') && one.includes('pii'))).to.have.length(2);
  });

  it('marks rejected rows as personal data, whatever their dataset is', () => {
    const tags = resources(dev, 'aws_lakeformation_resource_lf_tag').flatMap(([id, assignment]) =>
      id.includes('_quarantine_')
        ? [[(assignment['table'] as Attributes[])[0]?.['name'], assignment['lf_tag']]]
        : [],
    );
    expect(tags).to.have.deep.members(
      [
        ['shops_bronze', 'retail'],
        ['members_bronze', 'people'],
        ['members_silver', 'people'],
        ['invoices_bronze', 'finance'],
        ['order_events_bronze', 'retail'],
        ['dq_results_gold', 'platform'],
      ].flatMap(([table, domain]) =>
        [
          { key: '${aws_lakeformation_lf_tag.lakeformation_tag_domain.key}', value: domain },
          { key: '${aws_lakeformation_lf_tag.lakeformation_tag_sensitivity.key}', value: 'pii' },
        ].map((tag) => [`\${aws_glue_catalog_table.catalog_${table}_quarantine.name}`, [tag]]),
      ),
    );
  });

  it("registers each layer with a role of its own, and decides for everybody's access to it", () => {
    expect(resources(dev, 'aws_lakeformation_resource').map(([, location]) => location)).to.have.length(3);
    for (const layer of ['bronze', 'silver', 'gold']) {
      expect(dev.resource['aws_lakeformation_resource']?.[`lakeformation_${layer}_location`]).to.deep.include(
        {
          arn: `\${aws_s3_bucket.bucket_${layer}.arn}`,
          role_arn: `\${aws_iam_role.lakeformation_${layer}_access_role.arn}`,
          hybrid_access_enabled: false,
          with_federation: false,
        },
      );
    }
  });

  it("lends a layer's role for that layer's bucket and key alone, to Lake Formation of this account alone", () => {
    const role = dev.resource['aws_iam_role']?.['lakeformation_silver_access_role'];
    expect(role?.['name']).to.equal('roastery-dev-lake-silver');
    expect(statementsOf(role?.['assume_role_policy'])['Trust']).to.deep.equal({
      Sid: 'Trust',
      Effect: 'Allow',
      Principal: { Service: ['lakeformation.amazonaws.com'] },
      Action: ['sts:AssumeRole'],
      Condition: {
        StringEquals: { 'aws:SourceAccount': '111122223333' },
        ArnLike: { 'aws:SourceArn': ['arn:aws:lakeformation:eu-central-1:111122223333:*'] },
      },
    });
    const policy = statementsOf(
      dev.resource['aws_iam_role_policy']?.['lakeformation_silver_access_policy']?.['policy'],
    );
    expect(Object.values(policy).map(({ Resource }) => Resource)).to.deep.equal([
      'arn:aws:s3:::roastery-dev-111122223333-silver',
      'arn:aws:s3:::roastery-dev-111122223333-silver/*',
      '${aws_kms_key.key_silver.arn}',
    ]);
  });

  it('lets a persona read by tags alone, so that an analyst sees no personal data', () => {
    const grants = resources(dev, 'aws_lakeformation_permissions')
      .filter(([, grant]) => grant['principal'] === 'arn:aws:iam::111122223333:role/analyst')
      .map(([, grant]) => ({ permissions: grant['permissions'], policy: grant['lf_tag_policy'] }));
    expect(grants).to.have.deep.members([
      {
        permissions: ['SELECT', 'DESCRIBE'],
        policy: {
          resource_type: 'TABLE',
          expression: [
            { key: 'layer', values: ['gold', 'silver'] },
            { key: 'sensitivity', values: ['internal', 'public'] },
          ],
        },
      },
      {
        permissions: ['DESCRIBE'],
        policy: { resource_type: 'DATABASE', expression: [{ key: 'layer', values: ['gold', 'silver'] }] },
      },
    ]);
  });
});
