import type { Dataset } from './dataset.js';
import type { Environment } from './environment.js';
import { bucketKinds, replicatedKinds, type BucketKind, type Layer, type ReplicatedKind } from './layers.js';
import type { Job } from './lineage.js';
import { logFolders } from './log-folders.js';

type Named = Pick<Environment, 'name' | 'prefix' | 'account' | 'region' | 'lake'>;

/** The stacks by lifecycle, in the order they are applied. docs/decisions/stacks-by-lifecycle.md says why. */
export const stackKinds = ['data', 'platform', 'observability'] as const;
export type StackKind = (typeof stackKinds)[number];

/** Every name that is derived from the declaration, in one place. */
export const names = {
  stack: (environment: Pick<Named, 'name'>, kind: StackKind): string => `${environment.name}-${kind}`,
  /** The SSM parameter through which a stack tells the others, and the command line, one of its values. */
  parameter: (environment: Named, kind: StackKind, name: string): string =>
    `/dataplat/${environment.name}/${kind}/${name}`,
  bucket: (environment: Named, kind: BucketKind): string => `${environment.lake.bucketPrefix}-${kind}`,
  /** A bucket's copy in the other region, or the access logs of the copies. */
  replicaBucket: (environment: Named, kind: ReplicatedKind | 'logs'): string =>
    `${names.bucket(environment, kind)}-dr`,
  /** Every bucket of the environment in its own region. */
  buckets: (environment: Named): string[] => bucketKinds.map((kind) => names.bucket(environment, kind)),
  /** Every bucket in the other region; none where nothing is copied. */
  replicaBuckets: (environment: Named): string[] =>
    environment.lake.replication
      ? [...replicatedKinds, 'logs' as const].map((kind) => names.replicaBucket(environment, kind))
      : [],
  replicaKeyAlias: (environment: Named): string => `alias/${environment.prefix}-replica`,
  /** The role by which S3 copies objects to the other region. */
  replicationRole: (environment: Named): string => `${environment.prefix}-replication`,
  replicationRoleArn: (environment: Named): string =>
    `arn:aws:iam::${environment.account}:role/${names.replicationRole(environment)}`,
  /** Terraform's state of a stack, in the state bucket or beside the local endpoint's instance. */
  stateKey: (environment: Named, kind: StackKind): string => `${environment.name}/${kind}.tfstate`,
  /** The same where states are kept beside the local endpoint's instance. */
  localState: (kind: StackKind): string => `${kind}.tfstate`,
  /** The alias of the key that encrypts a bucket which `bootstrap` makes. */
  bucketKeyAlias: (bucket: string): string => `alias/${bucket.replaceAll('.', '-')}`,
  database: (environment: Pick<Named, 'prefix'>, layer: Layer): string =>
    `${environment.prefix.replaceAll('-', '_')}_${layer}`,
  table: (dataset: Dataset): string => dataset.table,
  quarantineTable: (dataset: Dataset): string => `${dataset.table}__quarantine`,
  tableLocation: (environment: Named, dataset: Dataset): string =>
    `s3://${names.bucket(environment, dataset.layer)}/${names.table(dataset)}/`,
  quarantineLocation: (environment: Named, dataset: Dataset): string =>
    `s3://${names.bucket(environment, dataset.layer)}/${names.quarantineTable(dataset)}/`,
  application: (environment: Named): string => environment.prefix,
  airflow: (environment: Named): string => environment.prefix,
  workgroup: (environment: Named): string => environment.prefix,
  jobRole: (environment: Named, job: Pick<Job, 'id'>): string =>
    `${environment.prefix}-job-${job.id.replaceAll('_', '-')}`,
  jobRoleArn: (environment: Named, job: Pick<Job, 'id'>): string =>
    `arn:aws:iam::${environment.account}:role/${names.jobRole(environment, job)}`,
  /** The roles of all jobs, as a pattern; no other role of an environment is called so. */
  jobRoleArns: (environment: Named): string =>
    `arn:aws:iam::${environment.account}:role/${environment.prefix}-job-*`,
  roleArn: (environment: Named, role: string): string => `arn:aws:iam::${environment.account}:role/${role}`,
  airflowRole: (environment: Named): string => `${environment.prefix}-airflow`,
  /** Takes the snapshots that Airflow's schedule asks for. */
  snapshotsRole: (environment: Named): string => `${environment.prefix}-snapshots`,
  snapshotsRoleArn: (environment: Named): string =>
    names.roleArn(environment, names.snapshotsRole(environment)),
  snapshotsBoundary: (environment: Named): string => `${environment.prefix}-snapshots-boundary`,
  /** What no other role of the environment can exceed. */
  boundary: (environment: Named): string => `${environment.prefix}-boundary`,
  boundaryArn: (environment: Named): string =>
    `arn:aws:iam::${environment.account}:policy/${names.boundary(environment)}`,
  /** Where EMR Serverless writes the logs of runs. */
  runLogs: (environment: Named): string => `s3://${names.bucket(environment, 'logs')}/${logFolders.runs}`,
  /** Where EMR Serverless writes the logs of a job's runs, and no other job can. */
  jobRunLogs: (environment: Named, job: Pick<Job, 'id'>): string => `${names.runLogs(environment)}${job.id}/`,
  /** Where MWAA finds the DAGs: one fixed place, which each deploy makes equal to its release. */
  airflowDags: 'dags/',
  /** What a deploy has put there last, by the hash of each file. */
  airflowDagsRecord: 'airflow/dags.json',
  /** Where MWAA finds what is installed and run before Airflow starts. */
  airflowStartupScript: 'airflow/startup.sh',
  airflowRequirements: 'airflow/requirements.txt',
  airflowPlugins: 'airflow/plugins.zip',
  /** Where its machines find Node, which they have not, for what a task runs of this package. */
  airflowNode: (sha256: string): string => `airflow/node-${sha256.slice(0, 16)}.gz`,
  /** The role that Lake Formation lends credentials of, for one layer. */
  lakeRole: (environment: Named, layer: Layer): string => `${environment.prefix}-lake-${layer}`,
  lakeRoleArn: (environment: Named, layer: Layer): string =>
    `arn:aws:iam::${environment.account}:role/${names.lakeRole(environment, layer)}`,
  secret: (environment: Named, id: string): string => `${environment.prefix}/${id}`,
  queryResults: (environment: Named): string =>
    `s3://${names.bucket(environment, 'logs')}/${logFolders.queryResults}`,
  /** What a run is called: what EMR's events, and the rules for them, know of its job. */
  run: (job: Pick<Job, 'id'>, date: string): string => `${names.runPrefix(job)}${date}`,
  runPrefix: (job: Pick<Job, 'id'>): string => `${job.id} `,
  /** EventBridge rule for a job's runs that fail. */
  runRule: (environment: Named, job: Pick<Job, 'id'>): string =>
    `${environment.prefix}-run-${job.id.replaceAll('_', '-')}`,
  /** EventBridge rule for something that happens to the platform. */
  eventRule: (environment: Named, event: string): string => `${environment.prefix}-${event}`,
  alarm: (
    environment: Named,
    { kind, subject }: { readonly kind: string; readonly subject?: string },
  ): string =>
    [environment.prefix, kind, ...(subject === undefined ? [] : [subject.replaceAll('_', '-')])].join('-'),
  /** The alarm, and the dashboard, of a layer and of the platform under all of them. */
  scope: (environment: Named, scope: string): string => `${environment.prefix}-${scope}`,
  /** SNS topic of what wakes people. */
  alarmTopic: (environment: Named): string => `${environment.prefix}-alarms`,
  alarmTopicArn: (environment: Named): string =>
    `arn:aws:sns:${environment.region}:${environment.account}:${names.alarmTopic(environment)}`,
  /** SNS topic of everything that happens, by name. */
  eventTopic: (environment: Named): string => `${environment.prefix}-events`,
  /** SQS queue of messages that reached nobody. */
  undelivered: (environment: Named): string => `${environment.prefix}-undelivered`,
  budget: (environment: Named): string => environment.prefix,
  /** CloudWatch log group of the job runs. */
  jobLogGroup: (environment: Named): string => `/${environment.prefix}/jobs`,
} as const;
