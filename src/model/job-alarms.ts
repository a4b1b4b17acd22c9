import type { Alarm, AlarmScope } from './alarm.js';
import type { Dataset } from './dataset.js';
import { secondsOf } from './duration.js';
import type { Environment } from './environment.js';
import { layers } from './layers.js';
import type { Job } from './lineage.js';
import { datasetMetric, jobMetric, ruleMetric } from './metrics.js';
import { names } from './names.js';
import type { Platform } from './platform.js';

/** How often lateness, waiting and age are measured at the least. */
const measuredEverySeconds = 900;

/**
 * Whose incident a job's failure is: of the last layer that it writes; a job that writes none serves the
 * platform.
 */
export function jobScopes({
  jobs,
  datasets,
}: Pick<Platform, 'jobs' | 'datasets'>): (job: Pick<Job, 'id'>) => AlarmScope {
  const layerOf = new Map(datasets.map(({ id, layer }) => [id, layer]));
  const scopes = new Map(
    jobs.map((job) => {
      const written = new Set(job.outputs.map((output) => layerOf.get(output)));
      return [job.id, layers.findLast((layer) => written.has(layer))];
    }),
  );
  return ({ id }) => scopes.get(id) ?? 'platform';
}

/** Failed, late, waiting too long: for each job. */
export function jobAlarms(platform: Platform): Alarm[] {
  const { environment, jobs } = platform;
  const scopeOf = jobScopes(platform);
  return byId(jobs).flatMap((job) => {
    const of = { subject: job.id, scope: scopeOf(job) };
    return [failed(environment, job, of), ...late(environment, job, of), queued(environment, job, of)];
  });
}

/** Broken or too old: for each dataset. */
export function datasetAlarms({ environment, datasets }: Platform): Alarm[] {
  return byId(datasets).flatMap((dataset) => {
    const of = { subject: dataset.id, scope: dataset.layer };
    return [quality(environment, dataset, of), ...stale(environment, dataset, of)];
  });
}

type Subject = Pick<Alarm, 'scope'> & { readonly subject: string };

/** EventBridge counts the runs that a rule of the job's own finds failed: exact, and needs nobody to emit it. */
function failed(environment: Environment, job: Job, of: Subject): Alarm {
  return {
    ...of,
    kind: 'job-failed',
    says: `A run of ${job.id} failed.`,
    measured: { metric: ruleMetric(names.runRule(environment, job)), statistic: 'Sum' },
    comparison: 'GreaterThanOrEqualToThreshold',
    threshold: 1,
    periodSeconds: 300,
    // Stays for an hour, so that jobs which fail one after another for one reason are one incident.
    periods: 12,
    wrongPeriods: 1,
    silence: 'notBreaching',
  };
}

function late(environment: Environment, job: Job, of: Subject): Alarm[] {
  if (!job.sla) return [];
  const { completeBy, duration } = job.sla;
  const promises = [
    ...(completeBy === undefined ? [] : [`done by ${completeBy} UTC`]),
    ...(duration === undefined ? [] : [`done within ${duration}`]),
  ];
  return [
    {
      ...of,
      kind: 'job-late',
      says: `${job.id} is to be ${promises.join(' and ')}, and is not; or nothing measures it.`,
      measured: { metric: jobMetric(environment, job, 'SecondsLate'), statistic: 'Maximum' },
      comparison: 'GreaterThanThreshold',
      threshold: 0,
      periodSeconds: measuredEverySeconds,
      periods: 1,
      wrongPeriods: 1,
      silence: silenceOf(environment),
    },
  ];
}

function queued(environment: Environment, job: Job, of: Subject): Alarm {
  const minutes = environment.emr.queueTimeoutMinutes / 2;
  return {
    ...of,
    kind: 'job-queued',
    says: `A run of ${job.id} has been waiting for ${minutes} minutes, half of what it may.`,
    measured: { metric: jobMetric(environment, job, 'QueuedSeconds'), statistic: 'Maximum' },
    comparison: 'GreaterThanOrEqualToThreshold',
    threshold: minutes * 60,
    periodSeconds: measuredEverySeconds,
    periods: 1,
    wrongPeriods: 1,
    silence: 'notBreaching',
  };
}

function quality(environment: Environment, dataset: Dataset, of: Subject): Alarm {
  return {
    ...of,
    kind: 'quality-error',
    says: `A check of level error did not hold for ${dataset.id}.`,
    measured: { metric: datasetMetric(environment, dataset, 'QualityErrors'), statistic: 'Maximum' },
    comparison: 'GreaterThanOrEqualToThreshold',
    threshold: 1,
    periodSeconds: 300,
    periods: 1,
    wrongPeriods: 1,
    // Data that was found broken stays broken until it is found sound.
    silence: 'ignore',
  };
}

function stale(environment: Environment, dataset: Dataset, of: Subject): Alarm[] {
  if (dataset.freshness === undefined) return [];
  return [
    {
      ...of,
      kind: 'data-stale',
      says: `The newest data of ${dataset.id} is older than ${dataset.freshness}; or nothing measures it.`,
      measured: { metric: datasetMetric(environment, dataset, 'FreshnessSeconds'), statistic: 'Maximum' },
      comparison: 'GreaterThanThreshold',
      threshold: secondsOf(dataset.freshness),
      periodSeconds: measuredEverySeconds,
      periods: 1,
      wrongPeriods: 1,
      silence: silenceOf(environment),
    },
  ];
}

/** A check that does not run must not look like one that finds nothing. */
function silenceOf({ alarms }: Environment): Alarm['silence'] {
  return alarms.silenceIsLate ? 'breaching' : 'notBreaching';
}

function byId<Item extends { readonly id: string }>(items: readonly Item[]): Item[] {
  return [...items].sort((a, b) => (a.id < b.id ? -1 : 1));
}
