import type { Construct } from './constructs.cjs';
import type { Platform } from '../src/model/platform.js';
import { keyNames } from '../src/model/keys.js';
import { natCount } from '../src/model/nat-count.js';
import { LifecycleStack } from './lifecycle-stack.js';
import { Monitoring } from './monitoring.js';

/** Who is told, and what is shown: changes often, and is gone without harm. */
export class ObservabilityStack extends LifecycleStack {
  constructor(scope: Construct, platform: Platform) {
    super(scope, { platform, kind: 'observability' });
    const keyArns = new Map(
      keyNames.map((name) => [name, this.published('data', `kms/${name}-key-arn`)] as const),
    );
    const monitoring = new Monitoring(this, 'monitoring', {
      platform,
      deployed: {
        applicationId: this.published('platform', 'emr/application-id'),
        natGatewayIds: Array.from({ length: natCount(platform.environment.network) }, (_, index) =>
          this.published('platform', `network/nat-${index}-id`),
        ),
      },
      operationsKeyArn: keyArns.get('operations') ?? '',
      keyArns: [...keyArns.values()],
    });

    this.publish('alarms/topic-arn', monitoring.routing.alarmTopic.arn);
    this.publish('alarms/event-topic-arn', monitoring.routing.eventTopic.arn);
    this.output('alarm_topic_arn', monitoring.routing.alarmTopic.arn);
    this.output('event_topic_arn', monitoring.routing.eventTopic.arn);
    this.output('undelivered_queue_url', monitoring.routing.undelivered.url);
    this.output(
      'dashboard_names',
      monitoring.dashboards.dashboards.map((dashboard) => dashboard.dashboardName),
    );
    this.output(
      'alarm_names',
      [...monitoring.alarms.compositeAlarms, ...monitoring.alarms.metricAlarms].map(
        (alarm) => alarm.alarmName,
      ),
    );
  }
}
