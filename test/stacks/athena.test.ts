import { expect } from 'chai';
import { declared, platformOf, resources, synthesized } from './synthesized.js';

describe('Athena', () => {
  it('puts query results where the workgroup says, encrypted, whatever a client asks for', () => {
    const workgroup = declared('prod').stacks.platform.resource['aws_athena_workgroup']?.['athena_workgroup'];
    expect(workgroup?.['configuration']).to.deep.include({
      enforce_workgroup_configuration: true,
      result_configuration: {
        output_location: 's3://roastery-prod-444455556666-logs/athena/',
        expected_bucket_owner: '444455556666',
        encryption_configuration: {
          encryption_option: 'SSE_KMS',
          kms_key_arn: '${data.aws_ssm_parameter.data_kms_operations_key_arn.insecure_value}',
        },
      },
    });
  });

  it('ends a query that reads more than the environment allows', () => {
    const cutoff = (name: string): unknown =>
      (
        declared(name).stacks.platform.resource['aws_athena_workgroup']?.['athena_workgroup']?.[
          'configuration'
        ] as { bytes_scanned_cutoff_per_query: number } | undefined
      )?.bytes_scanned_cutoff_per_query;
    expect([cutoff('dev'), cutoff('prod')]).to.deep.equal([107_374_182_400, 1_073_741_824_000]);
  });

  it("has the project's queries by their names, word for word", () => {
    const queries = [{ name: 'accounts_by_country', sql: "SELECT '${x}'", layer: 'gold' as const }];
    const { platform } = synthesized(platformOf('dev'), queries).stacks;
    expect(resources(platform, 'aws_athena_named_query')).to.have.length(1);
    expect(platform.resource['aws_athena_named_query']?.['athena_query_accounts_by_country']).to.include({
      name: 'accounts_by_country',
      database: 'roastery_dev_gold',
      query: "SELECT '$${x}'",
      workgroup: '${aws_athena_workgroup.athena_workgroup.id}',
    });
  });
});
