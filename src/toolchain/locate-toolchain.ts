import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DataplatError } from '../model/errors.js';
import { cacheDirectory } from './cache-directory.js';
import { writeCliConfigFile } from './cli-config-file.js';
import { markerOf, writeWhole } from './complete-directory.js';
import { requireFound } from './finding.js';
import { findJars, installJars, type JarSet } from './jars.js';
import { findJava } from './java.js';
import { findPluginMirror } from './plugin-mirror.js';
import { findAirflowPython, findPython } from './python.js';
import { hashOfFiles, requirementsFile, shortHash } from './requirements.js';
import { findTerraform } from './terraform.js';
import { findUv } from './uv.js';
import { environmentDirectory, findEnvironment, installEnvironment } from './virtual-environment.js';

/** Terraform, and where its providers come from. */
export interface TerraformTools {
  readonly command: string;
  readonly version: string;
  /** For TF_CLI_CONFIG_FILE. */
  readonly cliConfigFile: string;
  /** Folder with the AWS provider; without it Terraform asks its registry. */
  readonly mirror?: string;
}

/** What makes the jobs' libraries for EMR. */
export interface PackagingTools {
  readonly python: string;
  readonly uv: string;
}

/** What runs jobs and the endpoint on this machine. */
export interface RuntimeTools {
  /** Interpreter of the virtual environment that holds pyspark and what the jobs import. */
  readonly jobsPython: string;
  /** Interpreter of the virtual environment that holds the emulators, duckdb, deltalake and sqlglot. */
  readonly localPython: string;
  /** Interpreter of Airflow's environment, also where that is not made yet; nothing where no Python here can run it. */
  readonly airflowPython?: string;
  /** Folder of Java 17 or 11. */
  readonly javaHome: string;
  /** Delta and S3A jars, absolute paths. */
  readonly jars: readonly string[];
}

/** Every program that dataplat runs, as absolute paths. */
export interface Toolchain extends PackagingTools, RuntimeTools {
  readonly node: string;
  readonly terraform: TerraformTools;
}

export interface LocateOptions {
  /** `terraform.pluginMirror` of the environment's file. */
  readonly pluginMirror?: string | undefined;
  readonly variables?: NodeJS.ProcessEnv;
}

/**
 * Everything at once. What was found is remembered in the cache, so that the next call starts no program.
 * @throws DataplatError DP3006 where `npm run setup` mends what is missing, DP3001 where only the user can
 */
export async function locateToolchain(options: LocateOptions = {}): Promise<Toolchain> {
  const [terraform, packaging, runtime] = [
    await locateTerraform(options),
    await locatePackagingTools(options),
    await locateRuntime(options),
  ];
  return { node: process.execPath, terraform, ...packaging, ...runtime };
}

/** Terraform alone: a deploy to AWS needs no Java. @throws DataplatError DP3001, DP3006 */
export function locateTerraform(options: LocateOptions = {}): Promise<TerraformTools> {
  return remembered('terraform', options, async (cache, variables) => {
    const python = await findPython(variables);
    const found = await findTerraform(cache, python.state === 'found' ? python.value : undefined, variables);
    const { command, version, flavour } = requireFound(found);
    const finding = findPluginMirror({ declared: options.pluginMirror, variables });
    const mirror = finding.state === 'found' ? finding.value : undefined;
    const cliConfigFile = await writeCliConfigFile(cache, flavour, mirror, variables);
    const value = { command, version, cliConfigFile, ...(mirror !== undefined && { mirror }) };
    return { value, witnesses: [command, cliConfigFile, ...(mirror === undefined ? [] : [mirror])] };
  });
}

/** Python and uv. @throws DataplatError DP3001, DP3006 */
export function locatePackagingTools(options: LocateOptions = {}): Promise<PackagingTools> {
  return remembered('packaging', options, async (cache, variables) => {
    const python = requireFound(await findPython(variables)).command;
    const uv = requireFound(await findUv(cache, variables));
    return { value: { python, uv }, witnesses: [python, uv] };
  });
}

