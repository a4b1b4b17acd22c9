/**
 * The local endpoint as a process of its own: `node server.js <settings file>`. The gateway listens at once and says
 * what is going on under /_dataplat/; ministack and our services come up behind it, moto once somebody asks for what it serves.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { AlarmWatch, type Reached } from './alarms/watch.js';
import type { Emulator } from './emulator.js';
import { servedByMoto, startMinistack, startMoto, type EmulatorPlace } from './emulators.js';
import { EventBus } from './event-bus.js';
import type { Exchange } from './exchange.js';
import { refuse } from './exchange.js';
import { readJson, writeWhole } from './files.js';
import { forward, hangUp } from './forward.js';
import { address, Gateway } from './gateway.js';
import type { GatewayBackends } from './gateway.js';
import { endRecordFile, giveUp, markServing, openInstance } from './instance.js';
import type { Instance } from './instance.js';
import { JournaledEmulator } from './journal.js';
import { isLoopbackAddress } from './loopback.js';
import { messageOf, traceOf } from './message-of.js';
import { OnFirstUse } from './on-first-use.js';
import type { LakeFormationService } from './lake-formation/service.js';
import { BucketInventories, isBucketInventory } from './quirks/bucket-inventories.js';
import { createThenTell, isGlueCreate } from './quirks/glue-creates.js';
import { deleteThenTell, isGlueDelete } from './quirks/glue-deletes.js';
import { createThenTag, isGlueCreateWithTags } from './quirks/glue-tags.js';
import { isLookByHadoop, lookWithoutKey } from './quirks/hadoop-copies.js';
import { cancelRotation, isRotationCancel } from './quirks/secret-rotation-cancel.js';
import { mayBeSubscription, subscribeThenName } from './quirks/sns-webhooks.js';
import type { EndpointSettings, Service } from './service.js';
import { servicesOfOurs } from './services.js';
import { simulated } from './simulated.js';
import type { EndpointPhase, EndpointRecord, EndpointStatus } from './status.js';
import { Topics } from './topics.js';

/** moto, and what watches the alarms that it keeps. */
interface Moto {
  readonly emulator: JournaledEmulator;
  readonly alarms: AlarmWatch;
}

class Endpoint {
  readonly #settings: EndpointSettings;
  readonly #startedAt = new Date().toISOString();
  readonly #version: string;
  readonly #gateway: Gateway;
  #phase: EndpointPhase = 'starting';
  #detail = 'starting';
  #failed = false;
  #instance: Instance | undefined;
  #emulators: Emulator[] = [];
  #moto: OnFirstUse<Moto> | undefined;
  #alarms: AlarmWatch | undefined;
  #services = new Map<string, Service>();
  #backends: GatewayBackends | undefined;
  #stopping: Promise<void> | undefined;

