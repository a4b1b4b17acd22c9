import { expect } from 'chai';
import { environmentNames } from './environments.js';
import { declared, resources } from './synthesized.js';

describe('what the platform writes beside the lake', () => {
  it('is encrypted and kept as long as the environment says', () => {
    for (const name of environmentNames) {
      const { platform, stacks } = declared(name);
      const groups = resources(stacks.platform, 'aws_cloudwatch_log_group');
      expect(groups.map(([, group]) => group['name'])).to.include.members([
        `/roastery-${name}/jobs`,
        `/roastery-${name}/network`,
        `airflow-roastery-${name}-Task`,
      ]);
      for (const [id, group] of groups) {
        expect(group, id).to.include({
          retention_in_days: platform.environment.logs.retentionDays,
          kms_key_id: '${data.aws_ssm_parameter.data_kms_operations_key_arn.insecure_value}',
        });
      }
    }
  });
});
