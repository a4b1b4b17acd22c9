import { startRequest } from '../aws/job-runs.js';
import type { StartRun } from '../aws/job-runs.js';
import { minutesOf } from '../model/duration.js';
import type { ErrorCode } from '../model/errors.js';
import { layers, type Layer } from '../model/layers.js';
import type { Job } from '../model/lineage.js';
import { names } from '../model/names.js';
import type { Platform } from '../model/platform.js';
import { runTags, startRunOf } from './spark-run.js';

/** What is deployed, as far as DAGs need to know of it. */
export interface Deployed {
  readonly release: string;
  /** Whether the release brings libraries of its own. */
  readonly libraries: boolean;
  /** Whether the release brings the listener of lineage. Default: where the environment wants it. */
  readonly listener?: boolean;
  /** The jars that the release brings for connectors, by their names. Default: none. */
  readonly jars?: readonly string[];
  readonly applicationId: string;
  readonly logKeyArn: string;
  readonly configuration: StartRun['configuration'];
  /** Node for Airflow's machines. Default: none. */
  readonly node?: AirflowNode | undefined;
}

/** A job as DAGs see it: where it stands in the graph, and the request that runs it, as `dataplat submit` sends it. */
export interface AirflowJob {
  readonly id: string;
  readonly description: string;
  readonly group: string;
  /** The layer whose tables it makes or, as a gate, checks; `maintenance` for what makes none. */
  readonly layer: Layer | 'maintenance';
  readonly dag: string | null;
  readonly gate: boolean;
  readonly upstream: readonly string[];
  readonly outputs: readonly string[];
  readonly owner: string;
  readonly slaMinutes: number | null;
  readonly completeBy: string | null;
  /** As EMR Serverless takes it; `{date}` stands for the logical date, `{task}` for the run and task of Airflow. */
  readonly request: Readonly<Record<string, unknown>>;
}

/** Node for a machine of Airflow's that has none: an object of the artifacts bucket, the executable compressed by gzip. */
export interface AirflowNode {
  readonly bucket: string;
  readonly key: string;
  /** Of the executable. */
  readonly sha256: string;
}

/** How Airflow takes snapshots of the lake. */
export interface AirflowSnapshots {
  /** A line of cron, in UTC. */
  readonly schedule: string | null;
  /** Null where Airflow is on the machine of who deploys, which has one. */
  readonly node: AirflowNode | null;
  /** The file beside this document that takes one. */
  readonly program: string;
  /** The code of its failure where another run takes the day's: there will be one. */
  readonly takenByAnother: ErrorCode;
  /** Those at which a second attempt can't do better. */
  readonly noUseTryingAgain: readonly ErrorCode[];
}

/** The program that takes snapshots, in one file (src/snapshot-program.ts). */
export const snapshotProgramFile = 'snapshot.mjs';

export interface AirflowPlatform {
  readonly environment: string;
  readonly release: string;
  /** Whether it is an endpoint of one's own, where waiting costs nothing. */
  readonly local: boolean;
  readonly region: string;
  readonly applicationId: string;
  readonly maximumConcurrentRuns: number;
  /** The topic of everything that happens. */
  readonly topicArn: string;
  /** Null where Airflow takes none. */
  readonly snapshots: AirflowSnapshots | null;
  readonly datasets: readonly { readonly id: string; readonly location: string }[];
  /** In the order of the graph. */
  readonly jobs: readonly AirflowJob[];
}

/** Who answers for what has no contract that says so. */
const platformOwner = 'data-platform';

/**
 * What DAGs are made from: the graph, and each job's request as it is made for every other way to run it. DAGs read this
 * and nothing else, so that they neither repeat the declaration nor derive from it a second time. Pure.
 */
export function airflowPlatform(platform: Platform, deployed: Deployed): AirflowPlatform {
  const { environment, graph, datasets } = platform;
  return {
    environment: environment.name,
    release: deployed.release,
    local: environment.endpoint !== undefined,
    region: environment.region,
    applicationId: deployed.applicationId,
    maximumConcurrentRuns: environment.emr.maximumConcurrentRuns,
    topicArn: `arn:aws:sns:${environment.region}:${environment.account}:${names.eventTopic(environment)}`,
    snapshots: snapshotsOf(environment, deployed.node),
    datasets: datasets.map((dataset) => ({
      id: dataset.id,
      location: names.tableLocation(environment, dataset),
    })),
    jobs: graph.order.map((job) => ({
      id: job.id,
      description: job.description,
      group: job.group,
      layer: layerOfJob(platform, job),
      dag: job.schedule?.dag ?? null,
      gate: job.gate === true,
      upstream: graph.upstreamOf(job).map(({ id }) => id),
      outputs: job.outputs,
      owner: datasets.find(({ id }) => job.outputs.includes(id))?.owner ?? platformOwner,
      slaMinutes: job.sla?.duration === undefined ? null : minutesOf(job.sla.duration),
      completeBy: job.sla?.completeBy ?? null,
      request: requestOf(platform, job, deployed),
    })),
  };
}

/** On an account a snapshot needs a role, which is there where one is scheduled; on this machine whoever runs the DAG may. */
function snapshotsOf(
  { snapshots, endpoint }: Platform['environment'],
  node: AirflowNode | undefined,
): AirflowSnapshots | null {
  if (!snapshots || (snapshots.schedule === undefined && !endpoint)) return null;
  return {
    schedule: snapshots.schedule ?? null,
    node: node ?? null,
    program: snapshotProgramFile,
    takenByAnother: 'DP9005',
    noUseTryingAgain: ['DP1007', 'DP2001', 'DP9002'],
  };
}

function requestOf(platform: Platform, job: Job, deployed: Deployed): Readonly<Record<string, unknown>> {
  const { release, libraries, listener, jars, configuration, logKeyArn } = deployed;
  const start = startRunOf(platform.environment, {
    job,
    date: '{date}',
    release,
    libraries,
    ...(listener !== undefined && { listener }),
    ...(jars && { jars }),
    configuration,
    logKeyArn,
    clientToken: '',
  });
  const request = startRequest(deployed.applicationId, {
    ...start,
    tags: { ...start.tags, [runTags.airflow]: '{task}' },
  });
  // A new one each time that it is sent.
  return Object.fromEntries(Object.entries(request).filter(([name]) => name !== 'clientToken'));
}

/** A gate belongs to what it checks, for its results are read by people alone. */
export function layerOfJob({ datasets }: Platform, job: Job): AirflowJob['layer'] {
  if (job.mode === 'maintenance') return 'maintenance';
  const touched = job.gate === true ? job.inputs : job.outputs;
  const made = layers.filter((layer) =>
    datasets.some((dataset) => dataset.layer === layer && touched.includes(dataset.id)),
  );
  return made.at(-1) ?? 'maintenance';
}
