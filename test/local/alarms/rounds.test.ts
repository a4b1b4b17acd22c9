import { expect } from 'chai';
import type { AlarmState, KeptAlarm, MetricRule } from '../../../src/local/alarms/alarm.js';
import { eventOf, noticeOf } from '../../../src/local/alarms/messages.js';
import { changesOf, childrenOf } from '../../../src/local/alarms/rounds.js';

const now = Date.UTC(2026, 10, 27, 10, 4, 30) / 1000;
const place = 'arn:aws:cloudwatch:eu-central-1:123456789012:alarm:';
const topic = 'arn:aws:sns:eu-central-1:123456789012:alarms';

function kept(name: string, state: AlarmState, more: Partial<KeptAlarm> = {}): KeptAlarm {
  return {
    arn: `${place}${name}`,
    name,
    description: `What ${name} is.`,
    state,
    reason: 'before',
    reasonData: null,
    stateSince: now - 60,
    configured: now - 3600,
    actionsEnabled: true,
    actions: { ALARM: [topic], OK: [], INSUFFICIENT_DATA: [] },
    ...more,
  };
}

const failures: MetricRule = {
  namespace: 'AWS/Events',
  name: 'TriggeredRules',
  dimensions: { RuleName: 'roastery-run-shops' },
  statistic: 'Sum',
  unit: null,
  period: 300,
  periods: 12,
  wrongPeriods: 1,
  comparison: 'GreaterThanOrEqualToThreshold',
  threshold: 1,
  silence: 'notBreaching',
};
const one = { at: now - 1, sum: 1, minimum: 1, maximum: 1, count: 1 };

describe('a look at all alarms', () => {
  const states = (alarms: readonly KeptAlarm[]): string[] =>
    changesOf(alarms, now).map(({ alarm, state }) => `${alarm.name} ${state}`);

  it('takes what rings in a metric up to the alarm over it', () => {
    const failed = kept('failed', 'OK', { metric: failures, data: [one], everMeasured: true });
    const layer = kept('layer', 'OK', { rule: 'ALARM("failed") OR ALARM("late")' });
    expect(states([layer, failed, kept('late', 'OK')])).to.deep.equal(['failed ALARM', 'layer ALARM']);
  });

  it('changes nothing where nothing has changed', () => {
    const failed = kept('failed', 'ALARM', { metric: failures, data: [one], everMeasured: true });
    expect(states([failed, kept('layer', 'ALARM', { rule: 'ALARM("failed")' })])).to.deep.equal([]);
  });

  it('lets an alarm over others end with the last of them', () => {
    const rule = 'ALARM("one") OR ALARM("two")';
    const layer = kept('layer', 'ALARM', { rule });
    expect(states([layer, kept('one', 'OK'), kept('two', 'ALARM')])).to.deep.equal([]);
    expect(states([layer, kept('one', 'OK'), kept('two', 'INSUFFICIENT_DATA')])).to.deep.equal(['layer OK']);
  });

  it('leaves the state alone that somebody has set, where its metric is not looked at', () => {
    const set = kept('failed', 'ALARM', { metric: failures, data: [] });
    const layer = kept('layer', 'OK', { rule: 'ALARM("failed")' });
    const changes = changesOf([set, layer], now, () => false);
    expect(changes.map(({ alarm, state }) => [alarm.name, state])).to.deep.equal([['layer', 'ALARM']]);
  });

  it('does not take for a failure of Airflow that nothing here measures Airflow', () => {
    const heart: MetricRule = {
      ...failures,
      namespace: 'AmazonMWAA',
      name: 'SchedulerHeartbeat',
      comparison: 'LessThanThreshold',
      silence: 'breaching',
    };
    expect(states([kept('scheduler', 'INSUFFICIENT_DATA', { metric: heart, data: [] })])).to.deep.equal([]);
    const ours = { ...heart, namespace: 'dataplat' };
    expect(states([kept('late', 'OK', { metric: ours, data: [] })])).to.deep.equal(['late ALARM']);
  });

  it('leaves alone a rule that it cannot judge', () => {
    const rule = 'ALARM("failed") AND NOT OK("another")';
    const failed = kept('failed', 'ALARM', { metric: failures, data: [one], everMeasured: true });
    expect(states([failed, kept('rule', 'OK', { rule })])).to.deep.equal([]);
  });

  it('reads the rules that ours are', () => {
    expect(childrenOf('ALARM("a b") OR ALARM(c) OR ALARM("a OR b")')).to.deep.equal(['a b', 'c', 'a OR b']);
    for (const other of ['', 'TRUE', 'ALARM("a") OR', 'ALARM("a") AND ALARM("b")', 'NOT ALARM("a")']) {
      expect(childrenOf(other), other).to.equal(undefined);
    }
  });
});

