import { expect } from 'chai';
import { grown } from '../model/growing-platform.js';
import { declared, platformOf, resources, statementsOf, synthesized } from './synthesized.js';

const prod = declared('prod').stacks.observability;
const local = declared('local').stacks.observability;
const lake = synthesized(
  grown(platformOf('prod'), [
    ['orders', 'bronze'],
    ['orders', 'silver'],
    ['revenue', 'gold'],
  ]),
).stacks.observability;

const pages = '${aws_sns_topic.monitoring_routing_alarms.arn}';
const events = '${aws_sns_topic.monitoring_routing_events.arn}';

describe('alarms', () => {
  it('page once an incident: one a layer and one of the platform, and a key in danger by itself', () => {
    const paging = [
      ...resources(lake, 'aws_cloudwatch_composite_alarm'),
      ...resources(lake, 'aws_cloudwatch_metric_alarm'),
    ].filter(([, alarm]) => 'alarm_actions' in alarm);
    expect(paging.map(([, alarm]) => alarm['alarm_name'])).to.have.members(
      ['bronze', 'silver', 'gold', 'platform', 'key-endangered'].map((name) => `roastery-prod-${name}`),
    );
    for (const [id, alarm] of paging) {
      expect(alarm, id).to.deep.include({ alarm_actions: [pages], ok_actions: [pages] });
    }
  });

  it('are made before the alarm that looks at them', () => {
    for (const [id, composite] of resources(lake, 'aws_cloudwatch_composite_alarm')) {
      const named = [...String(composite['alarm_rule']).matchAll(/ALARM\("([^"]+)"\)/g)].map(
        ([, name]) => name,
      );
      const waitedFor = (composite['depends_on'] as string[]).map((address) => {
        const [type = '', resource = ''] = address.split('.');
        return lake.resource[type]?.[resource]?.['alarm_name'];
      });
      expect(waitedFor, id).to.have.members(named);
    }
  });

  it('have names and descriptions that CloudWatch takes, say where to read on, and are tagged', () => {
    for (const [id, alarm] of [
      ...resources(lake, 'aws_cloudwatch_metric_alarm'),
      ...resources(lake, 'aws_cloudwatch_composite_alarm'),
    ]) {
      expect(alarm['alarm_name'], id).to.match(/^roastery-prod-[a-z0-9-]{1,200}$/);
      expect(String(alarm['alarm_description']), id)
        .to.match(/ docs\/RUNBOOK_AWS\.md#[a-z-]+$/)
        .and.to.have.length.below(1024);
      expect(alarm['tags'], id).to.have.all.keys('layer', 'kind');
    }
  });

  it('of the Spark application name its id and its name, as its metrics do', () => {
    const waiting = prod.resource['aws_cloudwatch_metric_alarm']?.['monitoring_alarm_runs_waiting'];
    expect(waiting?.['dimensions']).to.deep.equal({
      ApplicationId: '${data.aws_ssm_parameter.platform_emr_application_id.insecure_value}',
      ApplicationName: 'roastery-prod',
    });
  });

  it('reckon the capacity in use from drivers and executors, kept ready or not', () => {
    const capacity = prod.resource['aws_cloudwatch_metric_alarm']?.['monitoring_alarm_emr_capacity'];
    const queries = capacity?.['metric_query'] as { id: string; expression?: string; metric?: object }[];
    expect(queries.map(({ id }) => id)).to.deep.equal(['all', 'm1', 'm2', 'm3', 'm4']);
    // One kind of worker may be absent: nothing is no number, and a sum with it is none either.
    expect(queries[0]?.expression).to.equal('FILL(m1, 0) + FILL(m2, 0) + FILL(m3, 0) + FILL(m4, 0)');
    const parts = queries.slice(1).map(({ metric }) => {
      const { dimensions } = metric as { dimensions: Record<string, string> };
      return `${dimensions['WorkerType']} ${dimensions['CapacityAllocationType']}`;
    });
    expect(parts).to.deep.equal([
      'Spark_Driver PreInitCapacity',
      'Spark_Driver OnDemandCapacity',
      'Spark_Executor PreInitCapacity',
      'Spark_Executor OnDemandCapacity',
    ]);
  });

  it('watch each NAT gateway that the platform has published, and none where there is none', () => {
    const gateways = (stack: typeof prod) =>
      resources(stack, 'aws_cloudwatch_metric_alarm').filter(([id]) => id.includes('_nat_'));
    expect(gateways(prod)).to.have.length(6);
    expect(gateways(local)).to.have.length(0);
    expect(declared('prod').stacks.platform.resource['aws_ssm_parameter']).to.include.keys(
      'published_network_nat_0_id',
      'published_network_nat_2_id',
    );
  });
});

describe('a failed job run', () => {
  const job = 'monitoring_routing_failed_shops';

  it('is announced by name, for its job and the application of this environment alone', () => {
    const rule = prod.resource['aws_cloudwatch_event_rule']?.[job];
    expect(JSON.parse(String(rule?.['event_pattern']))).to.deep.equal({
      source: ['aws.emr-serverless'],
      'detail-type': ['EMR Serverless Job Run State Change'],
      detail: {
        applicationId: ['${data.aws_ssm_parameter.platform_emr_application_id.insecure_value}'],
        // Runs are named `<job> <date>`: a job whose name begins as another's does must not match.
        jobRunName: [{ prefix: 'shops ' }],
        state: ['FAILED', 'CANCELLED'],
      },
    });
  });

  it('sets off the alarm of its job, by what EventBridge itself counts', () => {
    const rule = prod.resource['aws_cloudwatch_event_rule']?.[job]?.['name'];
    expect(
      prod.resource['aws_cloudwatch_metric_alarm']?.['monitoring_alarm_job_failed_shops'],
    ).to.deep.include({
      namespace: 'AWS/Events',
      metric_name: 'TriggeredRules',
      dimensions: { RuleName: rule },
    });
  });

  it('is kept for two weeks where it reaches nobody, encrypted', () => {
    for (const [id, target] of resources(prod, 'aws_cloudwatch_event_target')) {
      expect(target, id).to.deep.include({
        arn: events,
        dead_letter_config: { arn: '${aws_sqs_queue.monitoring_routing_undelivered.arn}' },
      });
    }
    expect(prod.resource['aws_sqs_queue']?.['monitoring_routing_undelivered']).to.include({
      message_retention_seconds: 1_209_600,
      kms_master_key_id: '${data.aws_ssm_parameter.data_kms_operations_key_arn.insecure_value}',
    });
  });
});

describe('what CloudTrail tells', () => {
  const pattern = (id: string) =>
    JSON.parse(String(prod.resource['aws_cloudwatch_event_rule']?.[id]?.['event_pattern'])) as {
      detail: Record<string, unknown>;
    };

  it('of keys is heard for every key of the lake, and for no other', () => {
    const keys = (pattern('monitoring_routing_key_endangered').detail['resources'] as { ARN: string[] }).ARN;
    expect(keys.map((key) => /kms_([a-z]+)_key_arn/.exec(key)?.[1])).to.have.members([
      'landing',
      'bronze',
      'silver',
      'gold',
      'operations',
    ]);
    expect(pattern('monitoring_routing_key_endangered').detail['eventName']).to.have.members([
      'DisableKey',
      'ScheduleKeyDeletion',
    ]);
  });

  it('of Lake Formation is heard where somebody only reads too', () => {
    // Without this state EventBridge leaves out calls that only read, GetDataAccess among them.
    expect(
      prod.resource['aws_cloudwatch_event_rule']?.['monitoring_routing_access_denied']?.['state'],
    ).to.equal('ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS');
  });
});

describe('the topics', () => {
  it('are encrypted, and reach whom the environment names', () => {
    for (const [id, topic] of resources(prod, 'aws_sns_topic')) {
      expect(topic['kms_master_key_id'], id).to.equal(
        '${data.aws_ssm_parameter.data_kms_operations_key_arn.insecure_value}',
      );
    }
    const subscribed = resources(prod, 'aws_sns_topic_subscription').map(
      ([, { topic_arn, protocol, endpoint }]) => [topic_arn, protocol, endpoint],
    );
    expect(subscribed).to.have.deep.members([
      [pages, 'email', 'data-platform-oncall@example.com'],
      [events, 'email', 'data-platform@example.com'],
    ]);
    expect(resources(local, 'aws_sns_topic_subscription')).to.deep.equal([]);
  });

  it('take web hooks too, and keep what those refuse', () => {
    const platform = platformOf('prod');
    const { environment } = platform;
    const hooked = synthesized({
      ...platform,
      environment: {
        ...environment,
        alarms: { ...environment.alarms, webhooks: ['https://pager.example.com/hook'] },
      },
    }).stacks.observability;
    const hooks = Object.entries(hooked.resource['aws_sns_topic_subscription'] ?? {}).filter(
      ([, { protocol }]) => protocol === 'https',
    );
    expect(hooks).to.have.length(1);
    // It may hold what only the pager knows.
    expect(hooks[0]?.[0]).not.to.contain('pager');
    expect(hooks[0]?.[1]).to.include({
      topic_arn: pages,
      protocol: 'https',
      endpoint: 'https://pager.example.com/hook',
      redrive_policy:
        '{"deadLetterTargetArn":"arn:aws:sqs:eu-central-1:444455556666:roastery-prod-undelivered"}',
    });
  });

  it('are subscribed to by name: who leaves takes nobody else along', () => {
    const platform = platformOf('prod');
    const { environment } = platform;
    const subscribed = (emails: readonly string[]): string[] =>
      Object.keys(
        synthesized({
          ...platform,
          environment: { ...environment, alarms: { ...environment.alarms, emails: [...emails] } },
        }).stacks.observability.resource['aws_sns_topic_subscription'] ?? {},
      );
    expect(subscribed(['a@example.com', 'b@example.com'])).to.include.members(subscribed(['b@example.com']));
  });

  it("take messages of this environment's alarms, rules and money alone, over TLS", () => {
    const statements = (id: string) =>
      statementsOf(prod.resource['aws_sns_topic_policy']?.[`monitoring_routing_${id}_policy`]?.['policy']);
    const account = { 'aws:SourceAccount': '444455556666' };
    expect(statements('alarms')).to.have.all.keys('Alarms', 'TlsOnly');
    expect(statements('alarms')['Alarms']?.Condition).to.deep.equal({
      StringEquals: account,
      ArnLike: { 'aws:SourceArn': 'arn:aws:cloudwatch:eu-central-1:444455556666:alarm:roastery-prod-*' },
    });
    expect(statements('events')).to.have.all.keys('Rules', 'Budgets', 'CostAnomalies', 'TlsOnly');
    expect(statements('events')['CostAnomalies']?.Condition).to.deep.equal({ StringEquals: account });
    // EventBridge delivers to no topic that sets it a condition.
    expect(statements('events')['Rules']).to.deep.include({
      Principal: { Service: ['events.amazonaws.com'] },
      Action: ['sns:Publish'],
    });
    expect(statements('events')['Rules']?.Condition).to.equal(undefined);
    for (const id of ['alarms', 'events']) {
      expect(statements(id)['TlsOnly']).to.include({ Effect: 'Deny' });
    }
  });
});

describe('the rule of alarms', () => {
  it('tells of every alarm of the environment but of those that a message which reached nobody sets off', () => {
    const pattern = JSON.parse(
      String(
        prod.resource['aws_cloudwatch_event_rule']?.['monitoring_routing_alarm_changes']?.['event_pattern'],
      ),
    ) as { resources: { prefix: string }[]; detail: { alarmName: { 'anything-but': string[] }[] } };
    expect(pattern.resources).to.deep.equal([
      { prefix: 'arn:aws:cloudwatch:eu-central-1:444455556666:alarm:roastery-prod-' },
    ]);
    // The queue's alarm, and from there on whatever alarm looks at one that is set off.
    const [queue] = resources(prod, 'aws_cloudwatch_metric_alarm')
      .filter(([, { namespace }]) => namespace === 'AWS/SQS')
      .map(([, { alarm_name: name }]) => String(name));
    const setOff = [queue ?? ''];
    for (const name of setOff) {
      for (const [, composite] of resources(prod, 'aws_cloudwatch_composite_alarm')) {
        if (String(composite['alarm_rule']).includes(`"${name}"`))
          setOff.push(String(composite['alarm_name']));
      }
    }
    expect(setOff).to.have.length(2);
    expect(pattern.detail.alarmName).to.deep.equal([{ 'anything-but': setOff }]);
  });
});

describe('money', () => {
  it('is told of at 80 % spent and at 100 % forecast, and where it goes an unusual way', () => {
    const budget = prod.resource['aws_budgets_budget']?.['monitoring_cost_budget'];
    expect(budget).to.include({ limit_amount: '20000', limit_unit: 'USD', time_unit: 'MONTHLY' });
    const told = (budget?.['notification'] as Record<string, unknown>[] | undefined)?.map((one) => [
      one['notification_type'],
      one['threshold'],
      one['subscriber_sns_topic_arns'],
    ]);
    expect(told).to.deep.equal([
      ['ACTUAL', 80, [events]],
      ['FORECASTED', 100, [events]],
    ]);
    expect(prod.resource['aws_ce_anomaly_subscription']).to.have.nested.property(
      'monitoring_cost_anomaly_subscription.threshold_expression.dimension.values[0]',
      '200',
    );
  });

  it('is not watched where there is none', () => {
    expect(local.resource).not.to.have.any.keys('aws_budgets_budget', 'aws_ce_anomaly_monitor');
  });
});

describe('dashboards', () => {
  interface Widget {
    readonly type: string;
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    readonly properties: { title: string; alarms?: string[]; metrics?: unknown[][] };
  }
  const widgets = (scope: string): Widget[] => {
    const body =
      lake.resource['aws_cloudwatch_dashboard']?.[`monitoring_dashboard_${scope}`]?.['dashboard_body'];
    return (JSON.parse(String(body)) as { widgets: Widget[] }).widgets;
  };

  it('are one a layer and one of the platform', () => {
    const shown = (stack: typeof lake) =>
      resources(stack, 'aws_cloudwatch_dashboard').map(([, dashboard]) => dashboard['dashboard_name']);
    expect(shown(lake)).to.have.members(
      ['bronze', 'silver', 'gold', 'platform'].map((scope) => `roastery-prod-${scope}`),
    );
    expect(shown(prod)).to.have.members(
      ['bronze', 'silver', 'gold', 'platform'].map((scope) => `roastery-prod-${scope}`),
    );
  });

  it('show the alarms, runs and datasets of their layer and of no other', () => {
    const silver = widgets('silver');
    expect(silver.map(({ properties: { title } }) => title)).to.deep.equal([
      'Alarms',
      'Runs',
      'Duration',
      'Behind the SLA',
      'Waiting',
      'Rows written',
      'Rows in quarantine',
      'Age of the newest data',
      'Checks that did not hold',
    ]);
    expect(silver[0]?.properties.alarms).to.have.length(5);
    expect(silver.at(-2)?.properties.metrics).to.deep.equal([
      [
        'dataplat',
        'FreshnessSeconds',
        'environment',
        'prod',
        'dataset',
        'orders_silver',
        { label: 'orders_silver' },
      ],
    ]);
    expect(JSON.stringify(silver)).not.to.match(/_bronze|_gold/);
  });

  it('lay no widget over another', () => {
    for (const scope of ['bronze', 'platform']) {
      const cells = widgets(scope).flatMap(({ x, y, width, height }) =>
        Array.from(
          { length: width * height },
          (_, at) => `${x + (at % width)},${y + Math.floor(at / width)}`,
        ),
      );
      expect(new Set(cells).size).to.equal(cells.length);
      expect(Math.max(...widgets(scope).map(({ x, width }) => x + width))).to.be.at.most(24);
    }
  });
});
