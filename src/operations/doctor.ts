import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Objects } from '../aws/objects.js';
import type { Identity } from '../aws/identity.js';
import type { Environment } from '../model/environment.js';
import { DataplatError } from '../model/errors.js';
import { vcpuQuota } from '../model/quotas.js';
import { packageDirectory } from '../project/project-directory.js';
import { cacheDirectory } from '../toolchain/cache-directory.js';
import { freeBytes, gigabytes } from '../toolchain/disk-space.js';
import type { Finding } from '../toolchain/finding.js';
import { findJars } from '../toolchain/jars.js';
import { findJava } from '../toolchain/java.js';
import { findPluginMirror, awsProviderVersion } from '../toolchain/plugin-mirror.js';
import { programsOnPath } from '../toolchain/programs-on-path.js';
import { findAirflowPython, findPython } from '../toolchain/python.js';
import { runProgram } from '../toolchain/run-program.js';
import { findTerraform } from '../toolchain/terraform.js';
import { findUv } from '../toolchain/uv.js';
import { compareVersions } from '../toolchain/versions.js';
import type { EnvironmentName } from '../toolchain/requirements.js';
import { findEnvironment } from '../toolchain/virtual-environment.js';
import { step, type Operation } from './events.js';
import { inOrder } from './in-order.js';
import { holderOfPort, isPortFree } from './local-endpoint/port-holder.js';
import { localStatus } from './local-endpoint.js';

/** One thing that was looked at. */
export interface Check {
  readonly name: string;
  readonly state: 'found' | 'missing' | 'too-old' | 'failed';
  /** Version and place, or what is wrong. */
  readonly detail: string;
  /** Whether the environment cannot be worked with while this is not found. */
  readonly needed: boolean;
  /** The one command (or step) that mends it, where something is wrong. */
  readonly mend?: string;
}

export interface DoctorReport {
  readonly environment: string;
  /** Whether everything that the environment needs is there. */
  readonly ready: boolean;
  readonly checks: readonly Check[];
}

export interface DoctorRequest {
  readonly environmentName: string;
  /** The environment, or why the declaration does not give one. */
  readonly environment: Environment | DataplatError;
  readonly projectDirectory: string | undefined;
  /** Whose credentials these are; only asked where the environment is a real account. */
  readonly whoAmI: () => Promise<Identity>;
  /** How many vCPUs EMR Serverless gives the account at once, if that is known; only asked where it is a real one. */
  readonly vcpus: () => Promise<number | undefined>;
  /** S3 in the region of the state bucket; only asked where the state is kept in one. */
  readonly stateObjects: () => Promise<Objects>;
  readonly variables?: NodeJS.ProcessEnv;
}

const leastFree = 2e9;

/** Looks at everything that an environment needs, on this machine and behind it. It changes nothing. */
export async function* doctor(request: DoctorRequest): Operation<DoctorReport> {
  const checks = yield* step('doctor', 'Look at this machine', async function* () {
    const done: Check[] = [];
    const groups = [
      machineChecks(request),
      declarationChecks(request),
      accountChecks(request),
      stateChecks(request),
      endpointChecks(request),
    ];
    let asked = 0;
    for await (const checks of inOrder(groups)) {
      done.push(...checks);
      yield { done: (asked += 1), total: groups.length };
    }
    return done;
  });
  const ready = checks.every((check) => check.state === 'found' || !check.needed);
  yield { type: 'result', result: { environment: request.environmentName, ready, checks } };
}

