import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { cp, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { CarriedJars } from '../model/connector-jars.js';
import { DataplatError } from '../model/errors.js';
import { buildOnce, isComplete } from './complete-directory.js';
import { setUp, type Finding } from './finding.js';
import { hashOfFiles, requirementsFile } from './requirements.js';
import { isInstalledJava } from './java.js';
import { runProgram } from './run-program.js';
import { trustStoreOptions } from './trust-store.js';

/**
 * `jars`: what Spark on a laptop needs beside Spark. `openlineage`: the listener that tells what a plan reads and writes,
 * which a release brings where lineage is switched on. `kafka-broker`: a broker to test against, in no class path of ours.
 * Coordinates are in `requirements/<set>.in`, names and SHA-256 in `<set>.sha256`, as `sha256sum` writes them.
 */
export type JarSet = 'jars' | 'openlineage' | 'kafka-broker';

const titles: Record<JarSet, string> = {
  jars: "Spark's jars",
  openlineage: "OpenLineage's listener for Spark",
  'kafka-broker': "the Kafka broker's jars",
};
const purposes: Record<JarSet, string> = {
  jars: 'for Delta tables, s3:// paths, databases, Kafka and Avro',
  openlineage: 'for column lineage',
  'kafka-broker': 'for the tests',
};

function listOf(set: JarSet): string {
  return requirementsFile(`${set}.sha256`);
}

function directoryOf(cache: string, set: JarSet): string {
  return join(cache, set, hashOfFiles([listOf(set)]));
}

/** The jar files' names and what each must hash to. */
export function wantedJars(set: JarSet = 'jars'): Map<string, string> {
  const content = readFileSync(listOf(set), 'utf8');
  const wanted = new Map<string, string>();
  for (const line of content.split('\n')) {
    const [hash, name] = line.split(/\s+/);
    if (hash && name) wanted.set(name, hash);
  }
  return wanted;
}

/** @returns the jars that give Spark Delta tables and s3:// paths, as absolute paths */
export function findJars(cache: string, set: JarSet = 'jars'): Finding<string[]> {
  const directory = directoryOf(cache, set);
  const names = [...wantedJars(set).keys()];
  return isComplete(directory)
    ? {
        state: 'found',
        version: `${names.length} jars`,
        where: directory,
        value: names.map((name) => join(directory, name)),
      }
    : { state: 'missing', reason: `${titles[set]} ${purposes[set]} are not here`, mend: setUp };
}

/** What fetches the jars. */
export interface JarPrograms {
  readonly jobsPython: string;
  readonly localPython: string;
  readonly javaHome: string;
}

/**
 * Fetches the jars with Spark's own resolver, and keeps exactly those that are pinned. A registry of one's own is
 * named by an Ivy settings file in DATAPLAT_IVY_SETTINGS.
 * @throws DataplatError DP3001, DP3005
 */
export async function installJars(
  cache: string,
  programs: JarPrograms,
  listen: { onLine?: (line: string) => void; onWait?: (holder: number) => void } = {},
  set: JarSet = 'jars',
): Promise<string[]> {
  const directory = directoryOf(cache, set);
  await buildOnce(
    directory,
    async () => {
      const ivy = join(directory, 'ivy');
      const trusted = isInstalledJava(cache, programs.javaHome)
        ? await trustStoreOptions(programs.localPython, join(directory, 'trusted.p12'))
        : [];
      await resolveWithIvy(ivy, programs, set, trusted, listen.onLine);
      await keepPinned(join(ivy, 'jars'), directory, set);
      await rm(ivy, { recursive: true, force: true });
      await rm(join(directory, 'trusted.p12'), { force: true });
    },
    listen.onWait,
  );
  return [...wantedJars(set).keys()].map((name) => join(directory, name));
}

/** Lets Spark resolve the coordinates of requirements/<set>.in into `<ivy>/jars`. */
export async function resolveWithIvy(
  ivy: string,
  { jobsPython, javaHome }: JarPrograms,
  set: JarSet,
  javaOptions: readonly string[] = [],
  onLine?: (line: string) => void,
): Promise<void> {
  const named = readFileSync(requirementsFile(`${set}.in`), 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.includes(':') && !line.startsWith('#'));
  const excluded = named.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  const settings = process.env['DATAPLAT_IVY_SETTINGS'];
  const variables: NodeJS.ProcessEnv = {
    ...process.env,
    JAVA_HOME: javaHome,
    PYSPARK_PYTHON: jobsPython,
    PYSPARK_DRIVER_PYTHON: jobsPython,
    SPARK_LOCAL_IP: '127.0.0.1',
    SPARK_SUBMIT_OPTS: [process.env['SPARK_SUBMIT_OPTS'] ?? '', ...javaOptions].join(' ').trim(),
  };
  for (const name of ['SPARK_HOME', 'SPARK_CONF_DIR', 'PYSPARK_SUBMIT_ARGS', 'PYTHONPATH'])
    delete variables[name];
  await runProgram({
    purpose: `fetch ${titles[set]}`,
    command: join(dirname(jobsPython), 'spark-submit'),
    args: [
      ...['--packages', named.filter((line) => !line.startsWith('!')).join(',')],
      ...(excluded.length > 0 ? ['--exclude-packages', excluded.join(',')] : []),
      ...['--conf', `spark.jars.ivy=${ivy}`],
      ...(settings ? ['--conf', `spark.jars.ivySettings=${settings}`] : []),
      requirementsFile('nothing.py'),
    ],
    variables,
    ...(onLine && { onLine }),
  });
}

/** Copies the pinned jars under their plain names, and refuses what is not what was pinned. */
async function keepPinned(from: string, to: string, set: JarSet): Promise<void> {
  const fetched = await readdir(from);
  const wanted = wantedJars(set);
  for (const [name, hash] of wanted) {
    // Ivy puts the group before the name: `io.delta_delta-spark_2.12-3.3.2.jar`.
    const file = fetched.find((one) => one === name || one.endsWith(`_${name}`));
    if (file === undefined) throw mismatch(set, `${name} is not among what was fetched`);
    const got = await sha256(join(from, file));
    if (got !== hash) throw mismatch(set, `${name} has the SHA-256 ${got}, not ${hash}`);
    await cp(join(from, file), join(to, name));
  }
  const unpinned = fetched.filter(
    (one) => ![...wanted.keys()].some((name) => one === name || one.endsWith(`_${name}`)),
  );
  if (unpinned.length > 0) throw mismatch(set, `${unpinned.join(', ')} came too and is not pinned`);
}

function mismatch(set: JarSet, what: string): DataplatError {
  return new DataplatError('DP3001', `${titles[set]} are not what requirements/${set}.sha256 pins: ${what}`, {
    left: 'what was fetched was removed',
    next: [setUp],
  });
}

export async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** What a pinned jar is for: part of EMR's own Spark, EMR's Delta, or what a release brings for a kind of connector. */
export type JarGroup = 'spark' | 'delta' | CarriedJars;

const groups: Readonly<Record<JarGroup, RegExp>> = {
  spark: /^(?:aws-java-sdk-bundle|hadoop-aws|wildfly-openssl|antlr4-runtime)-/,
  avro: /^spark-avro_/,
  delta: /^delta-(?:spark_|storage-)/,
  kafka: /^(?:kafka-clients|spark-sql-kafka|spark-token-provider-kafka|commons-pool2)-/,
  postgresql: /^(?:postgresql|checker-qual)-/,
};

/** The group of a pinned jar, by its name; undefined for one that is none of ours. */
export function groupOfJar(name: string): JarGroup | undefined {
  return (Object.keys(groups) as JarGroup[]).find((group) => groups[group].test(name));
}

/** The plain name of a jar that Ivy has prefixed with its group. */
export function plainName(ivyName: string): string {
  return basename(ivyName).replace(/^[A-Za-z0-9.-]+?_(?=[a-z])/, '');
}
