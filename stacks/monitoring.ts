import { Construct } from './constructs.cjs';
import { declaredAlarms } from '../src/model/alarms.js';
import type { Platform } from '../src/model/platform.js';
import type { Deployed } from '../src/model/platform-alarms.js';
import { Alarms } from './alarms.js';
import { Budget } from './budget.js';
import { Dashboards } from './dashboards.js';
import { EventRouting } from './event-routing.js';

export interface MonitoringProps {
  readonly platform: Platform;
  readonly deployed: Deployed;
  readonly operationsKeyArn: string;
  /** Every key that the environment's data is encrypted with. */
  readonly keyArns: readonly string[];
}

/** What counts as wrong, who is told of it, and pages that show how things are: all from the job graph. */
export class Monitoring extends Construct {
  readonly routing: EventRouting;
  readonly alarms: Alarms;
  readonly dashboards: Dashboards;

  constructor(
    scope: Construct,
    id: string,
    { platform, deployed, operationsKeyArn, keyArns }: MonitoringProps,
  ) {
    super(scope, id);
    const { environment } = platform;
    const alarms = declaredAlarms(platform, deployed);
    this.routing = new EventRouting(this, 'routing', {
      platform,
      applicationId: deployed.applicationId,
      operationsKeyArn,
      keyArns,
    });
    this.alarms = new Alarms(this, 'alarm', { environment, alarms, topicArn: this.routing.alarmTopic.arn });
    this.dashboards = new Dashboards(this, 'dashboard', { platform, deployed, alarms });
    new Budget(this, 'cost', { environment, topic: this.routing.eventTopic, allowed: this.routing.allowed });
  }
}
