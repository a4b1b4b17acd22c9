import { expect } from 'chai';
import { account, region } from '../aws-clients.js';
import { StartedEndpoint } from '../started-endpoint.js';
import { eventually } from '../tiny-endpoint.js';

interface Notice {
  AlarmName: string;
  NewStateValue: string;
  OldStateValue: string;
}

describe('alarms on the local endpoint', function () {
  const endpoint = new StartedEndpoint();
  const alarmTopic = `arn:aws:sns:${region}:${account}:alarms`;
  const eventTopic = `arn:aws:sns:${region}:${account}:events`;
  const queues = new Map<string, string>();
  const cloudwatch = <Answer = Record<string, unknown>>(
    operation: string,
    parameters: object,
  ): Promise<Answer> => endpoint.call<Answer>('cloudwatch', operation, parameters);

  before(async () => {
    await endpoint.up();
    for (const name of ['alarms', 'events']) {
      await endpoint.call('sns', 'create_topic', { Name: name });
      const { QueueUrl } = await endpoint.call<{ QueueUrl: string }>('sqs', 'create_queue', {
        QueueName: name,
      });
      await endpoint.call('sns', 'subscribe', {
        TopicArn: `arn:aws:sns:${region}:${account}:${name}`,
        Protocol: 'sqs',
        Endpoint: `arn:aws:sqs:${region}:${account}:${name}`,
        Attributes: { RawMessageDelivery: 'true' },
      });
      queues.set(name, QueueUrl);
    }
    // As stacks/event-routing.ts declares them.
    await rule('alarm-changes', {
      source: ['aws.cloudwatch'],
      'detail-type': ['CloudWatch Alarm State Change'],
      resources: [{ prefix: `arn:aws:cloudwatch:${region}:${account}:alarm:shop` }],
      detail: { alarmName: [{ 'anything-but': ['shop-layer'] }] },
    });
    await rule('run-shops', {
      source: ['aws.emr-serverless'],
      'detail-type': ['EMR Serverless Job Run State Change'],
      detail: { jobRunName: [{ prefix: 'shops-' }], state: ['FAILED', 'CANCELLED'] },
    });
    await cloudwatch('put_metric_alarm', {
      ...alarm('shops-failed', 'AWS/Events', 'TriggeredRules', { RuleName: 'run-shops' }),
      Statistic: 'Sum',
      EvaluationPeriods: 12,
      DatapointsToAlarm: 1,
      TreatMissingData: 'notBreaching',
    });
    await cloudwatch('put_metric_alarm', {
      ...alarm('shop-broken', 'dataplat', 'QualityErrors', { dataset: 'shop' }),
      Statistic: 'Maximum',
      EvaluationPeriods: 1,
      TreatMissingData: 'ignore',
    });
    await cloudwatch('put_composite_alarm', {
      AlarmName: 'shop-layer',
      AlarmRule: 'ALARM("shops-failed") OR ALARM("shop-broken")',
      AlarmActions: [alarmTopic],
      OKActions: [alarmTopic],
    });
  });
  after(() => endpoint.end());

  async function rule(Name: string, pattern: object): Promise<void> {
    await endpoint.call('events', 'put_rule', { Name, EventPattern: JSON.stringify(pattern) });
    const targets = [{ Id: 'events', Arn: eventTopic }];
    await endpoint.call('events', 'put_targets', { Rule: Name, Targets: targets });
  }

  function alarm(
    AlarmName: string,
    Namespace: string,
    MetricName: string,
    dimensions: Readonly<Record<string, string>>,
  ): object {
    return {
      AlarmName,
      Namespace,
      MetricName,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      Period: 300,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 1,
    };
  }

  function summed(AlarmName: string, Metrics: readonly object[]): object {
    const compared = { ComparisonOperator: 'GreaterThanOrEqualToThreshold', Threshold: 3 };
    return { AlarmName, Metrics, EvaluationPeriods: 1, TreatMissingData: 'notBreaching', ...compared };
  }

  function stat(MetricName: string, Stat: string): object {
    return { Metric: { Namespace: 'dataplat', MetricName }, Period: 300, Stat };
  }

  /** What a queue has heard since it was last asked; waits until it has heard something. */
  function heard<Message>(queue: string): Promise<Message[]> {
    return eventually(async () => {
      const { Messages = [] } = await endpoint.call<{ Messages?: { Body: string; ReceiptHandle: string }[] }>(
        'sqs',
        'receive_message',
        {
          QueueUrl: queues.get(queue),
          MaxNumberOfMessages: 10,
          VisibilityTimeout: 3600,
          WaitTimeSeconds: 5,
        },
      );
      return Messages.length === 0 ? undefined : Messages.map(({ Body }) => JSON.parse(Body) as Message);
    });
  }

  /** Waits for one page; nobody is told of anything else meanwhile. */
  async function page(): Promise<string> {
    const notices = await heard<Notice>('alarms');
    return notices.map((told) => `${told.AlarmName} ${told.OldStateValue} ${told.NewStateValue}`).join(', ');
  }

  const states = async (): Promise<Record<string, string>> => {
    const { MetricAlarms, CompositeAlarms } = await cloudwatch<
      Record<'MetricAlarms' | 'CompositeAlarms', { AlarmName: string; StateValue: string }[]>
    >('describe_alarms', { AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] });
    return Object.fromEntries(
      [...MetricAlarms, ...CompositeAlarms].map(({ AlarmName, StateValue }) => [AlarmName, StateValue]),
    );
  };

  const measure = (Value: number, Timestamp: number): Promise<unknown> =>
    cloudwatch('put_metric_data', {
      Namespace: 'dataplat',
      MetricData: [
        {
          MetricName: 'QualityErrors',
          Dimensions: [{ Name: 'dataset', Value: 'shop' }],
          Timestamp: new Date(Timestamp).toISOString(),
          Value,
        },
      ],
    });

  it('begin without a state, and find it: silence is none, or good, or nothing', async () => {
    expect(await page()).to.equal('shop-layer INSUFFICIENT_DATA OK');
    expect(await states()).to.deep.equal({
      'shops-failed': 'OK',
      'shop-broken': 'INSUFFICIENT_DATA',
      'shop-layer': 'OK',
    });
  });

  it('tell a team of what was measured wrong, and of its end, at once', async () => {
    await measure(2, Date.now() - 300_000);
    expect(await page()).to.equal('shop-layer OK ALARM');
    expect((await states())['shop-broken']).to.equal('ALARM');
    await measure(0, Date.now());
    expect(await page()).to.equal('shop-layer ALARM OK');
    expect((await states())['shop-broken']).to.equal('OK');
  });

  it('ring for a sum of metrics, of which one may be silent', async () => {
    const Metrics = ['m1', 'm2', 'm3'].map((Id) => ({ Id, ReturnData: false, MetricStat: stat(Id, 'Sum') }));
    const Expression = 'FILL(m1, 0) + FILL(m2, 0) + FILL(m3, 0)';
    await cloudwatch('put_metric_alarm', {
      ...summed('busy', [{ Id: 'all', Expression, Label: 'in use', ReturnData: true }, ...Metrics]),
      AlarmActions: [alarmTopic],
    });
    const MetricData = ['m1', 'm2'].map((MetricName, index) => ({ MetricName, Value: index + 1 }));
    await cloudwatch('put_metric_data', { Namespace: 'dataplat', MetricData });
    expect(await page()).to.equal('busy OK ALARM');
    expect((await states())['busy']).to.equal('ALARM');
  });

  it('are refused where nothing here would judge them', async () => {
    const one = alarm('unjudged', 'dataplat', 'QualityErrors', { dataset: 'shop' });
    const of = (Expression: string, Stat = 'Sum'): object =>
      summed('unjudged', [
        { Id: 'all', Expression },
        { Id: 'm1', ReturnData: false, MetricStat: stat('m1', Stat) },
      ]);
    for (const [parameters, named] of [
      [{ ...one, EvaluationPeriods: 1, ExtendedStatistic: 'p99' }, 'a percentile (ExtendedStatistic p99)'],
      [of('m1 / 2'), 'the expression m1 / 2,'],
      [of('m1 + m2'), 'the expression m1 + m2,'],
      [of('ANOMALY_DETECTION_BAND(m1, 2)'), 'the expression ANOMALY_DETECTION_BAND(m1, 2),'],
      [of('m1', 'p90'), 'the statistic p90'],
    ] as const) {
      const refused = await cloudwatch('put_metric_alarm', parameters).catch((error: Error) => error.message);
      expect(refused).to.match(/^InvalidParameterValue: .* is not supported by the local endpoint/);
      expect(refused).to.contain(named);
    }
    expect(await states()).not.to.have.property('unjudged');
  });

  it('page for a run that failed', async () => {
    const { applicationId } = await endpoint.call<{ applicationId: string }>(
      'emr-serverless',
      'create_application',
      { type: 'SPARK', releaseLabel: 'emr-7.12.0', clientToken: 'alarms' },
    );
    await heard('events');
    const { jobRunId } = await endpoint.call<{ jobRunId: string }>('emr-serverless', 'start_job_run', {
      applicationId,
      clientToken: 'fails',
      name: 'shops-2026-11-27',
      executionRoleArn: `arn:aws:iam::${account}:role/job`,
      jobDriver: { sparkSubmit: { entryPoint: 's3://nowhere/job.py' } },
    });
    expect(await page()).to.equal('shop-layer OK ALARM');
    const events = await heard<{ source: string; detail: Record<string, unknown> }>('events');
    const runs = events.filter(({ source }) => source === 'aws.emr-serverless');
    expect(runs).to.have.length(1);
    expect(runs[0]?.detail).to.include({
      applicationId,
      jobRunId,
      jobRunName: 'shops-2026-11-27',
      releaseLabel: 'emr-7.12.0',
      state: 'FAILED',
      previousState: 'SCHEDULED',
    });
  });

  it('cannot be set off by a client that measures, or announces, in the name of AWS', async () => {
    const MetricData = [
      { MetricName: 'TriggeredRules', Value: 1, Dimensions: [{ Name: 'RuleName', Value: 'run-shops' }] },
    ];
    expect(
      await endpoint.refusal('cloudwatch', 'put_metric_data', { Namespace: 'AWS/Events', MetricData }),
    ).to.equal('InvalidParameterValue');
    const Entries = [{ Source: 'aws.emr-serverless', DetailType: 'x', Detail: '{}' }];
    const { FailedEntryCount } = await endpoint.call('events', 'put_events', { Entries });
    expect(FailedEntryCount).to.equal(1);
  });

  it('have a state after a stop and a start, with its time and its history', async () => {
    const shown = async (): Promise<unknown> => [
      await cloudwatch('describe_alarms', { AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] }),
      await cloudwatch('describe_alarm_history', {}),
    ];
    const known = await shown();
    await endpoint.down();
    await endpoint.up();
    expect(await shown()).to.deep.equal(known);
    const { AlarmHistoryItems } = await cloudwatch<{ AlarmHistoryItems: Record<string, string>[] }>(
      'describe_alarm_history',
      { AlarmName: 'shop-layer' },
    );
    expect(AlarmHistoryItems.map((item) => item['HistorySummary']).slice(0, 2)).to.deep.equal([
      `Successfully executed action ${alarmTopic}`,
      'Alarm updated from OK to ALARM',
    ]);
  });

  it('go back, as time passes, from what somebody has set to what is measured', async () => {
    await cloudwatch('set_alarm_state', {
      AlarmName: 'shops-failed',
      StateValue: 'OK',
      StateReason: 'a drill',
    });
    const pages = [await page()];
    if (pages[0] === 'shop-layer ALARM OK') pages.push(await page());
    expect(pages.join(', ')).to.equal('shop-layer ALARM OK, shop-layer OK ALARM');
    expect((await states())['shops-failed']).to.equal('ALARM');
  });

  it('can be set by the AWS CLI, which tells the same people; not where their actions are off', async () => {
    await endpoint.aws(
      ...['cloudwatch', 'set-alarm-state', '--alarm-name', 'shop-layer'],
      ...['--state-value', 'OK', '--state-reason', 'a drill'],
    );
    expect(await page()).to.equal('shop-layer ALARM OK, shop-layer OK ALARM');
    // Nothing is ever measured for this one: it stays as it is set.
    await cloudwatch('put_metric_alarm', {
      ...alarm('drill', 'dataplat', 'Drills', {}),
      Statistic: 'Sum',
      EvaluationPeriods: 1,
      TreatMissingData: 'ignore',
      AlarmActions: [alarmTopic],
      OKActions: [alarmTopic],
    });
    const set = (name: string, value: string): Promise<unknown> =>
      cloudwatch('set_alarm_state', { AlarmName: name, StateValue: value, StateReason: 'a drill' });
    await set('drill', 'ALARM');
    expect(await page()).to.equal('drill INSUFFICIENT_DATA ALARM');
    await set('drill', 'ALARM');
    await cloudwatch('disable_alarm_actions', { AlarmNames: ['drill'] });
    await set('drill', 'OK');
    await cloudwatch('enable_alarm_actions', { AlarmNames: ['drill'] });
    await set('drill', 'ALARM');
    expect(await page()).to.equal('drill OK ALARM');
  });
});