/** The virtual environments, Java and Spark's jars. @throws DataplatError DP3001, DP3006 */
export function locateRuntime(options: LocateOptions = {}): Promise<RuntimeTools> {
  return remembered('runtime', options, async (cache, variables) => {
    const python = requireFound(await findPython(variables));
    const jobs = findEnvironment(cache, 'jobs', python);
    const local = findEnvironment(cache, 'local', python);
    const jars = findJars(cache);
    const [jobsPython, localPython] = [requireFound(jobs), requireFound(local)];
    const javaHome = requireFound(await findJava(cache, variables));
    const airflow = await findAirflowPython(variables);
    const value = {
      ...{ jobsPython, localPython, javaHome, jars: requireFound(jars) },
      ...(airflow.state === 'found' && {
        airflowPython: join(environmentDirectory(cache, 'airflow', airflow.value), 'bin', 'python'),
      }),
    };
    const folders = [jobs, local, jars].map((one) => (one.state === 'found' ? markerOf(one.where) : ''));
    return { value, witnesses: [...folders, jobsPython, localPython, join(javaHome, 'bin', 'java')] };
  });
}

/** The interpreter with the SQL parser; undefined where nothing is set up, which is no failure of who can go without. */
export async function findSqlParser(options: LocateOptions = {}): Promise<string | undefined> {
  try {
    return await remembered('sql-parser', options, async (cache, variables) => {
      const value = requireFound(findEnvironment(cache, 'local', requireFound(await findPython(variables))));
      return { value, witnesses: [markerOf(dirname(dirname(value))), value] };
    });
  } catch (error) {
    if (error instanceof DataplatError) return undefined;
    throw error;
  }
}

/** What the tests review the synthesized infrastructure with. */
export interface ReviewTools {
  /** Interpreter of the virtual environment that holds checkov, cloudsplaining and parliament. */
  readonly python: string;
  readonly checkov: string;
}

/**
 * Nobody but the tests needs these, so that set-up leaves them out: whoever asks first makes them (some 10 s, 210 MB),
 * and others wait meanwhile.
 * @throws DataplatError DP3001, DP3005, DP3006
 */
export function locateReviewTools(options: LocateOptions = {}): Promise<ReviewTools> {
  return remembered('review', options, async (cache, variables) => {
    const interpreter = requireFound(await findPython(variables));
    const uv = requireFound(await findUv(cache, variables));
    const python = await installEnvironment(cache, 'review', interpreter, uv);
    const checkov = join(dirname(python), 'checkov');
    return { value: { python, checkov }, witnesses: [markerOf(dirname(dirname(python))), python, checkov] };
  });
}

/**
 * The program dbt with its adapter for Athena, an absolute path. As with what reviews, whoever asks first makes its
 * environment (some 10 s, 130 MB).
 * @throws DataplatError DP3001, DP3005, DP3006
 */
export function locateDbt(options: LocateOptions = {}): Promise<string> {
  return remembered('dbt', options, async (cache, variables) => {
    const interpreter = requireFound(await findPython(variables));
    const uv = requireFound(await findUv(cache, variables));
    const python = await installEnvironment(cache, 'dbt', interpreter, uv);
    const value = join(dirname(python), 'dbt');
    return { value, witnesses: [markerOf(dirname(dirname(python))), value] };
  });
}

/** Airflow as MWAA runs it. */
export interface AirflowTools {
  /** Interpreter of the virtual environment that holds Airflow and its providers. */
  readonly python: string;
  /** The `airflow` command of the same environment. */
  readonly airflow: string;
}

/**
 * Airflow, for whoever runs a DAG on this machine. Most of what dataplat does needs none, so that set-up leaves it out:
 * whoever asks first makes it (some 20 s, 260 MB), and others wait meanwhile.
 * @param onLine told what is being installed, and who is waited for
 * @throws DataplatError DP3001 where there is no Python that runs it, DP3005, DP3006
 */
