import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheDirectory } from './cache-directory.js';
import { writeCliConfigFile } from './cli-config-file.js';
import { markerOf, writeWhole } from './complete-directory.js';
import { requireFound } from './finding.js';
import { findJars, installJars } from './jars.js';
import { findJava } from './java.js';
import { findPluginMirror } from './plugin-mirror.js';
import { findPython } from './python.js';
import { hashOfFiles, requirementsFile, shortHash } from './requirements.js';
import { findTerraform } from './terraform.js';
import { findUv } from './uv.js';
import { findEnvironment, installEnvironment } from './virtual-environment.js';

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
    const value = { jobsPython, localPython, javaHome, jars: requireFound(jars) };
    const folders = [jobs, local, jars].map((one) => (one.state === 'found' ? markerOf(one.where) : ''));
    return { value, witnesses: [...folders, jobsPython, localPython, join(javaHome, 'bin', 'java')] };
  });
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
 * The jars of a Kafka broker, absolute paths; fetched where they are not here, for the tests alone start one.
 * @throws DataplatError DP3001, DP3005, DP3006
 */
export async function locateKafkaBroker(options: LocateOptions = {}): Promise<readonly string[]> {
  const cache = cacheDirectory(options.variables);
  const found = findJars(cache, 'kafka-broker');
  return found.state === 'found'
    ? found.value
    : installJars(cache, await locateRuntime(options), {}, 'kafka-broker');
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
    1,
    options.pluginMirror,
    names.map((name) => [name, variables[name]]),
    optional('dev.txt'),
    optional('review.txt'),
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
