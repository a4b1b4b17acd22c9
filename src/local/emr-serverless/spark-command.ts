import os from 'node:os';
import path from 'node:path';
import { packageRoot } from '../package-root.js';
import { alwaysThere } from './emr-image.js';
import { shellWords } from './shell-words.js';
import { gigabytes } from './utilization.js';

/** Programs and libraries that run a job here. */
export interface SparkInstallation {
  readonly javaHome: string;
  readonly python: string;
  /** pyspark's own folder: `jars/`, `python/` and so on. */
  readonly sparkHome: string;
  /** The jars that are pinned: S3A is on every run's class path, Delta and what else EMR's image has where a run names it. */
  readonly jars: readonly string[];
  /** What the virtual environment has beside the jobs' libraries, by the names of its modules: EMR has none of it. */
  readonly hiddenModules: readonly string[];
}

/** What the Java machine of an attempt is started with. */
export interface JavaLaunch {
  readonly driverMemory: string | undefined;
  readonly driverJavaOptions: string;
  readonly extraClassPath: string | undefined;
  /** Jars that the request names by their paths in EMR's image, as local paths. */
  readonly imageJars: readonly string[];
  readonly log4jFile: string;
  readonly temporaryDirectory: string;
  /** Options that use or make an archive of loaded classes. */
  readonly classData: readonly string[];
}

/** What it runs. */
export interface SparkSubmission {
  /** Local path of the entry point. */
  readonly entryPoint: string;
  readonly arguments: readonly string[];
  readonly mainClass?: string;
  /** File of Spark's properties. */
  readonly propertiesFile: string;
  /** Local paths for `--py-files`. */
  readonly pyFiles: readonly string[];
}

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly notes: readonly string[];
}

/** What Spark 3.5 asks of Java 17, as its own launcher gives it, and java.security for OpenLineage's agent. */
const modules = [
  ...['java.lang', 'java.lang.invoke', 'java.lang.reflect', 'java.io', 'java.net', 'java.nio', 'java.util'],
  ...[
    'java.util.concurrent',
    'java.util.concurrent.atomic',
    'java.security',
    'jdk.internal.ref',
    'sun.nio.ch',
  ],
  ...['sun.nio.cs', 'sun.security.action', 'sun.util.calendar'],
].map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`);

/**
 * The command that runs spark-submit's own class in a Java machine. Calling it without spark-submit's shell scripts
 * saves the second Java machine that they start to compose the same line.
 */
export function submitCommand({ command, args, notes }: Command, submission: SparkSubmission): Command {
  return {
    command,
    args: [
      ...args,
      'org.apache.spark.deploy.SparkSubmit',
      ...['--properties-file', submission.propertiesFile],
      ...(submission.pyFiles.length === 0 ? [] : ['--py-files', submission.pyFiles.join(',')]),
      ...(submission.mainClass === undefined ? [] : ['--class', submission.mainClass]),
      submission.entryPoint,
      ...submission.arguments,
    ],
    notes,
  };
}

/** The Java machine and its options, without what it is to run. */
export function javaCommand(installation: SparkInstallation, launch: JavaLaunch): Command {
  const notes: string[] = [];
  const theirs = shellWords(launch.driverJavaOptions).filter((option) => {
    const isEmrs = /^-javaagent:\/(usr|opt|etc)\/|^-XX:OnOutOfMemoryError/.test(option);
    if (isEmrs) notes.push(`Java option ${option} is left out here`);
    return !isEmrs;
  });
  const collector = theirs.some((option) => /^-XX:\+Use\w+GC$/.test(option)) ? [] : ['-XX:+UseSerialGC'];
  const heap = driverHeapGb(launch.driverMemory);
  if (heap.note !== undefined) notes.push(heap.note);
  const classPath = [
    ...(launch.extraClassPath === undefined ? [] : [launch.extraClassPath]),
    path.join(installation.sparkHome, 'jars', '*'),
    ...alwaysThere(installation.jars),
    ...launch.imageJars,
  ].join(path.delimiter);
  return {
    command: path.join(installation.javaHome, 'bin', 'java'),
    args: [
      '-cp',
      classPath,
      `-Xmx${Math.round(heap.gigabytes * 1024)}m`,
      '-XX:+IgnoreUnrecognizedVMOptions',
      '-XX:TieredStopAtLevel=1',
      '-XX:ReservedCodeCacheSize=240m',
      ...collector,
      ...launch.classData,
      ...modules,
      '--add-opens=java.security.jgss/sun.security.krb5=ALL-UNNAMED',
      '-Djdk.reflect.useDirectMethodHandle=false',
      '-Duser.timezone=UTC',
      `-Djava.io.tmpdir=${launch.temporaryDirectory}`,
      `-Dlog4j2.configurationFile=${launch.log4jFile}`,
      ...theirs,
    ],
    notes,
  };
}

/** What is asked for, 2 GB if nothing is, at most a third of the machine's memory. */
function driverHeapGb(requested: string | undefined): { gigabytes: number; note?: string } {
  const wanted = gigabytes(requested) ?? 2;
  const most = Math.max(1, os.totalmem() / 1024 ** 3 / 3);
  return wanted <= most
    ? { gigabytes: wanted }
    : {
        gigabytes: most,
        note: `driver memory ${requested ?? ''} is lowered to ${most.toFixed(1)}g: this machine's`,
      };
}

