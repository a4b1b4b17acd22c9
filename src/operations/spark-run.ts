import type { Aws } from '../aws/aws.js';
import type { RunLogging, StartRun } from '../aws/job-runs.js';
import { imageJars } from '../model/connector-jars.js';
import { minutesOf } from '../model/duration.js';
import type { Environment } from '../model/environment.js';
import type { Job } from '../model/lineage.js';
import { names } from '../model/names.js';
import { jarsFolder, listenerJar, notDeployed, releaseUri } from './release/release.js';

/** Tags of a run: how it is found again, and what it ran. */
export const runTags = {
  environment: 'dataplat.environment',
  job: 'dataplat.job',
  date: 'dataplat.date',
  release: 'dataplat.release',
  backfill: 'dataplat.backfill',
  attempt: 'dataplat.attempt',
  /** The run and the task of Airflow that it belongs to. */
  airflow: 'dataplat.airflow',
} as const;

/** A run that reads so much makes up for what it takes to compile well. Measured: docs/decisions/java-by-what-is-read.md. */
const manyBytes = 64 * 1024 ** 2;

export interface SparkRun {
  readonly job: Job;
  readonly date: string;
  readonly release: string;
  /** Whether the release brings libraries of its own. */
  readonly libraries: boolean;
  /** Whether the release brings the listener of lineage. Default: where the environment wants it. */
  readonly listener?: boolean;
  /** The jars that the release brings for connectors, by their names. Default: none. */
  readonly jars?: readonly string[];
  readonly clientToken: string;
  readonly arguments?: readonly string[];
  /** The KMS key of its logs. */
  readonly logKeyArn: string;
  /** Instead of the job's own timeout. */
  readonly timeoutMinutes?: number;
  /** Bytes of what it reads, as far as that is known; asked for where the environment has an endpoint of its own. Default: few. */
  readonly inputSize?: number;
  /** EMR's configuration by classification, from `config/emr/`. */
  readonly configuration?: StartRun['configuration'];
}

/** A run of a job as EMR Serverless is asked for it. Pure. */
export function startRunOf(
  environment: Environment,
  run: SparkRun,
): StartRun & { readonly logging: RunLogging } {
  const { job, date, release } = run;
  const uri = releaseUri(environment, release);
  const streaming = job.mode === 'stream';
  return {
    clientToken: run.clientToken,
    name: names.run(job, date),
    roleArn: names.jobRoleArn(environment, job),
    entryPoint: `${uri}/${job.entryPoint}`,
    // An entry point that several jobs share is told which one it is; one of its own holds it against its name.
    arguments: ['--env', environment.name, '--job', job.id, '--date', date, ...(run.arguments ?? [])],
    submitParameters: submitParameters(job, uri, run.libraries, {
      ...jarsOf(environment, uri, run),
      ...listening(environment, run),
      ...javaOptions(environment, run),
    }),
    configuration: withPlatformDefaults(environment, run.configuration ?? {}),
    logging: {
      ...loggingOf(environment, run.logKeyArn),
      // The job's role can write there and nowhere else.
      uri: names.jobRunLogs(environment, job),
      streamPrefix: job.id,
    },
    streaming,
    // A stream that takes what there is and ends is for whoever started it to start again. 1 is the least, and means never.
    ...(streaming && !staysOn(run.arguments) && { failuresAnHour: 1 }),
    timeoutMinutes: run.timeoutMinutes ?? (streaming ? 0 : minutesOf(job.timeout)),
    tags: {
      [runTags.environment]: environment.name,
      [runTags.job]: job.id,
      [runTags.date]: date,
      [runTags.release]: release,
    },
  };
}

/** What every run is told, on AWS and on a laptop alike, unless `config/emr/` says otherwise. */
export function withPlatformDefaults(
  { region }: Environment,
  configuration: StartRun['configuration'],
): StartRun['configuration'] {
  return {
    ...configuration,
    'spark-defaults': {
      // Jobs name tables by path alone. EMR would take Glue for the metastore, and ask it for a database `default`.
      'spark.sql.catalogImplementation': 'in-memory',
      // `s3://` is S3A since EMR 7.10; without a region it asks us-east-2 for the bucket's.
      'spark.hadoop.fs.s3a.endpoint.region': region,
      ...configuration['spark-defaults'],
    },
  };
}

/** Whether a stream is told to stay and take what comes. */
function staysOn(given: readonly string[] = []): boolean {
  return /(^| )--trigger[ =]continuous( |$)/.test(given.join(' '));
}

/** Where the environment's runs log. */
export function loggingOf(environment: Environment, keyArn: string): RunLogging {
  return { uri: names.runLogs(environment), group: names.jobLogGroup(environment), keyArn };
}

/** The key of the runs' logs, which AWS named. @throws DataplatError DP4004 where nothing is deployed */
export async function logKeyArn(environment: Environment, parameters: Aws['parameters']): Promise<string> {
  const name = names.parameter(environment, 'platform', 'emr/logs-key-arn');
  const found = await parameters.get(name);
  if (found === undefined) throw notDeployed(environment, `there is no parameter ${name}`);
  return found;
}

/**
 * All jars of a run in one property, where it needs more than the defaults name: what a run names stands instead of them,
 * so Delta, which they bring, is named again.
 */
