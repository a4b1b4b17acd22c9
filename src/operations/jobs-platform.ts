import type { StartRun } from '../aws/job-runs.js';
import { maskingKey, type Connector } from '../model/connector.js';
import type { Dataset } from '../model/dataset.js';
import { secondsOf } from '../model/duration.js';
import type { Environment } from '../model/environment.js';
import { bucketKinds } from '../model/layers.js';
import { sourceIdOf, type Job, type Source } from '../model/lineage.js';
import { maintenanceDefaults, type Maintenance } from '../model/maintenance.js';
import { names } from '../model/names.js';
import type { Platform } from '../model/platform.js';
import type { Expectation } from '../model/quality.js';
import { withPlatformDefaults } from './spark-run.js';

/** The file beside `config/` that it is in, where a release is unpacked. */
export const jobsPlatformFile = 'platform.json';

/** How a table is kept in order, with nothing left to defaults. */
export interface ResolvedMaintenance {
  readonly clustering: Maintenance['clustering'] | null;
  readonly fileMegabytes: number;
  readonly keepVersionsSeconds: number;
}

/** What a contract leaves to be derived; the contract itself is for the jobs to read. */
export interface ResolvedDataset {
  /** The source that it is ingested from; null where it is made of other datasets. */
  readonly source: string | null;
  readonly maintenance: ResolvedMaintenance;
  /** Of the rows that break its contract. */
  readonly quarantineMaintenance: ResolvedMaintenance;
  /** How old a row is when it is masked in place. */
  readonly maskAfterSeconds: number;
}

