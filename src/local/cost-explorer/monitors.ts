import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { operation } from '../json-protocol.js';
import type { Operation } from '../json-protocol.js';
import { ServiceError } from '../service.js';
import type { CostExplorerStore, Entry } from './state.js';
import { resourceTags, tagsOf } from './tags.js';

const monitor = z.object({
  MonitorName: z.string().min(1).max(1024),
  MonitorType: z.enum(['DIMENSIONAL', 'CUSTOM']),
  MonitorDimension: z.enum(['SERVICE', 'LINKED_ACCOUNT', 'TAG', 'COST_CATEGORY']).optional(),
  MonitorSpecification: z.record(z.string(), z.unknown()).optional(),
});

const shown = ({ Arn, given }: Entry): object => ({ MonitorArn: Arn, ...given });

export function monitorOperations(store: CostExplorerStore): Record<string, Operation> {
  return {
    CreateAnomalyMonitor: operation(
      z.object({ AnomalyMonitor: monitor, ResourceTags: resourceTags }),
      ({ AnomalyMonitor, ResourceTags }, { account }) => {
        const needed = AnomalyMonitor.MonitorType === 'CUSTOM' ? 'MonitorSpecification' : 'MonitorDimension';
        if (AnomalyMonitor[needed] === undefined) {
          throw new ServiceError(400, 'ValidationException', `${needed} is missing.`);
        }
        const Arn = `arn:aws:ce::${account}:anomalymonitor/${randomUUID()}`;
        const today = new Date().toISOString().slice(0, 10);
        const given = { ...AnomalyMonitor, CreationDate: today, LastUpdatedDate: today };
        store.put('monitor', { Arn, given, tags: tagsOf(ResourceTags) });
        return { MonitorArn: Arn };
      },
    ),

    GetAnomalyMonitors: operation(z.object({ MonitorArnList: z.array(z.string()).optional() }), (input) => ({
      AnomalyMonitors: store.list('monitor', input.MonitorArnList).map(shown),
    })),

    UpdateAnomalyMonitor: operation(
      z.object({ MonitorArn: z.string(), MonitorName: z.string().optional() }),
      ({ MonitorArn, MonitorName }) => {
        const entry = store.get('monitor', MonitorArn);
        store.put('monitor', { ...entry, given: { ...entry.given, ...(MonitorName && { MonitorName }) } });
        return { MonitorArn };
      },
    ),

    DeleteAnomalyMonitor: operation(z.object({ MonitorArn: z.string() }), ({ MonitorArn }) => {
      store.remove('monitor', MonitorArn);
      return {};
    }),
  };
}
