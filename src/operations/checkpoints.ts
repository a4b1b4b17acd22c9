/**
 * Checkpoints of the local endpoint. Its instance is all state there is (what the emulators and our services hold,
 * Terraform's states, the lake's data), so a checkpoint is a copy of the instance's folder, made while the endpoint is
 * cleanly stopped. An instance holds neither its port nor its folder's path, so a copy goes on anywhere.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openAws } from '../aws/aws.js';
import { adoptInstance, newInstanceId, restingInstance } from '../local/instance.js';
import type { EndpointStatus } from '../local/status.js';
import { DataplatError } from '../model/errors.js';
import type { Platform } from '../model/platform.js';
import { copyInstance, type Copied } from './checkpoints/copy-instance.js';
import { deployedIn } from './checkpoints/deployed.js';
import {
  doesNotFit,
  misfit,
  newManifest,
  type DeployedStack,
  type Manifest,
} from './checkpoints/manifest.js';
import {
  putCheckpoint,
  requireCheckpoint,
  requireName,
  storedCheckpoint,
  storedCheckpoints,
  takeOut,
} from './checkpoints/store.js';
import { step, type Operation } from './events.js';
import {
  requireFreePort,
  runningEndpoint,
  startOrJoin,
  stop,
  whileNobodyElse,
  type LocalEndpoint,
  type LocalEndpointRequest,
} from './local-endpoint.js';
import { localDirectory } from './local-endpoint/endpoint-process.js';
import { parseHolder } from './state/holder.js';
import { refusal } from './state/refusal.js';
import { recordNames, stateRecords } from './state/state-records.js';

export interface CheckpointRequest {
  readonly platform: Platform;
  /** Where the endpoint is, or is to be, and with which programs it is started. */
  readonly endpoint: LocalEndpointRequest;
  /** The folder that checkpoints are kept in. */
  readonly store: string;
  readonly name: string;
}

export interface SaveRequest extends CheckpointRequest {
  /** Save over one that has this name. */
  readonly force?: boolean;
}

export interface LoadRequest extends CheckpointRequest {
  /** Asked, with what goes in lines, where the project's endpoint holds something. */
  readonly consent: (lost: readonly string[]) => Promise<boolean>;
}

/** A checkpoint as a listing shows it. */
export interface CheckpointRow {
  readonly name: string;
  readonly savedAt?: string;
  readonly bytes?: number;
  readonly environment?: string;
  readonly deployed?: readonly DeployedStack[];
  /** Why it cannot be loaded here, where it cannot. */
  readonly problem?: string;
}

export interface SavedCheckpoint extends Copied {
  readonly name: string;
  readonly directory: string;
  readonly deployed: readonly DeployedStack[];
  /** Whether the endpoint ran, and runs again. */
  readonly running: boolean;
}

export interface LoadedCheckpoint extends LocalEndpoint {
  readonly name: string;
  readonly deployed: readonly DeployedStack[];
}

/**
 * Saves what the endpoint holds. An endpoint that runs is stopped for it and started again.
 * @throws DataplatError DP1001 for the name, DP3009 it is there already, DP3012 nothing to save, DP5003 a change is under
 *   way, DP6005 runs or queries are
 */
export async function* saveCheckpoint(request: SaveRequest): Operation<SavedCheckpoint> {
  const { store, name, force = false } = request;
  requireName(name);
  if (!force && (await storedCheckpoint(store, name))) {
    throw new DataplatError('DP3009', `there is a checkpoint "${name}" already`, {
      left: 'it was left as it is',
      next: [`dataplat local save ${name} --force`, 'dataplat local list'],
    });
  }
  const directory = localDirectory(request.endpoint.projectDirectory);
  const result = yield* step('checkpoint', `Save checkpoint ${name}`, () =>
    whileNobodyElse(directory, (tell) => saveAlone(request, directory, tell)),
  );
  yield { type: 'result', result };
}