export function locateAirflow(
  options: LocateOptions = {},
  onLine?: (line: string) => void,
): Promise<AirflowTools> {
  return remembered('airflow', options, async (cache, variables) => {
    const interpreter = requireFound(await findAirflowPython(variables));
    const uv = requireFound(await findUv(cache, variables));
    const onWait = (holder: number): void => onLine?.(`waiting for another set-up (process ${holder})`);
    const listen = onLine ? { onLine, onWait } : {};
    const python = await installEnvironment(cache, 'airflow', interpreter, uv, listen);
    const airflow = join(dirname(python), 'airflow');
    return { value: { python, airflow }, witnesses: [markerOf(dirname(dirname(python))), python, airflow] };
  });
}

/**
 * The jars of a Kafka broker, absolute paths; fetched where they are not here, for the tests alone start one.
 * @throws DataplatError DP3001, DP3005, DP3006
 */
export async function locateKafkaBroker(options: LocateOptions = {}): Promise<readonly string[]> {
  return fetchedJars('kafka-broker', options);
}

/**
 * OpenLineage's listener for Spark, an absolute path; fetched where it is not here, for a release alone brings it, and
 * that only where lineage is switched on.
 * @throws DataplatError DP3001, DP3005, DP3006
 */
export async function locateLineageListener(options: LocateOptions = {}): Promise<string> {
  const [jar] = await fetchedJars('openlineage', options);
  if (jar === undefined) throw new Error('requirements/openlineage.sha256 names no jar');
  return jar;
}

async function fetchedJars(set: JarSet, options: LocateOptions): Promise<readonly string[]> {
  const found = findJars(cacheDirectory(options.variables), set);
  return found.state === 'found'
    ? found.value
    : installJars(cacheDirectory(options.variables), await locateRuntime(options), {}, set);
}

interface Memory<Value> {
  readonly value: Value;
  /** What must still be as it was, by size and time. */
  readonly witnesses: Readonly<Record<string, string>>;
}

/** Answers from the cache while everything that the answer rests on is unchanged; else looks anew. */
async function remembered<Value>(
  part: string,
  options: LocateOptions,
  look: (cache: string, variables: NodeJS.ProcessEnv) => Promise<{ value: Value; witnesses: string[] }>,
): Promise<Value> {
  const variables = options.variables ?? process.env;
  const cache = cacheDirectory(variables);
  const file = join(cache, 'toolchain', `${part}-${question(options, variables)}.json`);
  const memory = read<Value>(file);
  if (memory && Object.entries(memory.witnesses).every(([path, seen]) => stateOf(path) === seen)) {
    return memory.value;
  }
  const { value, witnesses } = await look(cache, variables);
  const seen = Object.fromEntries(witnesses.map((path) => [path, stateOf(path)]));
  await writeWhole(file, JSON.stringify({ value, witnesses: seen }));
  return value;
}

/** All that the answer depends on, but for the files that it names. */
function question(options: LocateOptions, variables: NodeJS.ProcessEnv): string {
  const names = [
    ...['PATH', 'HOME', 'JAVA_HOME', 'PYENV_ROOT', 'XDG_DATA_HOME', 'XDG_DATA_DIRS', 'TF_CLI_CONFIG_FILE'],
    ...['DATAPLAT_PYTHON', 'DATAPLAT_PLUGIN_MIRROR'],
  ];
  const lists = ['uv.txt', 'jobs.txt', 'local.txt', 'java.txt', 'terraform.txt', 'jars.sha256'].map(
    requirementsFile,
  );
  const dependsOn = [
    2,
    options.pluginMirror,
    names.map((name) => [name, variables[name]]),
    optional('dev.txt'),
    optional('review.txt'),
    optional('dbt.txt'),
    optional('airflow.txt'),
    optional('airflow-dev.txt'),
  ];
  return shortHash(hashOfFiles(lists), JSON.stringify(dependsOn));
}

function optional(name: string): string {
  try {
    return readFileSync(requirementsFile(name), 'utf8');
  } catch {
    return '';
  }
}

function read<Value>(file: string): Memory<Value> | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Memory<Value>;
  } catch {
    return undefined;
  }
}

function stateOf(path: string): string {
  const state = statSync(path, { throwIfNoEntry: false });
  if (!state) return 'missing';
  return state.isDirectory() ? 'directory' : `${state.size}:${Math.round(state.mtimeMs)}`;
}
