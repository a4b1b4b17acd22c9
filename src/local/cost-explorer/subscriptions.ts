import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { operation } from '../json-protocol.js';
import type { Operation } from '../json-protocol.js';
import { ServiceError } from '../service.js';
import type { CostExplorerStore, Entry } from './state.js';
import { resourceTags, tagsOf } from './tags.js';

const members = {
  SubscriptionName: z.string().min(1).max(1024),
  MonitorArnList: z.array(z.string()),
  Subscribers: z.array(z.object({ Address: z.string(), Type: z.enum(['EMAIL', 'SNS']) })),
  Frequency: z.enum(['DAILY', 'IMMEDIATE', 'WEEKLY']),
};
const thresholds = {
  Threshold: z.number().optional(),
  ThresholdExpression: z.record(z.string(), z.unknown()).optional(),
};

/** Cost Explorer tells a topic at once, and people by mail once a day or a week: nothing else is taken. */
function check(store: CostExplorerStore, given: Readonly<Record<string, unknown>>): void {
  const { Frequency, MonitorArnList, Subscribers } = z
    .object({ ...members, SubscriptionName: z.unknown() })
    .parse(given);
  for (const arn of MonitorArnList) store.get('monitor', arn);
  const wanted = Frequency === 'IMMEDIATE' ? 'SNS' : 'EMAIL';
  if (Subscribers.some(({ Type }) => Type !== wanted)) {
    throw new ServiceError(
      400,
      'ValidationException',
      `${Frequency} goes to subscribers of ${wanted} alone.`,
    );
  }
}

const shown = ({ Arn, given }: Entry, account: string): object => ({
  SubscriptionArn: Arn,
  AccountId: account,
  ...given,
  Subscribers: (given['Subscribers'] as object[]).map((subscriber) => ({
    ...subscriber,
    Status: 'CONFIRMED',
  })),
});

export function subscriptionOperations(store: CostExplorerStore): Record<string, Operation> {
  return {
    CreateAnomalySubscription: operation(
      z.object({ AnomalySubscription: z.object({ ...members, ...thresholds }), ResourceTags: resourceTags }),
      ({ AnomalySubscription, ResourceTags }, { account }) => {
        check(store, AnomalySubscription);
        const Arn = `arn:aws:ce::${account}:anomalysubscription/${randomUUID()}`;
        store.put('subscription', { Arn, given: AnomalySubscription, tags: tagsOf(ResourceTags) });
        return { SubscriptionArn: Arn };
      },
    ),

    GetAnomalySubscriptions: operation(
      z.object({ SubscriptionArnList: z.array(z.string()).optional(), MonitorArn: z.string().optional() }),
      ({ SubscriptionArnList, MonitorArn }, { account }) => ({
        AnomalySubscriptions: store
          .list('subscription', SubscriptionArnList)
          .filter(
            ({ given }) =>
              MonitorArn === undefined || (given['MonitorArnList'] as string[]).includes(MonitorArn),
          )
          .map((entry) => shown(entry, account)),
      }),
    ),

    UpdateAnomalySubscription: operation(
      z.object({ SubscriptionArn: z.string(), ...z.object(members).partial().shape, ...thresholds }),
      ({ SubscriptionArn, ...change }) => {
        const entry = store.get('subscription', SubscriptionArn);
        const given = { ...entry.given, ...change };
        check(store, given);
        store.put('subscription', { ...entry, given });
        return { SubscriptionArn };
      },
    ),

    DeleteAnomalySubscription: operation(z.object({ SubscriptionArn: z.string() }), (input) => {
      store.remove('subscription', input.SubscriptionArn);
      return {};
    }),
  };
}
