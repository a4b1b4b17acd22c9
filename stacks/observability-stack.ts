import type { Construct } from './constructs.cjs';
import type { Platform } from '../src/model/platform.js';
import { LifecycleStack } from './lifecycle-stack.js';
import { Monitoring } from './monitoring.js';

/** Who is told, and what is shown: changes often, and is gone without harm. */
export class ObservabilityStack extends LifecycleStack {
  constructor(scope: Construct, platform: Platform) {
    super(scope, { platform, kind: 'observability' });
    const monitoring = new Monitoring(this, 'monitoring', {
      environment: platform.environment,
      applicationId: this.published('platform', 'emr/application-id'),
      operationsKeyArn: this.published('data', 'kms/operations-key-arn'),
    });

    this.publish('alarms/topic-arn', monitoring.topic.arn);
    this.output('alarm_topic_arn', monitoring.topic.arn);
    this.output('dashboard_name', monitoring.dashboard.dashboardName);
    this.output(
      'alarm_names',
      monitoring.alarms.map((alarm) => alarm.alarmName),
    );
  }
}