describe('what a change of an alarm is told with', () => {
  const alarms = [
    kept('failed', 'OK', { metric: failures, data: [one], everMeasured: true }),
    kept('layer', 'OK', { rule: 'ALARM("failed")' }),
  ];
  const [failed, layer] = changesOf(alarms, now);
  if (!failed || !layer) throw new Error('nothing has changed');

  it('names state, reason and metric to a topic', () => {
    const { Subject, Message } = noticeOf(failed);
    expect(Subject).to.equal('ALARM: "failed" in EU (Frankfurt)');
    expect(JSON.parse(Message)).to.deep.equal({
      AlarmName: 'failed',
      AlarmDescription: 'What failed is.',
      AWSAccountId: '123456789012',
      AlarmConfigurationUpdatedTimestamp: '2026-11-27T09:04:30.000+0000',
      NewStateValue: 'ALARM',
      NewStateReason: failed.reason,
      StateChangeTime: '2026-11-27T10:04:30.000+0000',
      Region: 'EU (Frankfurt)',
      AlarmArn: `${place}failed`,
      OldStateValue: 'OK',
      OKActions: [],
      AlarmActions: [topic],
      InsufficientDataActions: [],
      Trigger: {
        MetricName: 'TriggeredRules',
        Namespace: 'AWS/Events',
        StatisticType: 'Statistic',
        Statistic: 'SUM',
        Unit: null,
        Dimensions: [{ value: 'roastery-run-shops', name: 'RuleName' }],
        Period: 300,
        EvaluationPeriods: 12,
        DatapointsToAlarm: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        Threshold: 1,
        TreatMissingData: 'notBreaching',
        EvaluateLowSampleCountPercentile: '',
      },
    });
  });

  it('names the expression of several metrics, and each of them', () => {
    const metric = { namespace: 'dataplat', name: 'Rows', dimensions: { job: 'shops' }, statistic: 'Sum' };
    const { namespace: _, name: __, dimensions: ___, statistic: ____, unit: _____, ...compared } = failures;
    const summands = [{ id: 'm1', metric, filledWith: 0, data: [one] }];
    const sum = { ...compared, id: 'all', expression: 'FILL(m1, 0)', label: 'rows', summands };
    const [change] = changesOf([kept('rows', 'OK', { sum })], now);
    if (!change) throw new Error('nothing has changed');
    expect((JSON.parse(noticeOf(change).Message) as { Trigger: object }).Trigger).to.deep.include({
      Metrics: [
        { Id: 'all', Expression: 'FILL(m1, 0)', Label: 'rows', ReturnData: true },
        {
          Id: 'm1',
          MetricStat: {
            Metric: {
              Dimensions: [{ value: 'shops', name: 'job' }],
              MetricName: 'Rows',
              Namespace: 'dataplat',
            },
            Period: 300,
            Stat: 'Sum',
          },
          ReturnData: false,
        },
      ],
      Period: 300,
      Threshold: 1,
    });
    const { namespace, name, dimensions } = metric;
    expect(eventOf(change).detail).to.deep.include({
      configuration: {
        description: 'What rows is.',
        metrics: [
          { id: 'all', expression: 'FILL(m1, 0)', label: 'rows', returnData: true },
          {
            id: 'm1',
            metricStat: { metric: { namespace, name, dimensions }, period: 300, stat: 'Sum' },
            returnData: false,
          },
        ],
      },
    });
  });

  it('names the alarm below it that rings', () => {
    const told = JSON.parse(noticeOf(layer).Message) as Record<string, unknown>;
    expect(told).to.include({
      AlarmRule: 'ALARM("failed")',
      NewStateReason: `${place}failed transitioned to ALARM at Friday 27 November, 2026 10:04:30 UTC`,
    });
    expect(told['TriggeringChildren']).to.deep.equal([
      { Arn: `${place}failed`, State: { Value: 'ALARM', Timestamp: '2026-11-27T10:04:30.000+0000' } },
    ]);
    expect(told).not.to.have.property('Trigger');
  });

  it('names the alarm, its state and the one before on the event bus', () => {
    expect(eventOf(layer)).to.deep.equal({
      source: 'aws.cloudwatch',
      detailType: 'CloudWatch Alarm State Change',
      region: 'eu-central-1',
      account: '123456789012',
      resources: [`${place}layer`],
      detail: {
        alarmName: 'layer',
        configuration: { description: 'What layer is.', alarmRule: 'ALARM("failed")' },
        previousState: { value: 'OK', reason: 'before', timestamp: '2026-11-27T10:03:30.000+0000' },
        state: { value: 'ALARM', reason: layer.reason, timestamp: '2026-11-27T10:04:30.000+0000' },
      },
    });
  });
});
