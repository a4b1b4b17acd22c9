import pLimit from 'p-limit';
import type { Aws } from '../../aws/aws.js';
import type { Datum } from '../../aws/cloud-metrics.js';
import type { Run, RunSummary } from '../../aws/job-runs.js';
import type { Records } from '../../aws/records.js';
import {
  datasetMetric,
  datasetMetrics,
  jobMetric,
  jobMetrics,
  type DatasetMetric,
  type JobMetric,
} from '../../model/metrics.js';
import type { Platform } from '../../model/platform.js';
import { endStates, hasFailed } from '../../model/run-states.js';
import { jobVerdicts, type Observed, type ObservedRun } from '../../model/sla.js';
import { driverLogsUri, jobReport, readDriverLog } from '../driver-logs.js';
import { step, type Operation } from '../events.js';
import { requireApplication } from '../submit.js';
import { observe } from './observe.js';
import { claimRuns, giveBackRuns } from './emitted-runs.js';

export interface EmitMetricsOptions {
  readonly now?: () => Date;
  /** Only says what would be sent. */
  readonly dryRun?: boolean;
}

export interface EmitMetricsResult {
  readonly environment: string;
  readonly emitted: boolean;
  /** The runs that have ended since the last time. */
  readonly runs: readonly string[];
  readonly metrics: readonly EmittedMetric[];
}

export interface EmittedMetric {
  readonly name: string;
  readonly subject: string;
  readonly value: number;
  readonly unit: string;
  readonly at: string;
}

/**
 * Sends to CloudWatch what alarms and dashboards watch. Of each run that has ended it is sent once, whoever asks from
 * wherever; what was sent is noted in the environment's bucket before it is sent, and given back where that fails.
 */
export async function* emitMetrics(
  platform: Platform,
  aws: Pick<Aws, 'runs' | 'catalog' | 'queries' | 'objects' | 'metrics'>,
  records: Records,
  options: EmitMetricsOptions = {},
): Operation<EmitMetricsResult> {
  const { environment } = platform;
  const at = (options.now ?? (() => new Date()))();
  const observed = yield* step('observe', 'Look at runs and data', () => observe(platform, aws, { at }));
  const ended = observed.runs.filter(({ endedAt }) => endedAt !== undefined);
  const fresh = await claimRuns(records, ended, at, options.dryRun === true);
  const data = [
    ...fresh.flatMap((run) => runData(platform, run)),
    ...(await writtenData(platform, aws, fresh, observed.details)),
    ...presentData(platform, observed),
  ];
  if (options.dryRun !== true) {
    try {
      yield* step('metrics', `Send ${data.length} metrics to CloudWatch`, () => aws.metrics.put(data));
    } catch (error) {
      await giveBackRuns(records, fresh);
      throw error;
    }
  }
  yield {
    type: 'result',
    result: {
      environment: environment.name,
      emitted: options.dryRun !== true,
      runs: fresh.map(({ runId }) => runId),
      metrics: data.map(({ metric, value, unit, at: when }) => ({
        name: metric.name,
        subject: metric.dimensions['job'] ?? metric.dimensions['dataset'] ?? '',
        ...{ value, unit, at: when.toISOString() },
      })),
    },
  };
}

type Of = Pick<Platform, 'environment'>;

function ofJob({ environment }: Of, id: string, name: JobMetric, value: number, at: Date): Datum {
  return { metric: jobMetric(environment, { id }, name), value, unit: jobMetrics[name].unit, at };
}

function ofDataset({ environment }: Of, id: string, name: DatasetMetric, value: number, at: Date): Datum {
  return { metric: datasetMetric(environment, { id }, name), value, unit: datasetMetrics[name].unit, at };
}

