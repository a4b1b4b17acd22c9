import { expect } from 'chai';
import { environmentNames } from './environments.js';
import { declared, type Attributes } from './synthesized.js';

const application = (name: string): Attributes =>
  declared(name).stacks.platform.resource['aws_emrserverless_application']?.['emr_spark'] ?? {};

describe('Spark', () => {
  it("runs the environment's release within its capacity, in private subnets, and stops when idle", () => {
    expect(application('dev')).to.deep.include({
      name: 'roastery-dev',
      type: 'spark',
      release_label: 'emr-7.12.0',
      architecture: 'ARM64',
      maximum_capacity: { cpu: '48 vCPU', disk: '400 GB', memory: '192 GB' },
      auto_start_configuration: { enabled: true },
      auto_stop_configuration: { enabled: true, idle_timeout_minutes: 5 },
      network_configuration: {
        security_group_ids: ['${aws_security_group.network_jobs_group.id}'],
        subnet_ids: ['${aws_subnet.network_private_0.id}', '${aws_subnet.network_private_1.id}'],
      },
    });
  });

  it('keeps workers ready where the environment says so', () => {
    const ready = (name: string) =>
      ((application(name)['initial_capacity'] ?? []) as Attributes[]).map((one) => [
        one['initial_capacity_type'],
        (one['initial_capacity_config'] as Attributes)['worker_count'],
      ]);
    expect(ready('dev')).to.deep.equal([]);
    expect(ready('prod')).to.deep.equal([
      ['Driver', 2],
      ['Executor', 4],
    ]);
  });

  it("runs EMR's own image, and no code but what a run brings", () => {
    for (const name of environmentNames) {
      expect(application(name), name).to.deep.include({
        interactive_configuration: { livy_endpoint_enabled: false, studio_enabled: false },
      });
      expect(application(name), name).not.to.have.property('image_configuration');
    }
  });
});
