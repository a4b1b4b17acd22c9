import { expect } from 'chai';
import type { AirflowFiles } from '../../src/project/airflow-files.js';
import { declared, platformOf, synthesized, type Attributes, type StackJson } from './synthesized.js';

const airflowOf = (stack: StackJson): Attributes =>
  stack.resource['aws_mwaa_environment']?.['airflow_environment'] ?? {};
const prod = declared('prod').stacks.platform;

function withFiles(files: AirflowFiles): StackJson {
  return synthesized(platformOf('prod'), [], files).stacks.platform;
}

describe('Airflow', () => {
  it('is private, encrypted, in two subnets, and takes DAGs from the artifacts bucket', () => {
    expect(airflowOf(prod)).to.deep.include({
      name: 'roastery-prod',
      airflow_version: '3.0.6',
      webserver_access_mode: 'PRIVATE_ONLY',
      endpoint_management: 'SERVICE',
      source_bucket_arn: 'arn:aws:s3:::roastery-prod-444455556666-artifacts',
      dag_s3_path: 'dags/',
      kms_key: '${data.aws_ssm_parameter.data_kms_operations_key_arn.insecure_value}',
    });
    expect((airflowOf(prod)['network_configuration'] as Attributes)['subnet_ids']).to.have.length(2);
  });

  it('is as large as its environment says, and restarts when that says', () => {
    const size = (name: string) => {
      const airflow = airflowOf(declared(name).stacks.platform);
      return ['environment_class', 'min_workers', 'max_workers', 'schedulers', 'max_webservers'].map(
        (key) => airflow[key],
      );
    };
    expect(size('dev')).to.deep.equal(['mw1.small', 1, 2, 2, 2]);
    expect(size('prod')).to.deep.equal(['mw1.medium', 2, 10, 3, 4]);
    expect(airflowOf(prod)).to.include({ min_webservers: 2, weekly_maintenance_window_start: 'SUN:12:00' });
  });

  it('logs every part of itself, each from the level that the environment says', () => {
    expect(airflowOf(prod)['logging_configuration']).to.deep.equal({
      dag_processing_logs: { enabled: true, log_level: 'INFO' },
      scheduler_logs: { enabled: true, log_level: 'INFO' },
      task_logs: { enabled: true, log_level: 'INFO' },
      webserver_logs: { enabled: true, log_level: 'WARNING' },
      worker_logs: { enabled: true, log_level: 'INFO' },
    });
  });

  it('starts behind its log groups, so that it makes none without key and end', () => {
    expect(airflowOf(prod)['depends_on']).to.include.members(
      ['DAGProcessing', 'Scheduler', 'Task', 'WebServer', 'Worker'].map(
        (kind) => `aws_cloudwatch_log_group.airflow_logs_${kind}`,
      ),
    );
  });

  it('takes options of the environment, but not in place of the one that tells DAGs where they run', () => {
    const platform = platformOf('prod');
    const options = { 'core.parallelism': '64', 'dataplat.environment': 'elsewhere' };
    const { environment } = platform;
    const { stacks } = synthesized({
      ...platform,
      environment: { ...environment, airflow: { ...environment.airflow, options } },
    });
    expect(airflowOf(stacks.platform)['airflow_configuration_options']).to.deep.equal({
      'core.default_timezone': 'utc',
      'core.parallelism': '64',
      'dataplat.environment': 'prod',
    });
  });

  it('is told the version of its startup script, requirements and plugins, so that a new one is taken up', () => {
    const plugins = { path: 'config/airflow/plugins.zip', hash: 'aa11' };
    const stack = withFiles({ startupScript: 'echo "${HOME}" %{if}\n', requirements: 'one==1\n', plugins });
    const objects = stack.resource['aws_s3_object'] ?? {};
    const common = {
      bucket: 'roastery-prod-444455556666-artifacts',
      kms_key_id: '${data.aws_ssm_parameter.data_kms_operations_key_arn.insecure_value}',
    };
    // Terraform takes `$${` for `${` and `%%{` for `%{`.
    expect(objects['airflow_startup_script']).to.include({
      ...common,
      key: 'airflow/startup.sh',
      content: 'echo "$${HOME}" %%{if}\n',
    });
    expect(objects['airflow_requirements']).to.include({
      ...common,
      key: 'airflow/requirements.txt',
      content: 'one==1\n',
    });
    expect(objects['airflow_plugins']).to.include({
      ...common,
      key: 'airflow/plugins.zip',
      source: '${path.module}/../../../config/airflow/plugins.zip',
      source_hash: 'aa11',
    });
    const airflow = airflowOf(stack);
    for (const [what, object] of [
      ['startup_script', 'airflow_startup_script'],
      ['requirements', 'airflow_requirements'],
      ['plugins', 'airflow_plugins'],
    ] as const) {
      expect(airflow[`${what}_s3_path`]).to.equal(`\${aws_s3_object.${object}.key}`);
      expect(airflow[`${what}_s3_object_version`]).to.equal(`\${aws_s3_object.${object}.version_id}`);
    }
  });

  it('does without what the project does not have', () => {
    const airflow = airflowOf(withFiles({}));
    expect(airflow).not.to.have.any.keys('startup_script_s3_path', 'requirements_s3_path', 'plugins_s3_path');
  });
});
