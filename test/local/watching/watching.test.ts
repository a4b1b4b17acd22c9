import { expect } from 'chai';
import { account, region } from '../aws-clients.js';
import { StartedEndpoint } from '../started-endpoint.js';

const topic = `arn:aws:sns:${region}:${account}:events`;
const specification = { Tags: { Key: 'environment', Values: ['prod'] } };

describe('what watches cost and alarms on the local endpoint', function () {
  const endpoint = new StartedEndpoint();
  before(() => endpoint.up());
  after(() => endpoint.end());

  const ce = <Answer = Record<string, unknown>>(operation: string, parameters: object = {}) =>
    endpoint.call<Answer>('ce', operation, parameters);

  it('keeps monitors and who is told of what they find, over a stop as well', async () => {
    const { MonitorArn } = await ce<{ MonitorArn: string }>('create_anomaly_monitor', {
      AnomalyMonitor: {
        MonitorName: 'prod',
        MonitorType: 'CUSTOM',
        MonitorSpecification: specification,
      },
      ResourceTags: [{ Key: 'team', Value: 'data' }],
    });
    const { SubscriptionArn } = await ce<{ SubscriptionArn: string }>('create_anomaly_subscription', {
      AnomalySubscription: {
        SubscriptionName: 'prod',
        MonitorArnList: [MonitorArn],
        Subscribers: [{ Type: 'SNS', Address: topic }],
        Frequency: 'IMMEDIATE',
        ThresholdExpression: {
          Dimensions: {
            Key: 'ANOMALY_TOTAL_IMPACT_ABSOLUTE',
            Values: ['50'],
            MatchOptions: ['GREATER_THAN_OR_EQUAL'],
          },
        },
      },
    });
    await endpoint.down();
    await endpoint.up();
    const { AnomalyMonitors } = await ce<{ AnomalyMonitors: object[] }>('get_anomaly_monitors', {
      MonitorArnList: [MonitorArn],
    });
    expect(AnomalyMonitors).to.have.length(1);
    expect(AnomalyMonitors[0]).to.deep.include({
      MonitorArn,
      MonitorName: 'prod',
      MonitorSpecification: specification,
    });
    expect(await ce('list_tags_for_resource', { ResourceArn: MonitorArn })).to.deep.equal({
      ResourceTags: [{ Key: 'team', Value: 'data' }],
    });
    await ce('update_anomaly_subscription', { SubscriptionArn, SubscriptionName: 'renamed' });
    const { AnomalySubscriptions } = await ce<{ AnomalySubscriptions: object[] }>(
      'get_anomaly_subscriptions',
      { MonitorArn },
    );
    expect(AnomalySubscriptions[0]).to.deep.include({
      SubscriptionArn,
      SubscriptionName: 'renamed',
      Frequency: 'IMMEDIATE',
    });
    await ce('delete_anomaly_subscription', { SubscriptionArn });
    await ce('delete_anomaly_monitor', { MonitorArn });
    expect(await endpoint.refusal('ce', 'delete_anomaly_monitor', { MonitorArn })).to.equal(
      'UnknownMonitorException',
    );
  });

  it('tells people at once by no mail, as AWS does not', async () => {
    const refused = await endpoint.refusal('ce', 'create_anomaly_subscription', {
      AnomalySubscription: {
        SubscriptionName: 'mail',
        MonitorArnList: [],
        Subscribers: [{ Type: 'EMAIL', Address: 'somebody@example.com' }],
        Frequency: 'IMMEDIATE',
      },
    });
    expect(refused).to.equal('ValidationException');
  });

  it('keeps alarms over alarms apart from those of metrics, over a stop as well', async () => {
    const AlarmRule = 'ALARM("one") OR ALARM("two")';
    await endpoint.call('cloudwatch', 'put_composite_alarm', {
      AlarmName: 'layer',
      AlarmRule,
      AlarmActions: [topic],
    });
    await endpoint.down();
    await endpoint.up();
    const shown = await endpoint.call<{ CompositeAlarms: object[]; MetricAlarms: object[] }>(
      'cloudwatch',
      'describe_alarms',
      { AlarmNames: ['layer'], AlarmTypes: ['CompositeAlarm'] },
    );
    expect(shown.MetricAlarms).to.deep.equal([]);
    expect(shown.CompositeAlarms[0]).to.deep.include({
      AlarmName: 'layer',
      AlarmRule,
      AlarmActions: [topic],
    });
  });

  it('names the subscription of a web hook that has not confirmed it, for who asks', async () => {
    const { TopicArn } = await endpoint.call<{ TopicArn: string }>('sns', 'create_topic', { Name: 'pages' });
    const hook = { TopicArn, Protocol: 'https', Endpoint: 'https://pager.invalid/hook' };
    const asked = await endpoint.call<{ SubscriptionArn: string }>('sns', 'subscribe', {
      ...hook,
      ReturnSubscriptionArn: true,
    });
    expect(asked.SubscriptionArn).to.match(new RegExp(`^${TopicArn}:[0-9a-f-]{36}$`));
    const { Attributes } = await endpoint.call<{ Attributes: Record<string, string> }>(
      'sns',
      'get_subscription_attributes',
      { SubscriptionArn: asked.SubscriptionArn },
    );
    expect(Attributes).to.include({ PendingConfirmation: 'true', Endpoint: hook.Endpoint });
  });
});
