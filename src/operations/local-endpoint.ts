/**
 * The local endpoint's life as operations: up, down, status, reset; and `ensureLocalEndpoint` for every operation
 * that works on an environment whose endpoint is this machine.
 */
import { spawn } from 'node:child_process';
import {
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { EndpointSettings } from '../local/service.js';
import type { EndpointStatus } from '../local/status.js';
import { DataplatError } from '../model/errors.js';
import { withLock } from '../toolchain/file-lock.js';
import { step } from './events.js';
import type { Operation, Steps } from './events.js';
import {
  askStatus,
  askToStop,
  isEndpointProcess,
  localDirectory,
  readRecord,
} from './local-endpoint/endpoint-process.js';
import { holderOfPort, isPortFree } from './local-endpoint/port-holder.js';

/** What it takes to start the endpoint: where, for which account, with which programs. */
export interface LocalEndpointRequest extends Omit<EndpointSettings, 'directory'> {
  readonly projectDirectory: string;
  /** Only a loopback address is accepted; there so that asking for another one is refused and not overlooked. */
  readonly address?: string;
}

/** An endpoint that answers. */
export interface LocalEndpoint {
  /** For example `http://127.0.0.1:4577`. */
  readonly endpoint: string;
  readonly instanceId: string;
  /** Everything the instance holds; Terraform's state of the environment is in its folder `terraform`. */
  readonly instanceDirectory: string;
  /** Whether it ran already, was started with what it held before, or has begun anew. */
  readonly began: 'running' | 'resumed' | 'new';
  /** Why it has begun anew although there was an instance, or what else is worth knowing. */
  readonly note?: string;
}

export interface LocalStatus {
  readonly running: boolean;
  /** What the endpoint says about itself while it runs. */
  readonly status?: EndpointStatus;
  /** The instance that the next start takes up, while it does not run. */
  readonly instanceId?: string;
  /** Why it does not run although it was started, where that is so. */
  readonly note?: string;
}

const serverScript = fileURLToPath(new URL('../local/server.js', import.meta.url));

/** The endpoint itself waits up to 60 s for an emulator and 40 s for those of an earlier start. */
const startSeconds = 150;
const stopSeconds = 60;
const logLimitBytes = 5_000_000;
/** The server's exit code when somebody took the port in the last moment. */
const exitPortTaken = 98;

/** Starts the endpoint if it does not run. The result is the endpoint that answers. */
export async function* localUp(request: LocalEndpointRequest): Operation<LocalEndpoint> {
  yield { type: 'result', result: yield* ensureLocalEndpoint(request) };
}

/**
 * Makes sure that the project's endpoint runs on the asked port. Two at once start one.
 * @throws DataplatError DP3002 the port is taken, DP3003 it does not start, DP3007 not a loopback address
 */
export async function* ensureLocalEndpoint(request: LocalEndpointRequest): Steps<LocalEndpoint> {
  const { address = '127.0.0.1', port } = request;
  if (!/^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/.test(address)) {
    throw new DataplatError('DP3007', `The local endpoint does not listen on ${address}`, {
      left: 'Nothing was started: whoever reaches the endpoint can run code on this machine.',
    });
  }
  const directory = localDirectory(request.projectDirectory);
  const running = await runningEndpoint(directory);
  if (running?.phase === 'ready' && running.port === port) return answering(running, 'running');
  return yield* step('local-endpoint', 'Start the local endpoint', () =>
    whileNobodyElse(directory, (tell) => startOrJoin(directory, request, tell)),
  );
}

/** Does `work` while nobody else starts, stops or replaces the project's endpoint. What it tells is progress. */
export async function* whileNobodyElse<Made>(
  directory: string,
  work: (tell: (detail: string) => void) => Promise<Made>,
): AsyncGenerator<{ detail: string }, Made, void> {
  mkdirSync(directory, { recursive: true });
  const told: string[] = [];
  const working = withLock(
    join(directory, 'up.lock'),
    () => work((detail) => told.push(detail)),
    (holder) => told.push(`waiting for process ${holder}, which is starting or stopping it`),
  );
  let over = false;
  const ended = working.then(
    () => (over = true),
    () => (over = true),
  );
  while (!over) {
    const detail = told.shift();
    if (detail !== undefined) yield { detail };
    else await Promise.race([ended, sleep(100)]);
  }
  return working;
}

/** Stops the endpoint; what it holds stays for the next start. The result says whether it ran. */
export async function* localDown(request: { readonly projectDirectory: string }): Operation<{
  stopped: boolean;
}> {
  const directory = localDirectory(request.projectDirectory);
  const stopped = yield* stopping(directory);
  yield { type: 'result', result: { stopped } };
}

/** Whether the endpoint runs, and what it says about itself. */
export async function localStatus(request: { readonly projectDirectory: string }): Promise<LocalStatus> {
  const directory = localDirectory(request.projectDirectory);
  const status = await runningEndpoint(directory);
  if (status) return { running: true, status };
  const instance = readInstance(directory);
  const record = readRecord(directory);
  return {
    running: false,
    ...(instance !== undefined && { instanceId: instance }),
    ...(record && {
      note: isEndpointProcess(record.pid)
        ? `Its process ${record.pid} lives but does not answer on port ${record.port}.`
        : `Its process ${record.pid} has been killed. The next start says whether it takes up where it was.`,
    }),
  };
}

/** Stops the endpoint and removes everything that it holds, Terraform's state of the environment included. */
export async function* localReset(request: { readonly projectDirectory: string }): Operation<{
  removed: boolean;
  instanceId?: string;
}> {
  const directory = localDirectory(request.projectDirectory);
  yield* stopping(directory);
  const instanceId = readInstance(directory);
  yield* step('local-reset', 'Remove what it holds', () =>
    withLock(join(directory, 'up.lock'), () => {
      // The name first: should this be interrupted, the next start begins anew all the same.
      for (const name of ['instance.json', 'instances', 'endpoint.json']) {
        rmSync(join(directory, name), { recursive: true, force: true, maxRetries: 5 });
      }
      return Promise.resolve();
    }),
  );
  yield {
    type: 'result',
    result: { removed: instanceId !== undefined, ...(instanceId !== undefined && { instanceId }) },
  };
}

/** What the project's endpoint says, in whatever phase it is; undefined if it does not run or not answer. */
export async function runningEndpoint(directory: string): Promise<EndpointStatus | undefined> {
  const record = readRecord(directory);
  if (!record) return undefined;
  const status = await askStatus(record.port);
  return status?.pid === record.pid && status.directory === directory ? status : undefined;
}

/** Starts the endpoint or finds it running; for who holds its lock. */
export async function startOrJoin(
  directory: string,
  request: LocalEndpointRequest,
  tell: (detail: string) => void,
): Promise<LocalEndpoint> {
  const { port } = request;
  const running = await runningEndpoint(directory);
  if (running?.phase === 'ready' && running.port === port) return answering(running, 'running');
  // Whoever started it has been interrupted.
  if (running?.phase === 'starting' && running.port === port) {
    const status = await untilReady(port, running.pid, () => !isEndpointProcess(running.pid), tell);
    if (status) return answering(status, status.instance?.began ?? 'new');
  }
  const notes: string[] = [];
  if (running?.phase === 'failed') notes.push(`The endpoint had failed: ${running.detail}.`);
  if (running?.phase === 'ready') notes.push(`The endpoint has moved from port ${running.port}.`);
  // Before the earlier one is stopped: it runs on where the new place turns out to be taken.
  if (running?.port !== port) await requireFreePort(port);
  if (running) tell('stopping the earlier one');
  await stop(directory);
  if (running?.port === port) await requireFreePort(port);
  const server = spawnServer(directory, request);
  const status = await untilReady(port, server.pid, () => server.exit !== undefined, tell);
  if (!status) {
    if (server.exit?.code === exitPortTaken) await requireFreePort(port);
    const { exit } = server;
    if (!exit) await stop(directory);
    throw new DataplatError(
      'DP3003',
      exit
        ? `The local endpoint ended as it started (${exit.signal ?? `exit code ${exit.code ?? 'unknown'}`})`
        : `The local endpoint was not ready within ${startSeconds} s`,
      {
        excerpt: server.printed(),
        left: `Its log: ${server.logFile}`,
        next: ['dataplat doctor', 'dataplat local up'],
      },
    );
  }
  const endpoint = answering(status, status.instance?.began ?? 'new');
  const note = [...notes, ...(endpoint.note === undefined ? [] : [endpoint.note])].join(' ');
  return { ...endpoint, ...(note !== '' && { note }) };
}

interface Server {
  readonly pid: number;
  readonly logFile: string;
  /** Set when it has ended. */
  exit?: { readonly code: number | null; readonly signal: NodeJS.Signals | null };
  /** The last lines that this start has printed. */
  printed(): string[];
}

/** Starts the endpoint's process, which lives on when this one ends. */
function spawnServer(directory: string, request: LocalEndpointRequest): Server {
  const logFile = join(directory, 'endpoint.log');
  if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > logLimitBytes) {
    renameSync(logFile, `${logFile}.1`);
  }
  const settings: EndpointSettings = {
    directory,
    port: request.port,
    account: request.account,
    region: request.region,
    localPython: request.localPython,
    jobsPython: request.jobsPython,
    javaHome: request.javaHome,
    jars: request.jars,
    ...(request.vcpuQuota !== undefined && { vcpuQuota: request.vcpuQuota }),
    ...(request.airflowPython !== undefined && { airflowPython: request.airflowPython }),
  };
  const settingsFile = join(directory, 'settings.json');
  writeFileSync(settingsFile, JSON.stringify(settings));
  const log = openSync(logFile, 'a');
  const from = statSync(logFile).size;
  const child = spawn(process.execPath, [serverScript, settingsFile], {
    cwd: directory,
    detached: true,
    stdio: ['ignore', log, log],
    env: {
      // What the operator's shell says of AWS and of Terraform is of other places.
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:AWS|TF)_/.test(name))),
      // Not a line for the endpoint's log: which Node runs is for set-up to say.
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    },
  });
  closeSync(log);
  const server: Server = {
    pid: child.pid ?? 0,
    logFile,
    printed: () => readFileSync(logFile).subarray(from).toString('utf8').trimEnd().split('\n').slice(-20),
  };
  child.once('exit', (code, signal) => (server.exit = { code, signal }));
  child.once('error', () => (server.exit = { code: null, signal: null }));
  child.unref();
  return server;
}