  constructor(settings: EndpointSettings, version: string) {
    this.#settings = settings;
    this.#version = version;
    this.#gateway = new Gateway({
      port: settings.port,
      account: settings.account,
      region: settings.region,
      log,
      control: (path, request, response) => this.#control(path, request, response),
      backends: () => this.#available(),
    });
  }

  async start(): Promise<void> {
    await this.#gateway.listen();
    this.#record();
    let instance = await openInstance(this.#settings.directory, log);
    try {
      await this.#startBackends(instance);
    } catch (error) {
      if (!(error instanceof ReplayError)) throw error;
      await this.#stopEmulators();
      instance = giveUp(this.#settings.directory, instance.id, error.message);
      await this.#startBackends(instance);
    }
    if (this.#stopping) return;
    this.#instance = instance;
    this.#phase = 'ready';
    this.#detail = 'ready';
    this.#record();
    log(
      `instance ${instance.id} ${instance.began}${instance.note === undefined ? '' : `: ${instance.note}`}`,
    );
    log(`answering on http://${address}:${this.#settings.port}`);
  }

  /** Ends everything in order and writes down what must outlive the process. */
  stop(): Promise<void> {
    this.#stopping ??= (async () => {
      const failed = this.#failed;
      this.#phase = 'stopping';
      this.#detail = 'stopping';
      log('stopping');
      await this.#gateway.drain(failed ? 0 : 5);
      await this.#stopServices();
      await this.#stopEmulators();
      const record = join(this.#settings.directory, 'endpoint.json');
      if (readJson<EndpointRecord>(record)?.pid === process.pid) rmSync(record, { force: true });
      await this.#gateway.close();
      log('stopped');
    })();
    return this.#stopping;
  }

  async #startBackends(instance: Instance): Promise<void> {
    const run = randomUUID();
    const place = { directory: instance.directory, run, endRecord: endRecordFile(instance, run) };
    this.#detail = 'starting the emulators';
    // An earlier process has found out: what it answers now would be of other resources than those that were made.
    const reason = unreplayableFile(instance);
    if (existsSync(reason)) throw new ReplayError(readFileSync(reason, 'utf8'));
    const ministack = await startMinistack(this.#settings, place);
    this.#emulators = [ministack];
    const bus = new EventBus(ministack.port, log);
    const topics = new Topics(ministack.port, log);
    const reached: Reached = {
      publish: (topic, notice) => topics.publish(topic, notice),
      announce: (events) => bus.put(events),
    };
    const moto = new OnFirstUse(() => this.#startMoto(instance, place, reached));
    bus.onTriggered = async ({ rules, ...of }) => {
      if (this.#stopping) return;
      await (await moto.get()).alarms.measure('AWS/Events', 'TriggeredRules', 'RuleName', rules, of);
    };
    this.#moto = moto;

    this.#detail = 'starting our services';
    for (const [name, create] of Object.entries(servicesOfOurs)) {
      const stateDirectory = join(instance.directory, name);
      mkdirSync(stateDirectory, { recursive: true });
      const service = await create(
        {
          stateDirectory,
          account: this.#settings.account,
          region: this.#settings.region,
          endpoint: `http://${address}:${this.#settings.port}`,
          log: (line) => log(`${name}: ${line}`),
          // What ends with the endpoint is nothing that anybody is to be woken for.
          announce: (event) => void (this.#stopping ? undefined : bus.put([event])),
        },
        this.#settings,
      );
      this.#services.set(service.scope, service);
    }

    this.#serve(instance, run, ministack);
    const inventories = new BucketInventories(join(instance.directory, 's3-inventories.json'));
    this.#backends = {
      services: this.#services,
      emulate: (exchange, body) =>
        emulate(
          exchange,
          body,
          ministack.port,
          moto,
          inventories,
          this.#services.get('lakeformation') as LakeFormationService | undefined,
        ),
    };
  }

  /** Starts moto with all that it held. An endpoint whose moto does not come up has failed. */
  async #startMoto(instance: Instance, place: EmulatorPlace, reached: Reached): Promise<Moto> {
    try {
      const emulator = await startMoto(this.#settings, place);
      this.#emulators.push(emulator);
      this.#serve(instance, place.run, emulator);
      const moto = new JournaledEmulator(emulator.port, join(instance.directory, 'moto', 'journal.jsonl'));
      const replayed = await moto.replay().catch((error: unknown) => {
        const reason = `what EC2 and CloudWatch held could not be replayed: ${messageOf(error)}`;
        writeFileSync(unreplayableFile(instance), reason);
        throw new ReplayError(reason);
      });
      log(`moto answers${replayed > 0 ? `; replayed ${replayed} requests to it` : ''}`);
      this.#alarms = new AlarmWatch(moto, reached, log);
      return { emulator: moto, alarms: this.#alarms };
    } catch (error) {
      if (!this.#stopping) this.#fail(messageOf(error));
      throw error;
    }
  }

  /** Notes that an emulator is part of the instance, and fails when it ends. */
  #serve(instance: Instance, run: string, emulator: Emulator): void {
    markServing(
      this.#settings.directory,
      instance,
      run,
      this.#emulators.map(({ name, process: { pid } }) => ({ name, pid })),
    );
    void emulator.process.ended.then((ended) => {
      if (this.#stopping || !this.#emulators.includes(emulator)) return;
      this.#fail(`${emulator.name} has ended (${ended.signal ?? `exit code ${ended.code ?? 'unknown'}`})`);
    });
  }

  /** Something that the endpoint cannot do without is gone: it answers no more, and says why. */
  #fail(reason: string): void {
    log(`failed: ${reason}`);
    void this.#alarms?.stop();
    this.#failed = true;
    this.#phase = 'failed';
    this.#detail = reason;
    this.#record();
  }

  #active(): readonly string[] {
    return [...this.#services.values()].flatMap((service) => service.active?.() ?? []);
  }

  async #stopServices(): Promise<void> {
    const stopped = await Promise.allSettled([...this.#services.values()].map((service) => service.stop()));
    for (const outcome of stopped) {
      if (outcome.status === 'rejected') log(`a service did not stop cleanly: ${String(outcome.reason)}`);
    }
    this.#services.clear();
  }

  async #stopEmulators(): Promise<void> {
    await this.#moto?.settled();
    await this.#alarms?.stop();
    const emulators = this.#emulators;
    this.#emulators = [];
    hangUp();
    await Promise.all(emulators.map((emulator) => emulator.process.stop()));
  }

  #available(): GatewayBackends | { unavailable: string } {
    if (this.#phase === 'ready' && this.#backends) return this.#backends;
    switch (this.#phase) {
      case 'failed':
        return {
          unavailable: `The local endpoint has failed: ${this.#detail}. Start it anew: dataplat local up`,
        };
      case 'stopping':
        return { unavailable: 'The local endpoint is stopping.' };
      case 'starting':
      case 'ready':
        return { unavailable: `The local endpoint is starting: ${this.#detail}.` };
    }
  }

  #control(path: string, request: IncomingMessage, response: ServerResponse): boolean {
    if (!path.startsWith('/_dataplat/')) return false;
    const json = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(`${JSON.stringify(body)}\n`);
    };
    const what = path.slice('/_dataplat/'.length);
    if ((what === 'health' || what === 'status') && request.method === 'GET') {
      json(this.#phase === 'ready' || what === 'status' ? 200 : 503, this.#status());
    } else if (what === 'stop' && request.method === 'POST') {
      // A web page cannot set a header of its own for another site without being asked first, and is refused there.
      if (
        request.headers['x-dataplat-stop'] === undefined ||
        request.headers['sec-fetch-site'] !== undefined
      ) {
        refuse(response, '', 403, 'AccessDeniedException', 'The header x-dataplat-stop is missing.');
        return true;
      }
      const active = request.headers['x-dataplat-stop'] === 'if-idle' ? this.#active() : [];
      if (active.length > 0) {
        json(409, { stopping: false, active });
        return true;
      }
      // From here on nothing new is begun.
      this.#phase = 'stopping';
      json(202, { stopping: true, pid: process.pid });
      response.once('close', () => shutDown(this));
    } else {
      refuse(response, '', 404, 'ResourceNotFoundException', `There is no ${request.method} ${path}.`);
    }
    return true;
  }

  #status(): EndpointStatus {
    return {
      phase: this.#phase,
      detail: this.#detail,
      pid: process.pid,
      port: this.#settings.port,
      endpoint: `http://${address}:${this.#settings.port}`,
      directory: this.#settings.directory,
      account: this.#settings.account,
      region: this.#settings.region,
      startedAt: this.#startedAt,
      version: this.#version,
      ...(this.#instance && {
        instance: {
          id: this.#instance.id,
          createdAt: this.#instance.createdAt,
          directory: this.#instance.directory,
          began: this.#instance.began,
          ...(this.#instance.note !== undefined && { note: this.#instance.note }),
        },
      }),
      services: {
        ours: [...this.#services.keys()].sort(),
        moto: [...servedByMoto].sort(),
        ministack: 'all others',
      },
      emulators: this.#emulators.map(({ name, port, process: { pid } }) => ({ name, port, pid })),
      active: this.#active(),
      simulated,
    };
  }

  #record(): void {
    const record: EndpointRecord = {
      pid: process.pid,
      port: this.#settings.port,
      phase: this.#phase,
      startedAt: this.#startedAt,
      version: this.#version,
      ...(this.#instance && { instanceId: this.#instance.id }),
    };
    writeWhole(join(this.#settings.directory, 'endpoint.json'), `${JSON.stringify(record)}\n`);
  }
}

class ReplayError extends Error {}

/** Says why an instance's requests to moto cannot be replayed; it is there where they cannot. */
function unreplayableFile(instance: Instance): string {
  return join(instance.directory, 'moto', 'unreplayable.txt');
}

async function emulate(
  exchange: Exchange,
  body: Buffer | undefined,
  ministackPort: number,
  moto: OnFirstUse<Moto>,
  inventories: BucketInventories,
  lakeFormation: LakeFormationService | undefined,
): Promise<void> {
  if (servedByMoto.has(exchange.service)) {
    const { emulator, alarms } = await moto.get();
    return exchange.service === 'monitoring' ? alarms.handle(exchange) : emulator.handle(exchange);
  }
  if (body === undefined && isGlueCreateWithTags(exchange)) return createThenTag(exchange, ministackPort);
  if (body === undefined && isBucketInventory(exchange)) return inventories.answer(exchange);
  if (body === undefined && isGlueCreate(exchange)) {
    return createThenTell(exchange, ministackPort, (created) => lakeFormation?.recordCreated(created));
  }
  if (body === undefined && isGlueDelete(exchange)) {
    return deleteThenTell(exchange, ministackPort, (deleted) => lakeFormation?.forget(deleted));
  }
  if (body === undefined && isRotationCancel(exchange)) return cancelRotation(exchange, ministackPort);
  if (body === undefined && mayBeSubscription(exchange)) return subscribeThenName(exchange, ministackPort);
  if (body === undefined && isLookByHadoop(exchange)) return lookWithoutKey(exchange, ministackPort);
  return forward(exchange, ministackPort, { body });
}

function log(line: string): void {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`);
}

function shutDown(endpoint: Endpoint): void {
  endpoint.stop().then(
    () => process.exit(0),
    (error: unknown) => {
      log(`did not stop cleanly: ${String(error)}`);
      process.exit(1);
    },
  );
}

/** The address is no setting; whoever tries to set another one than loopback is told so. */
function readSettings(file: string): EndpointSettings {
  const settings = JSON.parse(readFileSync(file, 'utf8')) as EndpointSettings & { address?: unknown };
  const asked = settings.address ?? address;
  if (typeof asked !== 'string' || !isLoopbackAddress(asked)) {
    throw new Error(`the endpoint listens on the loopback address alone, not on ${JSON.stringify(asked)}`);
  }
  return settings;
}

const settingsFile = process.argv[2];
if (settingsFile === undefined) {
  process.stderr.write('usage: node server.js <settings file>\n');
  process.exit(2);
}
let endpoint: Endpoint | undefined;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => (endpoint ? shutDown(endpoint) : process.exit(1)));
}
process.on('SIGHUP', () => undefined);
process.on('unhandledRejection', (error) => {
  log(`unexpected: ${traceOf(error)}`);
});
try {
  const settings = readSettings(settingsFile);
  mkdirSync(settings.directory, { recursive: true });
  const about = readJson<{ version: string }>(new URL('../../../package.json', import.meta.url).pathname);
  endpoint = new Endpoint(settings, about?.version ?? randomBytes(4).toString('hex'));
  await endpoint.start();
} catch (error) {
  log(`does not start: ${messageOf(error)}`);
  const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
  if (!taken) await endpoint?.stop();
  process.exit(taken ? 98 : 1);
}