async function saveAlone(
  request: SaveRequest,
  directory: string,
  tell: (detail: string) => void,
): Promise<SavedCheckpoint> {
  const { store, name, endpoint } = request;
  const running = await runningEndpoint(directory);
  if (running?.phase === 'failed') throw holdsNothingWhole(running.detail);
  if (running?.phase === 'ready') await requireNoChange(request, running);
  if (running) tell('stopping the endpoint');
  await stop(directory, (active) => runsAreActive(name, active));
  try {
    const instance = restingInstance(directory);
    if (!instance) {
      throw new DataplatError('DP3012', 'the local endpoint of this project holds nothing', {
        left: 'nothing was saved',
        next: ['dataplat deploy --env local', 'dataplat local up'],
      });
    }
    if (instance.missing !== undefined) throw holdsNothingWhole(instance.missing);
    tell('copying');
    const manifest = await putCheckpoint(store, name, async (place) => {
      const copied = await copyInstance(instance.directory, place);
      const { environment } = request.platform;
      return newManifest({
        id: randomUUID(),
        savedAt: new Date().toISOString(),
        environment: {
          name: environment.name,
          account: environment.account,
          region: environment.region,
        },
        instance: { createdAt: instance.createdAt, run: instance.run },
        deployed: deployedIn(place),
        ...copied,
      });
    });
    const { deployed, files, bytes } = manifest;
    return { name, directory: join(store, name), deployed, files, bytes, running: running !== undefined };
  } finally {
    if (running) {
      tell('starting the endpoint again');
      await startOrJoin(directory, { ...endpoint, port: running.port }, tell);
    }
  }
}

/**
 * Replaces what the project's endpoint holds by a checkpoint, and starts it. The checkpoint is only read.
 * @throws DataplatError DP3002 the port is taken, DP3008 no such checkpoint, DP3010 it does not fit, DP3011 it is not
 *   whole, DP5003 a change is under way, DP5004 nobody agreed to lose what is there
 */
export async function* loadCheckpoint(request: LoadRequest): Operation<LoadedCheckpoint> {
  const { store, name, platform, endpoint, consent } = request;
  const { manifest } = await requireCheckpoint(store, name);
  const { environment } = platform;
  if (typeof manifest === 'string') throw doesNotFit(name, environment.name, manifest);
  const problem = misfit(manifest, environment);
  if (problem !== undefined) throw doesNotFit(name, environment.name, problem);
  const directory = localDirectory(endpoint.projectDirectory);
  const lost = await whatIsThere(directory);
  if (lost.length > 0 && !(await consent(lost))) {
    throw new DataplatError('DP5004', 'nobody agreed to lose what the local endpoint holds', {
      left: 'nothing was changed',
      next: [`dataplat local load ${name} --yes`, 'dataplat local save <name>, which keeps it'],
    });
  }
  const loaded = yield* step('checkpoint', `Load checkpoint ${name}`, () =>
    whileNobodyElse(directory, async (tell) => {
      const running = await runningEndpoint(directory);
      if (running?.phase === 'ready') await requireNoChange(request, running);
      if (running?.port !== endpoint.port) await requireFreePort(endpoint.port);
      tell('copying');
      const id = await takeCopy(directory, request, manifest);
      if (running) tell('stopping the endpoint');
      await stop(directory);
      adoptInstance(directory, { id, ...manifest.instance });
      const started = await startOrJoin(directory, endpoint, tell);
      if (started.instanceId !== id) {
        throw new DataplatError('DP3011', `checkpoint "${name}" could not be taken up`, {
          ...(started.note !== undefined && { excerpt: [started.note] }),
          left: 'the local endpoint has begun anew and is empty',
          next: [`dataplat local remove ${name}`, 'dataplat deploy --env local'],
        });
      }
      return started;
    }),
  );
  yield { type: 'result', result: { ...loaded, name, deployed: manifest.deployed } };
}

