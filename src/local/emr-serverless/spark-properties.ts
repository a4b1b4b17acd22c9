import { existsSync } from 'node:fs';
import type { Configuration } from './applications.js';
import { imageDelta, isOfImage } from './emr-image.js';

/** What a run's Spark is told, and what of the request was left out or changed here, a line each. */
export interface SparkProperties {
  readonly properties: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
}

/** Where the endpoint answers S3 and whom it takes the caller for. */
export interface StoragePlace {
  readonly endpoint: string;
  readonly account: string;
  readonly region: string;
}

/** Properties that name files; the service fetches those itself and hands Spark local paths. */
export const fileProperties = [
  'spark.submit.pyFiles',
  'spark.archives',
  'spark.files',
  'spark.jars',
] as const;
export type FileProperty = (typeof fileProperties)[number];

export interface RequestedProperties extends SparkProperties {
  /** Settings of the driver's log, as `spark-driver-log4j2` gives them. */
  readonly driverLog: ReadonlyMap<string, string>;
}

/**
 * Properties that a run asks for, the strongest last: the application's runtime configuration, the run's overrides,
 * its submit parameters. Classifications other than spark-defaults have no meaning here and are noted.
 */
export function requestedProperties(
  application: readonly Configuration[],
  overrides: readonly Configuration[],
  submitted: ReadonlyMap<string, string>,
): RequestedProperties {
  const properties = new Map<string, string>();
  const driverLog = new Map<string, string>();
  const notes: string[] = [];
  for (const { classification, properties: given } of [...application, ...overrides]) {
    if (classification === 'spark-driver-log4j2') {
      for (const [name, value] of Object.entries(given ?? {})) driverLog.set(name, value);
      continue;
    }
    // There are no executors here that could have a log of their own.
    if (classification === 'spark-executor-log4j2') continue;
    if (classification !== 'spark-defaults') {
      notes.push(`classification ${classification} is not applied here`);
      continue;
    }
    for (const [name, value] of Object.entries(given ?? {})) properties.set(name, value);
  }
  for (const [name, value] of submitted) properties.set(name, value);
  return { properties, notes, driverLog };
}

/** What makes Spark quick on this machine; a request may say otherwise. What jobs rely on is the request's to name. */
function defaults(workDirectory: string): Record<string, string> {
  return {
    'spark.ui.enabled': 'false',
    'spark.ui.showConsoleProgress': 'false',
    'spark.sql.shuffle.partitions': '2',
    'spark.databricks.delta.snapshotPartitions': '2',
    'spark.sql.sources.parallelPartitionDiscovery.parallelism': '8', // a vacuum lists in as many tasks: 10,000
    'spark.sql.warehouse.dir': `${workDirectory}/spark-warehouse`,
    'spark.local.dir': `${workDirectory}/tmp`,
    'spark.hadoop.fs.s3a.fast.upload.buffer': 'bytebuffer',
    'spark.hadoop.fs.s3a.attempts.maximum': '3',
    'spark.hadoop.fs.s3a.retry.limit': '3',
    'spark.hadoop.fs.s3a.connection.establish.timeout': '5000',
  };
}

function fixed(place: StoragePlace): Record<string, string> {
  return {
    'spark.master': 'local[*]',
    'spark.driver.host': '127.0.0.1',
    'spark.driver.bindAddress': '127.0.0.1',
    'spark.hadoop.fs.s3.impl': 'org.apache.hadoop.fs.s3a.S3AFileSystem',
    'spark.hadoop.fs.s3a.impl': 'org.apache.hadoop.fs.s3a.S3AFileSystem',
    // Delta's checksum files: Hadoop's other interface to files knows S3A by the scheme s3a:// alone.
    'spark.sql.streaming.checkpointFileManagerClass':
      'org.apache.spark.sql.execution.streaming.FileSystemBasedCheckpointFileManager',
    'spark.hadoop.fs.s3a.endpoint': place.endpoint,
    'spark.hadoop.fs.s3a.path.style.access': 'true',
    'spark.hadoop.fs.s3a.connection.ssl.enabled': 'false',
    'spark.hadoop.fs.s3a.aws.credentials.provider': 'org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider',
    'spark.hadoop.fs.s3a.access.key': place.account,
    'spark.hadoop.fs.s3a.secret.key': 'local',
  };
}

/** Sizes and cluster settings: they count for utilisation, but one process needs none of them. */
const onlyOnEmr: readonly RegExp[] = [
  /^spark\.emr-serverless\./,
  /^spark\.emr\./,
  /^spark\.dynamicAllocation\./,
  /^spark\.shuffle\.service\./,
  /^spark\.executor\.(memory|memoryOverhead|cores|instances|extraJavaOptions|extraClassPath|extraLibraryPath)$/,
  /^spark\.driver\.(cores|memory|memoryOverhead|extraJavaOptions|extraLibraryPath)$/,
  /^spark\.pyspark\.(driver\.)?python$/,
  /^spark\.submit\.deployMode$/,
  /^spark\.hadoop\.hive\.metastore\.client\.factory\.class$/,
  /^spark\.hadoop\.fs\.s3\.customAWSCredentialsProvider$/,
];

