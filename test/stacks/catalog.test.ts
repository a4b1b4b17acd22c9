import { expect } from 'chai';
import { environmentNames } from './environments.js';
import { declared, resources, type Attributes } from './synthesized.js';

const dev = declared('dev').stacks.data;

describe('the catalog', () => {
  it('has a database a layer, over the bucket of the layer', () => {
    expect(
      resources(dev, 'aws_glue_catalog_database').map(([, { name, location_uri: uri }]) => [name, uri]),
    ).to.have.deep.members([
      ['dataplat_dev_bronze', 's3://dataplat-dev-111122223333-bronze/'],
      ['dataplat_dev_silver', 's3://dataplat-dev-111122223333-silver/'],
      ['dataplat_dev_gold', 's3://dataplat-dev-111122223333-gold/'],
    ]);
  });

  it('has the columns of each contract, in its order and with its types', () => {
    const table = dev.resource['aws_glue_catalog_table']?.['catalog_crm_accounts_bronze'];
    const storage = table?.['storage_descriptor'] as Attributes;
    expect(
      (storage['columns'] as Attributes[]).map(({ name, type }) => `${String(name)} ${String(type)}`),
    ).to.deep.equal([
      'account_id string',
      'account_name string',
      'industry string',
      'country string',
      'billing_address string',
      'annual_revenue decimal(18,2)',
      'employees bigint',
      'is_active boolean',
      'created_at timestamp',
      'updated_at timestamp',
      '_source_file string',
      '_unmapped map<string,string>',
      'ingest_date date',
    ]);
    expect(storage['location']).to.equal('s3://dataplat-dev-111122223333-bronze/crm_accounts/');
    expect(table?.['parameters']).to.include({
      table_type: 'DELTA',
      'spark.sql.sources.provider': 'delta',
      'dataplat.dataset': 'crm_accounts_bronze',
    });
  });

  it('has one table a contract, in every environment', () => {
    for (const name of environmentNames) {
      const { platform, stacks } = declared(name);
      expect(resources(stacks.data, 'aws_glue_catalog_table').map(([id]) => id)).to.have.members(
        platform.datasets.map(({ id }) => `catalog_${id}`),
      );
    }
  });

  it('comes after Lake Formation is in charge, so that no database is born open to everybody', () => {
    for (const [, database] of resources(dev, 'aws_glue_catalog_database')) {
      expect(database['depends_on']).to.deep.equal(['aws_lakeformation_data_lake_settings.lake_settings']);
    }
    expect(dev.resource['aws_lakeformation_data_lake_settings']?.['lake_settings']).not.to.have.any.keys(
      'create_database_default_permissions',
      'create_table_default_permissions',
    );
  });
});

describe('Lake Formation', () => {
  it('is administered by whom the environment names and by whoever deploys', () => {
    expect(dev.resource['aws_lakeformation_data_lake_settings']?.['lake_settings']?.['admins']).to.deep.equal(
      [
        'arn:aws:iam::111122223333:role/data-platform-admin',
        '${data.aws_iam_session_context.lake_session.issuer_arn}',
      ],
    );
    expect(dev.data?.['aws_iam_session_context']?.['lake_session']?.['arn']).to.equal(
      '${data.aws_caller_identity.lake_caller.arn}',
    );
  });

  it('knows every tag that a contract bears or a persona asks for', () => {
    expect(
      Object.fromEntries(
        resources(dev, 'aws_lakeformation_lf_tag').map(([, { key, values }]) => [key, values]),
      ),
    ).to.deep.equal({
      domain: ['crm'],
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
    const table = (id: string) => `\${aws_glue_catalog_table.catalog_crm_${id}_bronze.name}`;
    expect(assigned).to.include.members([
      '${aws_glue_catalog_database.catalog_gold.name} gold',
      `${table('accounts')} crm`,
      `${table('accounts')} internal`,
      `${table('accounts')}(billing_address) pii`,
      `${table('contacts')}(first_name,last_name,email,phone) pii`,
    ]);
    expect(assigned.filter((one) => one.includes('pii'))).to.have.length(2);
  });

  it('registers the layers with the role that lends its credentials', () => {
    expect(
      resources(dev, 'aws_lakeformation_resource').map(([, { arn, role_arn: role }]) => [arn, role]),
    ).to.have.deep.members(
      ['bronze', 'silver', 'gold'].map((layer) => [
        `\${aws_s3_bucket.bucket_${layer}.arn}`,
        '${aws_iam_role.lakeformation_access.arn}',
      ]),
    );
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
