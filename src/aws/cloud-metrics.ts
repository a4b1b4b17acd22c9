import type { Metric } from '../model/metrics.js';
import type { AwsClients } from './clients.js';

/** A value of a metric at a time. */
export interface Datum {
  readonly metric: Metric;
  readonly value: number;
  readonly unit: 'Count' | 'Seconds';
  readonly at: Date;
}

/** What operations need of CloudWatch. */
export interface CloudMetrics {
  put(data: readonly Datum[]): Promise<void>;
}

/** What CloudWatch takes in a call. Source: API reference, PutMetricData. */
const most = 1000;

export function cloudWatchMetrics(clients: AwsClients): CloudMetrics {
  return {
    put: async (data) => {
      const cloudWatch = await clients.cloudWatch();
      for (const [namespace, some] of byNamespace(data)) {
        for (let begin = 0; begin < some.length; begin += most) {
          await cloudWatch.putMetricData({
            Namespace: namespace,
            MetricData: some.slice(begin, begin + most).map(({ metric, value, unit, at }) => ({
              MetricName: metric.name,
              Dimensions: Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value })),
              Timestamp: at,
              Value: value,
              Unit: unit,
            })),
          });
        }
      }
    },
  };
}

function byNamespace(data: readonly Datum[]): Map<string, Datum[]> {
  const found = new Map<string, Datum[]>();
  for (const datum of data) {
    const { namespace } = datum.metric;
    found.set(namespace, [...(found.get(namespace) ?? []), datum]);
  }
  return found;
}