/** Of these the log says nothing: everybody sets them, and they are honoured in another way. */
const silently: readonly RegExp[] = [
  /^spark\.emr-serverless\.driverEnv\./,
  /^spark\.(driver|executor)\.(memory|memoryOverhead|cores|instances|extraJavaOptions)$/,
  /^spark\.dynamicAllocation\./,
];

/**
 * The properties that this machine's Spark gets for a request: without what only EMR has, with what a laptop needs.
 * File properties are given without the files that only EMR's image has; the rest of them is for staging to replace.
 * Jars of the image are given by themselves, for they are on the class path from the start.
 */
export function localProperties(
  requested: ReadonlyMap<string, string>,
  place: StoragePlace,
  workDirectory: string,
): SparkProperties & { readonly imageJars: readonly string[] } {
  const notes: string[] = [];
  const imageJars = new Set<string>();
  const properties = new Map(Object.entries(defaults(workDirectory)));
  const must = fixed(place);
  for (const [name, value] of requested) {
    if (name in must) {
      if (must[name] !== value) notes.push(`${name}=${value} gives way to ${must[name] ?? ''}`);
    } else if (name === 'spark.sql.catalogImplementation') {
      if (value !== 'in-memory') notes.push(`${name}=${value} is left out: there is no Hive metastore here`);
    } else if (name === 'spark.jars') {
      // A path that neither EMR's image nor this machine has fails the run when it is staged, as it does on AWS.
      const jars = value.split(',').map((jar) => jar.trim());
      for (const jar of jars.filter(isOfImage)) imageJars.add(jar);
      const others = jars.filter((jar) => jar !== '' && !isOfImage(jar));
      if (others.length > 0) properties.set(name, others.join(','));
    } else if ((fileProperties as readonly string[]).includes(name)) {
      const [kept, dropped] = partitionFiles(value);
      for (const file of dropped) notes.push(`${name}: ${file} is part of EMR's image and left out here`);
      if (kept.length > 0) properties.set(name, kept.join(','));
    } else if (name === 'spark.jars.packages') {
      const kept = value
        .split(',')
        .filter((item) => !/^\s*(io\.delta:|org\.apache\.hadoop:hadoop-aws:)/.test(item));
      if (kept.length > 0) properties.set(name, kept.join(','));
      if (/(^|,)\s*io\.delta:/.test(value)) for (const jar of imageDelta) imageJars.add(jar);
    } else if (onlyOnEmr.some((pattern) => pattern.test(name))) {
      if (!silently.some((pattern) => pattern.test(name))) notes.push(`${name}=${value} has no meaning here`);
    } else if (isEmrPath(value)) {
      notes.push(`${name}=${value} is part of EMR's image and left out here`);
    } else {
      properties.set(name, value);
    }
  }
  for (const [name, value] of Object.entries(must)) properties.set(name, value);
  return { properties, notes, imageJars: [...imageJars] };
}

/** Java options that a request sets for its driver. */
export function driverJavaOptions(requested: ReadonlyMap<string, string>): string {
  return ['spark.driver.defaultJavaOptions', 'spark.driver.extraJavaOptions']
    .map((name) => requested.get(name) ?? '')
    .join(' ')
    .trim();
}

/** Environment variables that a request sets for its driver. */
export function driverEnvironment(requested: ReadonlyMap<string, string>): SparkEnvironment {
  const variables: Record<string, string> = {};
  const notes: string[] = [];
  const prefix = 'spark.emr-serverless.driverEnv.';
  for (const [name, value] of requested) {
    if (!name.startsWith(prefix)) continue;
    const variable = name.slice(prefix.length);
    if (
      /^(JAVA_HOME|SPARK_HOME|PYSPARK_PYTHON|PYSPARK_DRIVER_PYTHON)$/.test(variable) ||
      /^AWS_/.test(variable)
    ) {
      notes.push(`environment variable ${variable}=${value} gives way to this machine's own`);
    } else {
      variables[variable] = value;
    }
  }
  return { variables, notes };
}

export interface SparkEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
}

/** Splits a list of files into those to use and those that only EMR's image has. */
function partitionFiles(list: string): [string[], string[]] {
  const files = list
    .split(',')
    .map((file) => file.trim())
    .filter((file) => file !== '');
  return [files.filter((file) => !isEmrPath(file)), files.filter(isEmrPath)];
}

/** A path on the machine, that this machine has not: so one of EMR's image. */
function isEmrPath(value: string): boolean {
  const file = /^(?:local:|file:)?\/{0,2}(\/(?:usr|etc|opt|home\/hadoop|emr|var)\/[^,;:]*)/.exec(value)?.[1];
  return file !== undefined && !existsSync(file.replace(/\*$/, ''));
}

/** A Java properties file that Spark reads. */
export function propertiesFile(properties: ReadonlyMap<string, string>): string {
  const escaped = (text: string): string =>
    text
      .replace(/\\/g, '\\\\')
      .replace(/\n/g, '\\n')
      .replace(/\r/g, '\\r')
      .replace(/\t/g, '\\t')
      .replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return [...properties]
    .map(
      ([name, value]) =>
        `${escaped(name).replace(/[ :=#!]/g, '\\$&')}=${escaped(value).replace(/^ /, '\\ ')}\n`,
    )
    .join('');
}