/** Spark's own log: warnings and worse, so that what a job says is not lost in it. */
const log4jBase = `rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n%ex
logger.nativecode.name = org.apache.hadoop.util.NativeCodeLoader
logger.nativecode.level = error
logger.metrics.name = org.apache.hadoop.metrics2
logger.metrics.level = error
`;

/** Log4j's configuration for a driver: ours, then what the request sets. */
export function log4jConfiguration(requested: ReadonlyMap<string, string>): string {
  return (
    log4jBase + [...requested].map(([name, value]) => `${name} = ${value.replace(/\n/g, ' ')}\n`).join('')
  );
}

/** Holds what Python imports first. */
export const driverPython = path.join(packageRoot(), 'src', 'local', 'emr-serverless', 'driver-python');

/**
 * The environment of a driver: the endpoint's own without what leads elsewhere, with what leads every client in the
 * job to the endpoint, and what the request sets.
 */
export function driverProcessEnvironment(
  inherited: NodeJS.ProcessEnv,
  installation: SparkInstallation,
  place: { readonly endpoint: string; readonly account: string; readonly region: string },
  workDirectory: string,
  requested: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  const elsewhere =
    /^(AWS_|PYTHON|PYSPARK|SPARK_|HADOOP_|JAVA_|JDK_|_JAVA|VIRTUAL_ENV|TF_|NODE_|npm_|(https?|all|no)_proxy$)/i;
  const kept = Object.fromEntries(
    Object.entries(inherited).filter(([name]) => name === 'AWS_CA_BUNDLE' || !elsewhere.test(name)),
  );
  return {
    ...kept,
    PATH: [
      path.dirname(installation.python),
      path.join(installation.javaHome, 'bin'),
      inherited.PATH ?? '',
    ].join(path.delimiter),
    JAVA_HOME: installation.javaHome,
    SPARK_HOME: installation.sparkHome,
    SPARK_LOCAL_IP: '127.0.0.1',
    SPARK_SCALA_VERSION: '2.12',
    PYSPARK_PYTHON: installation.python,
    PYSPARK_DRIVER_PYTHON: installation.python,
    PYTHONUNBUFFERED: '1',
    // What somebody has installed for himself is nothing that EMR has.
    PYTHONNOUSERSITE: '1',
    TZ: 'UTC',
    TMPDIR: path.join(workDirectory, 'tmp'),
    AWS_ENDPOINT_URL: place.endpoint,
    AWS_REGION: place.region,
    AWS_DEFAULT_REGION: place.region,
    AWS_ACCESS_KEY_ID: place.account,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_EC2_METADATA_DISABLED: 'true',
    DATAPLAT_HIDDEN_MODULES: installation.hiddenModules.join(','),
    ...requested,
    PYTHONPATH: [...(requested.PYTHONPATH === undefined ? [] : [requested.PYTHONPATH]), driverPython].join(
      path.delimiter,
    ),
  };
}