function jarsOf(environment: Environment, uri: string, run: SparkRun): Record<string, string> {
  const more = [
    ...imageJars(environment),
    ...(run.jars ?? []).map((name) => `${uri}/${jarsFolder}${name}`),
    ...(listens(environment, run) ? [`${uri}/${listenerJar}`] : []),
  ];
  if (more.length === 0) return {};
  const defaults = run.configuration?.['spark-defaults']?.['spark.jars'];
  return { 'spark.jars': [...(defaults === undefined ? [] : [defaults]), ...more].join(',') };
}

function listens({ lineage }: Environment, run: SparkRun): boolean {
  return lineage.columns && run.listener !== false;
}

/**
 * What makes Spark tell which columns a run reads and writes. The listener writes them beside the driver; the job itself
 * makes its event of them (jobs/common/lineage), so that a receiver is no part of Spark's own work.
 */
function listening(environment: Environment, run: SparkRun): Record<string, string> {
  if (!listens(environment, run)) return {};
  return {
    'spark.extraListeners': 'io.openlineage.spark.agent.OpenLineageSparkListener',
    'spark.openlineage.namespace': environment.prefix,
    'spark.openlineage.transport.type': 'file',
    'spark.openlineage.transport.location': './openlineage.jsonl',
  };
}

/** What Java is told, behind what `config/emr/` says: a property of the request would stand instead of that. */
function javaOptions(environment: Environment, run: SparkRun): Record<string, string> {
  const name = 'spark.driver.extraJavaOptions';
  const options = [
    // On Java 17; without it the events of a merge lack their inputs.
    ...(listens(environment, run) ? ['--add-opens=java.base/java.security=ALL-UNNAMED'] : []),
    // A laptop's drivers compile quickly rather than well, which is right for few rows. EMR's are as EMR has them.
    ...(environment.endpoint && (run.inputSize ?? 0) >= manyBytes ? ['-XX:TieredStopAtLevel=4'] : []),
  ];
  if (options.length === 0) return {};
  const configured = run.configuration?.['spark-defaults']?.[name];
  return { [name]: [...(configured === undefined ? [] : [configured]), ...options].join(' ') };
}

function submitParameters(
  job: Job,
  uri: string,
  libraries: boolean,
  more: Readonly<Record<string, string>>,
): string {
  const { driver, executor } = job.spark;
  const archives = [
    `${uri}/config.tar.gz#declaration`,
    ...(libraries ? [`${uri}/libraries.tar.gz#libraries`] : []),
  ];
  const properties: Record<string, string | number> = {
    'spark.archives': archives.join(','),
    'spark.driver.cores': driver.cpu,
    'spark.driver.memory': `${heapMegabytes(driver.memoryGb)}m`,
    'spark.executor.cores': executor.cpu,
    'spark.executor.memory': `${heapMegabytes(executor.memoryGb)}m`,
    'spark.dynamicAllocation.maxExecutors': executor.maximum,
    // EMR begins with three unless it is told otherwise, and refuses where that is more than the most.
    ...(executor.maximum < 3 && { 'spark.dynamicAllocation.initialExecutors': executor.maximum }),
    ...(libraries && {
      'spark.emr-serverless.driverEnv.PYTHONPATH': './libraries',
      'spark.executorEnv.PYTHONPATH': './libraries',
    }),
    ...more,
  };
  return [
    `--py-files ${uri}/jobs.zip`,
    ...Object.entries(properties).map(([name, value]) => `--conf ${quoted(`${name}=${value}`)}`),
  ].join(' ');
}

/** As one word of a shell, which EMR reads the parameters as. */
function quoted(word: string): string {
  return /[\s"'\\]/.test(word) ? `"${word.replace(/["\\]/g, '\\$&')}"` : word;
}

/**
 * The heap that leaves a worker at the size that is declared: Spark adds a tenth of it, at least 384 MB, and EMR
 * rounds up to whole gigabytes, so a heap of the declared size would be billed as one more.
 */
function heapMegabytes(workerGb: number): number {
  const worker = workerGb * 1024;
  return Math.min(worker - 384, Math.floor(worker / 1.1));
}

/**
 * A property file of Spark: name, then white space, `=` or `:`, then value; a line that begins with `#` or `!` is a remark.
 */
export function parseSparkProperties(text: string): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const parts = /^\s*([^\s#!=:][^\s=:]*)(?:\s*[=:]\s*|\s+|$)(.*?)\s*$/.exec(line);
    if (parts?.[1] !== undefined && parts[2] !== undefined) properties[parts[1]] = parts[2];
  }
  return properties;
}

/** What EMR is told besides: `spark-defaults` from `config/emr/*.conf`, classifications from its `logging.yaml`. */
export async function readEmrConfiguration(files: {
  read(path: string): string | undefined;
  list(folder: string): readonly string[];
}): Promise<StartRun['configuration']> {
  const defaults: Record<string, string> = {};
  for (const name of files.list('config/emr')) {
    if (name.endsWith('.conf'))
      Object.assign(defaults, parseSparkProperties(files.read(`config/emr/${name}`) ?? ''));
  }
  const logging = files.read('config/emr/logging.yaml');
  if (logging === undefined) return { 'spark-defaults': defaults };
  const { parse } = await import('yaml');
  const classifications = (parse(logging) ?? {}) as Record<string, Record<string, unknown>>;
  return {
    'spark-defaults': defaults,
    ...Object.fromEntries(
      Object.entries(classifications).map(([classification, properties]) => [
        classification,
        Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, String(value)])),
      ]),
    ),
  };
}
