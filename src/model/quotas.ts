import { takesScheduledSnapshots } from './access.js';
import { alarmScopes } from './alarm.js';
import { jobScopes } from './job-alarms.js';
import { keyNames } from './keys.js';
import { layers } from './layers.js';
import { names } from './names.js';
import { natCount } from './nat-count.js';
import type { Platform } from './platform.js';
import { secretsOf } from './secrets.js';
import { tagOntology } from './tags.js';

/** Something of which AWS lets nobody have any number. */
interface Quota {
  /** What is counted, in the plural. */
  readonly what: string;
  /** What an account may have of it before anybody asks for more. */
  readonly most: number;
  /** Whether AWS raises it when it is asked. */
  readonly raisable: boolean;
  /** What shares it: environments of an account, those of an account in a region, or nothing: it is one thing's own. */
  readonly sharedBy: 'account' | 'region' | 'nobody';
  readonly count: (platform: Platform) => number;
}

/** The vCPUs that all EMR Serverless workers of an account may have at once in a region, by its name in Service Quotas. */
export const vcpuQuota = { service: 'emr-serverless', code: 'L-D05C8A75' } as const;

/** What a new account has of it. */
export const freshVcpus = 16;

/**
 * What a declaration makes more of as it grows, and may have too much of. Sources: AWS, "Service quotas" of each service;
 * of metric alarms CloudWatch has no limit. A few regions allow less: of rules Cape Town and Milan a hundred.
 */
const quotas: readonly Quota[] = [
  { what: 'IAM roles', most: 1000, raisable: true, sharedBy: 'account', count: roles },
  { what: 'S3 buckets', most: 10_000, raisable: true, sharedBy: 'account', count: buckets },
  { what: 'EventBridge rules', most: 300, raisable: true, sharedBy: 'region', count: rules },
  { what: 'standard SSM parameters', most: 10_000, raisable: false, sharedBy: 'region', count: parameters },
  {
    what: 'secrets',
    most: 500_000,
    raisable: false,
    sharedBy: 'region',
    count: (one) => secretsOf(one).length,
  },
  { what: 'Glue tables', most: 1_000_000, raisable: true, sharedBy: 'region', count: tables },
  {
    what: 'Glue tables of one database',
    most: 200_000,
    raisable: true,
    sharedBy: 'nobody',
    count: tablesOfOne,
  },
  { what: 'values of one LF-tag', most: 1000, raisable: true, sharedBy: 'region', count: tagValues },
  {
    what: 'vCPUs of ready EMR Serverless workers',
    most: freshVcpus,
    raisable: true,
    sharedBy: 'region',
    count: readyVcpus,
  },
  { what: 'metrics of one dashboard', most: 2500, raisable: false, sharedBy: 'nobody', count: metrics },
  { what: 'metrics of one graph', most: 500, raisable: false, sharedBy: 'nobody', count: metricsOfOne },
];

/** How many of everything that has a quota a platform makes. */
export function quotaCounts(platform: Platform): ReadonlyMap<string, number> {
  return new Map(quotas.map(({ what, count }) => [what, count(platform)]));
}

/** A default quota that is too small for what is declared. */
export interface PassedQuota extends Pick<Quota, 'what' | 'raisable'> {
  readonly count: number;
  readonly quota: number;
  readonly account: string;
  /** Where the quota is one of a region. */
  readonly region?: string;
  /** Whose numbers these are together. */
  readonly environments: readonly string[];
}

/** The default quotas that an account passes when all its environments are deployed; the local endpoint has none. */
export function passedQuotas(platforms: readonly Platform[]): PassedQuota[] {
  const onAws = platforms.filter(({ environment }) => environment.endpoint === undefined);
  return quotas.flatMap((quota) => {
    const groups = new Map<string, Platform[]>();
    for (const platform of onAws) {
      const { account, region, name } = platform.environment;
      const key = { account, region: `${account} ${region}`, nobody: name }[quota.sharedBy];
      groups.set(key, [...(groups.get(key) ?? []), platform]);
    }
    return [...groups.values()].flatMap((group) => passed(quota, group) ?? []);
  });
}

function passed(quota: Quota, group: readonly Platform[]): PassedQuota | undefined {
  const { what, most, raisable, sharedBy } = quota;
  const count = group.reduce((sum, platform) => sum + quota.count(platform), 0);
  const [first] = group;
  if (!first || count <= most) return undefined;
  const { account, region } = first.environment;
  return {
    what,
    count,
    quota: most,
    raisable,
    account,
    ...(sharedBy !== 'account' && { region }),
    environments: group.map(({ environment }) => environment.name),
  };
}

/** Of the jobs, of the layers for Lake Formation, of Airflow, of the flow log, of the copies, and of snapshots by Airflow. */
function roles({ environment, jobs }: Platform): number {
  const besides = [environment.lake.replication !== undefined, takesScheduledSnapshots(environment)];
  return jobs.length + layers.length + 2 + besides.filter(Boolean).length;
}

function buckets({ environment }: Platform): number {
  return names.buckets(environment).length + names.replicaBuckets(environment).length;
}

/** One a job, and those for alarms, refusals and keys. */
function rules({ jobs }: Platform): number {
  return jobs.length + 3;
}

/** What stacks tell each other and the command line: each key, NAT gateway and job's role, and seven values besides. */
function parameters({ environment, jobs }: Platform): number {
  return keyNames.length + natCount(environment.network) + jobs.length + 7;
}

/** Those alone that are kept ready while the application is started, before any run asks for more. */
function readyVcpus({ environment }: Platform): number {
  const { drivers, executors } = environment.emr.initialCapacity ?? {};
  return [drivers, executors].reduce((sum, one) => sum + (one ? one.count * one.cpu : 0), 0);
}

/** Each dataset has one for the rows that break its contract. */
function tables({ datasets }: Platform): number {
  return datasets.length * 2;
}

function tablesOfOne({ datasets }: Platform): number {
  return Math.max(...layers.map((layer) => datasets.filter((one) => one.layer === layer).length * 2));
}

function tagValues(platform: Platform): number {
  const ontology = tagOntology(platform, Object.values(platform.environment.access.personas));
  return Math.max(...[...ontology.values()].map((values) => values.length));
}

/** Five lines a job and four a dataset; the platform's own are few and always as many. */
function metrics(platform: Platform): number {
  return Math.max(...shown(platform).map(({ jobs, datasets }) => jobs * 5 + datasets * 4));
}

/** The graph of runs has two lines a job. */
function metricsOfOne(platform: Platform): number {
  return Math.max(...shown(platform).map(({ jobs, datasets }) => Math.max(jobs * 2, datasets)));
}

/** How many jobs and datasets each dashboard shows. */
function shown(platform: Platform): { jobs: number; datasets: number }[] {
  const scopeOf = jobScopes(platform);
  return alarmScopes.map((scope) => ({
    jobs: platform.jobs.filter((job) => scopeOf(job) === scope).length,
    datasets: platform.datasets.filter(({ layer }) => layer === scope).length,
  }));
}
