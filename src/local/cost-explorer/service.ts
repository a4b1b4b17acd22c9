/**
 * Cost Explorer, as far as an environment uses it: monitors of anomalies in cost, and who is told of them. Nothing is
 * billed here, so no anomaly is ever found (simulated.ts).
 */
import { parseJson } from '../json-protocol.js';
import type { Operation } from '../json-protocol.js';
import { ServiceError } from '../service.js';
import type { Service, ServiceContext } from '../service.js';
import { monitorOperations } from './monitors.js';
import { CostExplorerStore } from './state.js';
import { subscriptionOperations } from './subscriptions.js';
import { tagOperations } from './tags.js';

const protocol = 'AWSInsightsIndexService.';

export function createCostExplorerService(context: ServiceContext): Promise<Service> {
  const store = new CostExplorerStore(context.stateDirectory);
  const operations: Readonly<Record<string, Operation>> = {
    ...monitorOperations(store),
    ...subscriptionOperations(store),
    ...tagOperations(store),
  };
  return Promise.resolve({
    scope: 'ce',
    handle: async ({ headers, body, account }) => {
      const target = headers['x-amz-target'] ?? '';
      const name = target.startsWith(protocol) ? target.slice(protocol.length) : '';
      const found = Object.hasOwn(operations, name) ? operations[name] : undefined;
      if (!found) {
        throw new ServiceError(
          501,
          'UnsupportedOperationException',
          `The local endpoint's Cost Explorer has no ${name || 'such operation'}.`,
        );
      }
      return {
        status: 200,
        headers: { 'content-type': 'application/x-amz-json-1.1' },
        body: JSON.stringify(await found(parseJson(body), { account })),
      };
    },
    // Everything has been written by the time it was answered.
    stop: () => Promise.resolve(),
  });
}