async function machineChecks(request: DoctorRequest): Promise<Check[]> {
  const variables = request.variables ?? process.env;
  const cache = cacheDirectory(variables);
  const environment = request.environment instanceof DataplatError ? undefined : request.environment;
  // Jobs of a real account run there; without a declaration, everything may be needed.
  const runsHere = environment === undefined || environment.endpoint !== undefined;
  const python = await findPython(variables);
  const interpreter = python.state === 'found' ? python.value : undefined;
  const [airflowPython, npm, uv, java, terraform] = await Promise.all([
    findAirflowPython(variables),
    npmCheck(variables),
    findUv(cache, variables),
    findJava(cache, variables),
    findTerraform(cache, interpreter, variables),
  ]);
  const library = (name: EnvironmentName, title: string): Check =>
    interpreter
      ? checkOf(title, findEnvironment(cache, name, interpreter), runsHere)
      : {
          name: title,
          state: 'missing',
          detail: 'they need Python first',
          needed: runsHere,
          mend: 'npm run setup',
        };
  return [
    await nodeCheck(),
    npm,
    checkOf('Python', python),
    checkOf('uv', uv),
    library('jobs', "the jobs' libraries"),
    library('local', "the local endpoint's libraries"),
    checkOf('Java', java, runsHere),
    checkOf("Spark's jars", findJars(cache), runsHere),
    // Made by whoever runs a DAG here first; nothing else needs it.
    checkOf(
      'Airflow',
      airflowPython.state === 'found'
        ? findEnvironment(cache, 'airflow', airflowPython.value)
        : airflowPython,
      false,
    ),
    checkOf('Terraform', terraform),
    providerCheck(environment, variables),
    await diskCheck('disk of the cache', cache),
    ...(request.projectDirectory === undefined
      ? []
      : [await diskCheck('disk of the project', request.projectDirectory)]),
  ];
}

function checkOf(name: string, finding: Finding<unknown>, needed = true): Check {
  return finding.state === 'found'
    ? { name, state: 'found', detail: `${finding.version}  ${finding.where}`, needed }
    : { name, state: finding.state, detail: finding.reason, needed, mend: finding.mend };
}

async function nodeCheck(): Promise<Check> {
  const manifest = JSON.parse(await readFile(join(packageDirectory, 'package.json'), 'utf8')) as {
    engines: { node: string };
  };
  const wanted = manifest.engines.node.replace('>=', '');
  const found = process.versions.node;
  return compareVersions(found, wanted) >= 0
    ? { name: 'Node', state: 'found', detail: `${found}  ${process.execPath}`, needed: true }
    : {
        name: 'Node',
        state: 'too-old',
        detail: `${wanted} or newer is needed; this is ${found}`,
        needed: true,
        mend: 'install a newer Node (https://nodejs.org)',
      };
}

/** Needed to set up and update, not to work. */
async function npmCheck(variables: NodeJS.ProcessEnv): Promise<Check> {
  const where = programsOnPath('npm', variables)[0];
  const mend = 'install npm (https://nodejs.org)';
  if (where === undefined) {
    return { name: 'npm', state: 'missing', detail: 'not on PATH', needed: false, mend };
  }
  try {
    const said = await runProgram({ purpose: 'ask npm', command: where, args: ['--version'], variables });
    return { name: 'npm', state: 'found', detail: `${said.trim()}  ${where}`, needed: false };
  } catch (error) {
    return { name: 'npm', state: 'failed', detail: textOf(error), needed: false, mend };
  }
}

function providerCheck(environment: Environment | undefined, variables: NodeJS.ProcessEnv): Check {
  const name = 'AWS provider';
  try {
    const found = findPluginMirror({ declared: environment?.terraform?.pluginMirror, variables });
    return found.state === 'found'
      ? { name, state: 'found', detail: `${found.version}  ${found.where}`, needed: true }
      : {
          name,
          state: 'found',
          detail: `${awsProviderVersion}  fetched from Terraform's registry at the first deploy`,
          needed: true,
        };
  } catch (error) {
    return failed(name, error, 'terraform providers mirror <folder>');
  }
}

async function diskCheck(name: string, path: string): Promise<Check> {
  const free = await freeBytes(path);
  return free >= leastFree
    ? { name, state: 'found', detail: `${gigabytes(free)} free  ${path}`, needed: true }
    : {
        name,
        state: 'failed',
        detail: `only ${gigabytes(free)} free at ${path}; ${gigabytes(leastFree)} is the least to work with`,
        needed: true,
        mend: `df -h ${path}`,
      };
}

function declarationChecks({ environment, projectDirectory }: DoctorRequest): Promise<Check[]> {
  const check: Check =
    environment instanceof DataplatError
      ? failed('declaration', environment, 'dataplat validate')
      : { name: 'declaration', state: 'found', detail: projectDirectory ?? '', needed: true };
  return Promise.resolve([check]);
}

