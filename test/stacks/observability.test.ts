import { expect } from 'chai';
import { declared, resources, statementsOf } from './synthesized.js';

const prod = declared('prod').stacks.observability;

describe('alarms', () => {
  it('tell the topic when they ring and when they are over', () => {
    const alarms = resources(prod, 'aws_cloudwatch_metric_alarm');
    expect(alarms.map(([, alarm]) => alarm['alarm_name'])).to.have.members(
      ['failed-runs', 'waiting-runs', 'capacity', 'airflow-heartbeat', 'airflow-imports'].map(
        (name) => `dataplat-prod-${name}`,
      ),
    );
    for (const [id, alarm] of alarms) {
      expect(alarm, id).to.deep.include({
        alarm_actions: ['${aws_sns_topic.monitoring_topic.arn}'],
        ok_actions: ['${aws_sns_topic.monitoring_topic.arn}'],
      });
    }
  });

  it('take a silent scheduler for a dead one, and jobs that say nothing for jobs that rest', () => {
    const silence = (alarm: string) =>
      prod.resource['aws_cloudwatch_metric_alarm']?.[`monitoring_alarm_${alarm}`]?.['treat_missing_data'];
    expect(silence('airflow_heartbeat')).to.equal('breaching');
    expect(silence('failed_runs')).to.equal('notBreaching');
  });

  it('ring at nine tenths of the capacity that the environment allows: 360 of 400 vCPUs', () => {
    expect(
      prod.resource['aws_cloudwatch_metric_alarm']?.['monitoring_alarm_capacity']?.['threshold'],
    ).to.equal(360);
  });

  it('reach the people whom the environment names, over an encrypted topic', () => {
    expect(
      resources(prod, 'aws_sns_topic_subscription').map(([, { protocol, endpoint }]) => [protocol, endpoint]),
    ).to.deep.equal([['email', 'data-platform-oncall@example.com']]);
    expect(prod.resource['aws_sns_topic']?.['monitoring_topic']?.['kms_master_key_id']).to.equal(
      '${data.aws_ssm_parameter.data_kms_operations_key_arn.insecure_value}',
    );
    expect(resources(declared('local').stacks.observability, 'aws_sns_topic_subscription')).to.deep.equal([]);
  });

  it("may come from this account's alarms and events only", () => {
    const policy = prod.resource['aws_sns_topic_policy']?.['monitoring_topic_policy']?.['policy'];
    expect(statementsOf(policy)['Alarms']).to.deep.include({
      Principal: { Service: ['cloudwatch.amazonaws.com', 'events.amazonaws.com'] },
      Action: ['sns:Publish'],
      Resource: 'arn:aws:sns:eu-central-1:444455556666:dataplat-prod-alarms',
      Condition: { StringEquals: { 'aws:SourceAccount': '444455556666' } },
    });
  });
});

describe('a failed job run', () => {
  it('is announced by name, for the application of this environment alone', () => {
    const rule = prod.resource['aws_cloudwatch_event_rule']?.['monitoring_failed_runs'];
    expect(JSON.parse(String(rule?.['event_pattern']))).to.deep.equal({
      source: ['aws.emr-serverless'],
      'detail-type': ['EMR Serverless Job Run State Change'],
      detail: {
        applicationId: ['${data.aws_ssm_parameter.platform_emr_application_id.insecure_value}'],
        state: ['FAILED'],
      },
    });
  });
});