/** All checkpoints, by name, with what keeps one from being loaded here. */
export async function listCheckpoints(store: string, platform: Platform): Promise<CheckpointRow[]> {
  return (await storedCheckpoints(store)).map(({ name, manifest }) => {
    if (typeof manifest === 'string') return { name, problem: manifest };
    const { savedAt, bytes, environment, deployed } = manifest;
    const problem = misfit(manifest, platform.environment);
    return {
      name,
      savedAt,
      bytes,
      environment: environment.name,
      deployed,
      ...(problem !== undefined && { problem }),
    };
  });
}

/** @throws DataplatError DP1001, DP3008 */
export async function removeCheckpoint(store: string, name: string): Promise<void> {
  await requireCheckpoint(store, name);
  await takeOut(store, name);
}

/**
 * Copies a checkpoint to where instances are; appears there whole.
 * @returns the new instance's id
 * @throws DataplatError DP3011 where it is not what its manifest says, or is another one by now
 */
async function takeCopy(
  directory: string,
  { store, name }: CheckpointRequest,
  manifest: Manifest,
): Promise<string> {
  const id = newInstanceId(new Date().toISOString());
  const instances = join(directory, 'instances');
  const part = join(instances, `.${id}`);
  await mkdir(instances, { recursive: true });
  try {
    const { files, bytes } = await copyInstance(join(store, name, 'instance'), part);
    const now = (await storedCheckpoint(store, name))?.manifest;
    if (typeof now !== 'object' || now.id !== manifest.id) {
      throw notWhole(name, 'was saved anew or removed meanwhile');
    }
    if (files !== manifest.files || bytes !== manifest.bytes) {
      const { files: told, bytes: large } = manifest;
      throw notWhole(name, `is not whole: of ${told} files, ${large} bytes, there are ${files}, ${bytes}`);
    }
    await rename(part, join(instances, id));
    return id;
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw notWhole(name, `is not whole: ${(error as NodeJS.ErrnoException).path ?? 'a file'} is gone`);
  }
}

/** @throws DataplatError DP5003 while somebody changes the environment */
async function requireNoChange({ platform }: CheckpointRequest, running: EndpointStatus): Promise<void> {
  const { environment } = platform;
  const terraformDirectory = join(running.instance?.directory ?? '', 'terraform', environment.name);
  const records = stateRecords({ platform, aws: openAws(environment), terraformDirectory });
  const held = await records.read(recordNames.lock(environment.name)).catch((error: unknown) => {
    // Without a bucket for states nothing of the environment is there to be changed.
    if (error instanceof DataplatError && error.code === 'DP5008') return undefined;
    throw error;
  });
  if (held) throw refusal(environment.name, parseHolder(held.text));
}

/** What the project's endpoint holds, in lines; none where nothing was ever done in it. */
async function whatIsThere(directory: string): Promise<string[]> {
  const running = await runningEndpoint(directory);
  const instance = restingInstance(directory);
  if (!instance) return [];
  return [
    `instance ${instance.id}, of ${instance.createdAt.slice(0, 19).replace('T', ' ')} UTC`,
    ...deployedIn(instance.directory).map(({ stack, resources }) =>
      resources === undefined ? `stack ${stack}` : `stack ${stack}, ${resources} resources`,
    ),
    ...(running?.active ?? []),
  ];
}

function runsAreActive(name: string, active: readonly string[]): DataplatError {
  return new DataplatError('DP6005', 'the local endpoint is at work, and saving it stops it', {
    excerpt: active,
    left: 'nothing was saved, and what is under way goes on',
    next: ['wait for it: dataplat status', 'dataplat cancel <run>', `dataplat local save ${name}`],
  });
}

function holdsNothingWhole(why: string): DataplatError {
  return new DataplatError('DP3012', `what the local endpoint held is not whole: ${why}`, {
    left: 'nothing was saved',
    next: ['dataplat local up'],
  });
}

function notWhole(name: string, why: string): DataplatError {
  return new DataplatError('DP3011', `checkpoint "${name}" ${why}`, {
    left: 'nothing was changed',
    next: ['the same command again', `dataplat local remove ${name}`],
  });
}