async function accountChecks(request: DoctorRequest): Promise<Check[]> {
  const { environment, whoAmI } = request;
  const name = 'credentials';
  if (environment instanceof DataplatError || environment.endpoint) return [];
  try {
    const { account, arn } = await whoAmI();
    if (account === environment.account)
      return [
        { name, state: 'found', detail: arn, needed: true },
        ...(await quotaChecks(environment, request)),
      ];
    const detail = `of account ${account} (${arn}); environment "${environment.name}" is account ${environment.account}`;
    return [
      {
        name,
        state: 'failed',
        detail,
        needed: true,
        mend: `aws sso login --profile <of ${environment.account}>`,
      },
    ];
  } catch (error) {
    return [failed(name, error, 'aws configure sso', 'missing')];
  }
}

/** Whether the account may have as many vCPUs at once as the application may take. Jobs beyond them wait, or fail. */
async function quotaChecks(environment: Environment, { vcpus }: DoctorRequest): Promise<Check[]> {
  const check = { name: 'vCPU quota', needed: false };
  const wanted = environment.emr.maximumCapacity.cpu;
  const { service, code } = vcpuQuota;
  try {
    const granted = await vcpus();
    if (granted === undefined) return [];
    const detail = `${granted} vCPUs of EMR Serverless at once in ${environment.region}; emr.maximumCapacity.cpu is ${wanted}`;
    if (granted >= wanted) return [{ ...check, state: 'found', detail }];
    const mend = `aws service-quotas request-service-quota-increase --service-code ${service} --quota-code ${code} --desired-value ${wanted}`;
    return [{ ...check, state: 'failed', detail, mend: `${mend} --region ${environment.region}` }];
  } catch (error) {
    return [{ ...failed(check.name, error, 'let this role call servicequotas:GetServiceQuota'), ...check }];
  }
}

/** Puts, reads and removes a small object or file where Terraform keeps its state. */
async function stateChecks({ environment, projectDirectory, stateObjects }: DoctorRequest): Promise<Check[]> {
  const name = 'state backend';
  if (environment instanceof DataplatError) return [];
  const { state } = environment;
  const probe = `dataplat-doctor-${randomUUID()}`;
  if (state.backend === 's3') {
    const region = state.region ?? environment.region;
    try {
      const objects = await stateObjects();
      const place = { bucket: state.bucket, key: probe };
      await objects.put(place, probe);
      const read = await objects.get(place);
      await objects.remove(state.bucket, [probe]);
      if (read?.toString() !== probe) throw new Error('what was written cannot be read again');
      return [
        { name, state: 'found', detail: `s3://${state.bucket} (${region}): put, get, delete`, needed: true },
      ];
    } catch (error) {
      return [failed(name, error, `aws s3 mb s3://${state.bucket} --region ${region}`)];
    }
  }
  if (projectDirectory === undefined) return [];
  const folder = join(projectDirectory, '.dataplat');
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, probe), probe);
    await rm(join(folder, probe));
    return [{ name, state: 'found', detail: `${folder}: writable`, needed: true }];
  } catch (error) {
    return [failed(name, error, `ls -ld ${folder}`)];
  }
}

async function endpointChecks({ environment, projectDirectory }: DoctorRequest): Promise<Check[]> {
  if (environment instanceof DataplatError || !environment.endpoint || projectDirectory === undefined)
    return [];
  const { port } = environment.endpoint;
  const name = 'local endpoint';
  const { status } = await localStatus({ projectDirectory });
  if (status?.port === port) {
    return [{ name, state: 'found', detail: `${status.phase}  ${status.endpoint}`, needed: true }];
  }
  if (await isPortFree(port)) {
    return [{ name, state: 'found', detail: `not running; port ${port} is free for it`, needed: true }];
  }
  const holder = holderOfPort(port);
  const by = holder ? ` by process ${holder.pid} (${holder.command.slice(0, 60)})` : '';
  const mend = 'DATAPLAT_LOCAL_PORT=<another port> dataplat local up';
  return [{ name, state: 'failed', detail: `port ${port} is taken${by}`, needed: true, mend }];
}

function failed(name: string, error: unknown, mend: string, state: 'failed' | 'missing' = 'failed'): Check {
  const next = error instanceof DataplatError ? error.details.next?.[0] : undefined;
  return { name, state, detail: textOf(error), needed: true, mend: next ?? mend };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