/** One environment's platform as jobs see it: everything resolved, no value of a secret. */
export interface JobsPlatform {
  readonly environment: {
    readonly name: string;
    readonly account: string;
    readonly region: string;
    /** Of the local endpoint; null where the environment is an account. */
    readonly endpointPort: number | null;
    /** By what the last part of their names is elsewhere: landing, bronze, … */
    readonly buckets: Readonly<Record<string, string>>;
    /** The namespace of its jobs in lineage: what its buckets begin with is unique in the world. */
    readonly namespace: string;
    /** The whole name of the secret with the key of masks. */
    readonly maskingKey: string;
    readonly lineage: { readonly transport: string; readonly url: string | null };
    /** By the system that each reaches. */
    readonly connectors: Readonly<Record<string, ResolvedConnector>>;
  };
  /** Spark's properties where no spark-submit names them. */
  readonly spark: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, ResolvedJob>>;
  readonly sources: Readonly<Record<string, ResolvedSource>>;
  readonly datasets: Readonly<Record<string, ResolvedDataset>>;
  /** What `dq_thresholds.yaml` says of a dataset, defaults filled in. */
  readonly quality: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface ResolvedConnector {
  readonly kind: string;
  /** The whole name of its secret. */
  readonly secret: string | null;
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface ResolvedJob {
  readonly group: string;
  readonly mode: string;
  readonly description: string;
  /** Ids of the sources that it reads, in the order in which they are declared. */
  readonly sources: readonly string[];
  /** Ids of the datasets that it reads. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface ResolvedSource {
  readonly system: string;
  readonly entity: string | null;
  readonly watermark: string | null;
  readonly lookbackSeconds: number;
  readonly partitionColumn: string | null;
  readonly format: string;
  readonly path: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * What jobs are told instead of deriving it again: names, durations in seconds, secrets by their whole names, Spark's
 * properties, each job with what it reads and writes. The same platform gives the same document. Pure.
 */
export function jobsPlatform(platform: Platform, configuration: StartRun['configuration']): JobsPlatform {
  const { environment, datasets, jobs, sources, quality } = platform;
  const sourceOf = sourcesByOutput(jobs);
  const datasetOf = new Map(datasets.map((dataset) => [dataset.id, dataset]));
  return {
    environment: resolvedEnvironment(environment),
    spark: sparkProperties(environment, configuration),
    jobs: byId(jobs, resolvedJob),
    sources: byId(sources, resolvedSource),
    datasets: byId(datasets, (dataset) => resolvedDataset(dataset, sourceOf.get(dataset.id))),
    quality: Object.fromEntries(
      Object.entries(quality.datasets).map(([id, limits]) => {
        const expectations = limits.expectations.map((one) => resolvedExpectation(one, datasetOf.get(id)));
        return [id, { ...limits, expectations }];
      }),
    ),
  };
}

function resolvedEnvironment(environment: Environment): JobsPlatform['environment'] {
  const { name, account, region, endpoint, lineage, lake, sources } = environment;
  return {
    name,
    account,
    region,
    endpointPort: endpoint?.port ?? null,
    buckets: Object.fromEntries(bucketKinds.map((kind) => [kind, names.bucket(environment, kind)])),
    namespace: `dataplat://${lake.bucketPrefix}`,
    maskingKey: names.secret(environment, maskingKey),
    lineage: { transport: lineage.transport, url: lineage.url ?? null },
    connectors: Object.fromEntries(
      Object.entries(sources).map(([system, connector]) => [
        system,
        resolvedConnector(environment, connector),
      ]),
    ),
  };
}

function resolvedConnector(environment: Environment, connector: Connector): ResolvedConnector {
  const { kind, ...settings } = connector;
  const secret = 'secret' in connector ? connector.secret : undefined;
  return {
    kind,
    secret: secret === undefined ? null : names.secret(environment, secret),
    settings: Object.fromEntries(Object.entries(settings).filter(([key]) => key !== 'secret')),
  };
}

/** Without those that name files of EMR's image, which no other machine has. */
function sparkProperties(
  environment: Environment,
  configuration: StartRun['configuration'],
): Readonly<Record<string, string>> {
  const defaults = withPlatformDefaults(environment, configuration)['spark-defaults'] ?? {};
  return Object.fromEntries(
    Object.entries(defaults).filter(([, value]) => !value.includes('/usr/share/aws/')),
  );
}

function resolvedJob(job: Job): ResolvedJob {
  const { group, mode, description, inputs, outputs } = job;
  return {
    group,
    mode,
    description,
    sources: inputs.flatMap((input) => sourceIdOf(input) ?? []),
    inputs: inputs.filter((input) => sourceIdOf(input) === undefined),
    outputs,
  };
}

function resolvedSource(source: Source): ResolvedSource {
  const { system, entity, watermark, lookback, partitionColumn, format, path, options } = source;
  return {
    system,
    entity: entity ?? null,
    watermark: watermark ?? null,
    lookbackSeconds: lookback === undefined ? 0 : secondsOf(lookback),
    partitionColumn: partitionColumn ?? null,
    format,
    path,
    options,
  };
}

function resolvedDataset({ maintenance, maskInPlace }: Dataset, source: string | undefined): ResolvedDataset {
  return {
    source: source ?? null,
    maintenance: resolvedMaintenance(maintenance ?? {}),
    // Rows of another shape: nothing of how they are laid is declared.
    quarantineMaintenance: resolvedMaintenance({}),
    maskAfterSeconds: maskInPlace?.after === undefined ? 0 : secondsOf(maskInPlace.after),
  };
}

/** The source that each output is ingested from: an ingest has as many outputs as sources, in the same order. */
function sourcesByOutput(jobs: readonly Job[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { inputs, outputs } of jobs)
    outputs.forEach((output, index) => {
      const source = sourceIdOf(inputs[index] ?? '');
      if (source !== undefined && !found.has(output)) found.set(output, source);
    });
  return found;
}

function resolvedMaintenance(declared: Maintenance): ResolvedMaintenance {
  const { fileMegabytes, keepVersions } = { ...maintenanceDefaults, ...declared };
  return {
    clustering: declared.clustering ?? null,
    fileMegabytes,
    keepVersionsSeconds: secondsOf(keepVersions),
  };
}

function resolvedExpectation(
  one: Expectation,
  dataset: Dataset | undefined,
): Readonly<Record<string, unknown>> {
  if (one.expect !== 'freshness') return one;
  const within = one.within ?? dataset?.freshness;
  const column = one.column ?? dataset?.watermark;
  // `validate` refuses one that can't be judged.
  if (within === undefined || column === undefined) return one;
  return { ...one, column, within, withinSeconds: secondsOf(within) };
}

function byId<One extends { readonly id: string }, Resolved>(
  all: readonly One[],
  resolve: (one: One) => Resolved,
): Readonly<Record<string, Resolved>> {
  return Object.fromEntries(all.map((one) => [one.id, resolve(one)]));
}