/** What the endpoint says when it is ready; undefined if it ends, fails or takes too long. */
async function untilReady(
  port: number,
  pid: number,
  hasEnded: () => boolean,
  tell: (detail: string) => void,
): Promise<EndpointStatus | undefined> {
  const deadline = Date.now() + startSeconds * 1000;
  let told = '';
  while (!hasEnded() && Date.now() < deadline) {
    const status = await askStatus(port);
    if (status?.pid === pid) {
      if (status.phase === 'ready') return status;
      if (status.phase === 'failed') return undefined;
      if (status.detail !== told) tell((told = status.detail));
    }
    await sleep(50);
  }
  return undefined;
}

async function* stopping(directory: string): Steps<boolean> {
  const record = readRecord(directory);
  if (!record) return false;
  return yield* step('local-endpoint', 'Stop the local endpoint', () =>
    withLock(join(directory, 'up.lock'), () => stop(directory)),
  );
}

/**
 * Ends the project's endpoint, cleanly if it can be; for who holds its lock.
 * @param whereActive with it an endpoint where job runs or queries are under way goes on, and this is thrown
 */
export async function stop(
  directory: string,
  whereActive?: (active: readonly string[]) => Error,
): Promise<boolean> {
  const record = readRecord(directory);
  if (!record) return false;
  const file = join(directory, 'endpoint.json');
  if (!isEndpointProcess(record.pid)) {
    rmSync(file, { force: true });
    return false;
  }
  const status = await askStatus(record.port);
  if (status?.pid === record.pid) {
    const active = await askToStop(record.port, whereActive ? 'if-idle' : 'yes');
    if (whereActive && active.length > 0) throw whereActive(active);
  } else process.kill(record.pid, 'SIGTERM');
  const deadline = Date.now() + stopSeconds * 1000;
  while (isEndpointProcess(record.pid) && Date.now() < deadline) await sleep(50);
  if (isEndpointProcess(record.pid)) {
    // Its guardians end the emulators all the same, so that nothing is lost.
    process.kill(record.pid, 'SIGKILL');
    while (isEndpointProcess(record.pid)) await sleep(50);
  }
  rmSync(file, { force: true });
  return true;
}