/** Of a run that has ended, at its end. One that somebody cancelled neither succeeded nor failed. */
function runData(platform: Platform, run: ObservedRun): Datum[] {
  const { job, state, endedAt } = run;
  const failed = hasFailed(run);
  if (!endedAt || !platform.jobs.some(({ id }) => id === job)) return [];
  const seconds = (endedAt.getTime() - (run.startedAt ?? run.createdAt).getTime()) / 1000;
  return [
    ...(state === 'SUCCESS' ? [ofJob(platform, job, 'RunsSucceeded', 1, endedAt)] : []),
    ...(failed ? [ofJob(platform, job, 'RunsFailed', 1, endedAt)] : []),
    ...(state === 'SUCCESS' || failed ? [ofJob(platform, job, 'RunSeconds', seconds, endedAt)] : []),
  ];
}

/** What the runs say that they wrote. */
async function writtenData(
  platform: Platform,
  aws: Pick<Aws, 'runs' | 'objects'>,
  fresh: readonly ObservedRun[],
  runs: readonly (Run | RunSummary)[],
): Promise<Datum[]> {
  const application = await requireApplication(platform.environment, aws.runs);
  const known = new Map(runs.map((run) => [run.id, run]));
  const limit = pLimit(8);
  const found = await Promise.all(
    fresh.map((run) =>
      limit(async (): Promise<Datum[]> => {
        const detail = known.get(run.runId);
        if (!detail || !('logUri' in detail) || detail.logUri === undefined) return [];
        if (run.endedAt === undefined || run.state !== 'SUCCESS') return [];
        const text = await readDriverLog(
          aws.objects,
          driverLogsUri(detail.logUri, application.id, detail),
          'stdout',
        );
        const at = run.endedAt;
        return outputsOf(jobReport(text ?? ''))
          .filter(({ table }) => platform.datasets.some(({ id }) => id === table))
          .flatMap(({ table, written, quarantined }) => [
            ofDataset(platform, table, 'RowsWritten', written, at),
            ofDataset(platform, table, 'RowsQuarantined', quarantined, at),
          ]);
      }),
    ),
  );
  return found.flat();
}

interface WrittenOutput {
  readonly table: string;
  readonly written: number;
  readonly quarantined: number;
}

function outputsOf(report: Readonly<Record<string, unknown>> | undefined): WrittenOutput[] {
  const outputs = report?.['outputs'];
  if (!Array.isArray(outputs)) return [];
  return (outputs as { table?: unknown; rows?: { written?: unknown; quarantined?: unknown } }[]).flatMap(
    ({ table, rows }) =>
      typeof table === 'string' && typeof rows?.written === 'number'
        ? [{ table, written: rows.written, quarantined: Number(rows.quarantined ?? 0) }]
        : [],
  );
}

/** How late, how long waited for, how old, how good: as things are now. */
function presentData(platform: Platform, observed: Observed): Datum[] {
  const { at, runs, newestData, checks } = observed;
  const jobs = platform.graph.order.flatMap((job): Datum[] => {
    const waiting = runs
      .filter((run) => run.job === job.id && !endStates.includes(run.state) && run.startedAt === undefined)
      .map((run) => (at.getTime() - run.createdAt.getTime()) / 1000);
    // A job of which nothing is known is not measured: silence says so, and the alarm decides what it means.
    const late = jobVerdicts(job, observed).filter(({ state }) => state !== 'unmeasured');
    return [
      ofJob(platform, job.id, 'QueuedSeconds', Math.max(0, ...waiting), at),
      ...(late.length === 0
        ? []
        : [ofJob(platform, job.id, 'SecondsLate', Math.max(...late.map((one) => one.secondsLate ?? 0)), at)]),
    ];
  });
  const datasets = platform.datasets.flatMap(({ id }): Datum[] => {
    const [newest, check] = [newestData.get(id), checks.get(id)];
    return [
      ...(newest
        ? [
            ofDataset(
              platform,
              id,
              'FreshnessSeconds',
              Math.max(0, (at.getTime() - newest.getTime()) / 1000),
              at,
            ),
          ]
        : []),
      ...(check
        ? [
            ofDataset(platform, id, 'QualityErrors', check.errors, at),
            ofDataset(platform, id, 'QualityWarnings', check.warnings, at),
          ]
        : []),
    ];
  });
  return [...jobs, ...datasets];
}
