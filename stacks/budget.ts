import {
  BudgetsBudget,
  CeAnomalyMonitor,
  CeAnomalySubscription,
  Construct,
  type SnsTopic,
  type TerraformResource,
} from './constructs.cjs';
import type { Environment } from '../src/model/environment.js';
import { names } from '../src/model/names.js';

export interface BudgetProps {
  readonly environment: Environment;
  readonly topic: SnsTopic;
  /** The topic's policy: AWS tries it as a budget or a subscription is made. */
  readonly allowed: readonly TerraformResource[];
}

/** What the account may cost a month, and what is unusual in the cost of this environment. */
export class Budget extends Construct {
  constructor(scope: Construct, id: string, { environment, topic, allowed }: BudgetProps) {
    super(scope, id);
    const { emails, monthlyBudgetUsd, costAnomalyUsd } = environment.alarms;
    const dependsOn = [...allowed];
    if (monthlyBudgetUsd > 0) {
      const notification = (notificationType: 'ACTUAL' | 'FORECASTED', threshold: number) => ({
        notificationType,
        threshold,
        thresholdType: 'PERCENTAGE',
        comparisonOperator: 'GREATER_THAN',
        subscriberSnsTopicArns: [topic.arn],
        ...(emails.length > 0 && { subscriberEmailAddresses: emails }),
      });
      new BudgetsBudget(this, 'budget', {
        name: names.budget(environment),
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        limitUnit: 'USD',
        limitAmount: String(monthlyBudgetUsd),
        notification: [notification('ACTUAL', 80), notification('FORECASTED', 100)],
        dependsOn,
      });
    }
    if (costAnomalyUsd > 0) {
      const monitor = new CeAnomalyMonitor(this, 'anomaly_monitor', {
        name: names.budget(environment),
        // An account may have one monitor of its services only; so this one is of the environment's tag.
        monitorType: 'CUSTOM',
        // Every member is named: the provider reads them all back, and would replace the monitor for one that is not.
        monitorSpecification: JSON.stringify({
          And: null,
          CostCategories: null,
          Dimensions: null,
          Not: null,
          Or: null,
          Tags: { Key: 'environment', MatchOptions: null, Values: [environment.name] },
        }),
      });
      new CeAnomalySubscription(this, 'anomaly_subscription', {
        name: names.budget(environment),
        frequency: 'IMMEDIATE',
        monitorArnList: [monitor.arn],
        subscriber: [{ type: 'SNS', address: topic.arn }],
        thresholdExpression: {
          dimension: {
            key: 'ANOMALY_TOTAL_IMPACT_ABSOLUTE',
            values: [String(costAnomalyUsd)],
            matchOptions: ['GREATER_THAN_OR_EQUAL'],
          },
        },
        dependsOn,
      });
    }
  }
}