/** @throws DataplatError DP3002 naming who has it, as far as that can be found out */
export async function requireFreePort(port: number): Promise<void> {
  if (await isPortFree(port)) return;
  const next = [
    'set endpoint.port in config/environments/local.yaml to a free port',
    `DATAPLAT_LOCAL_PORT=${port + 1} dataplat local up`,
  ];
  const other = await askStatus(port, 2);
  if (other) {
    throw new DataplatError('DP3002', `Port ${port} is held by the local endpoint of another project`, {
      excerpt: [`process ${other.pid}, state in ${other.directory}`],
      next,
      data: { port, pid: other.pid, directory: other.directory },
    });
  }
  const holder = holderOfPort(port);
  throw new DataplatError(
    'DP3002',
    holder
      ? `Port ${port} is held by process ${holder.pid}: ${holder.command}`
      : `Port ${port} is held by another program`,
    { next, data: { port, ...(holder && { pid: holder.pid, command: holder.command }) } },
  );
}

function answering(status: EndpointStatus, began: LocalEndpoint['began']): LocalEndpoint {
  const { instance } = status;
  if (!instance) throw new DataplatError('DP3004', 'The local endpoint answers without an instance');
  return {
    endpoint: status.endpoint,
    instanceId: instance.id,
    instanceDirectory: instance.directory,
    began,
    ...(began !== 'running' && instance.note !== undefined && { note: instance.note }),
  };
}

function readInstance(directory: string): string | undefined {
  try {
    const record = JSON.parse(readFileSync(join(directory, 'instance.json'), 'utf8')) as { id?: string };
    return record.id;
  } catch {
    return undefined;
  }
}
