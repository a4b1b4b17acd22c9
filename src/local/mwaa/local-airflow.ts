import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { startEmulator, lastLines } from '../emulator.js';
import { ObjectStore } from '../emr-serverless/object-store.js';
import { readJson, writeWhole } from '../files.js';
import { spawnGuarded } from '../guardian.js';
import type { GuardedProcess } from '../guardian.js';
import { messageOf } from '../message-of.js';
import type { ServiceContext } from '../service.js';
import { DagFolder } from './dag-folder.js';
import type { Environment } from './environments.js';
import { airflowVariables, keysOf, user } from './variables.js';

/** What Airflow answers to a call of its REST API. */
export interface RestAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** How a command of Airflow's command line ended. */
export interface CommandAnswer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Running {
  readonly port: number;
  readonly processes: readonly GuardedProcess[];
  readonly following: NodeJS.Timeout;
}

/** Airflow is not there to be asked. */
export class AirflowUnavailable extends Error {}

const followMilliseconds = 5000;
const startPatienceSeconds = 180;

/**
 * The Airflow behind one environment: started when it is first needed, from the environment's own settings and the DAGs
 * in its bucket, ended with the endpoint. Its database, logs and keys stay with the instance.
 */
export class LocalAirflow {
  readonly #context: ServiceContext;
  readonly #python: string | undefined;
  readonly #home: string;
  readonly #store: ObjectStore;
  readonly #dags: DagFolder;
  #environment: Environment;
  #starting: Promise<Running> | undefined;
  #doing = 'starting';
  #token: Promise<string> | undefined;
  #generation = 0;

  constructor(context: ServiceContext, environment: Environment, python: string | undefined) {
    this.#context = context;
    this.#environment = environment;
    this.#python = python;
    this.#home = path.join(context.stateDirectory, 'airflow', environment.Name);
    this.#store = new ObjectStore(context);
    this.#dags = new DagFolder(this.#store, path.join(this.#home, 'dags'));
  }

  /** Takes up changed settings; an Airflow that runs is started anew with them, as MWAA does. */
  async change(environment: Environment): Promise<void> {
    this.#environment = environment;
    if (this.#starting === undefined) return;
    await this.stop();
    this.start();
  }

  /** Begins to start it, for a call that will come. */
  start(): void {
    this.#ready().catch(() => undefined);
  }

  async stop(): Promise<void> {
    const starting = this.#starting;
    this.#starting = undefined;
    this.#token = undefined;
    this.#generation += 1;
    const running = await starting?.catch(() => undefined);
    if (running) await end(running);
  }

  /** Ends it and forgets all that it knows. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#home, { recursive: true, force: true, maxRetries: 5 });
  }

  /**
   * Calls the REST API, and waits at most so long for Airflow to come up.
   * @throws AirflowUnavailable
   */
  async call(method: string, target: string, body: unknown, patienceSeconds: number): Promise<RestAnswer> {
    const { port } = await this.#within(patienceSeconds);
    const once = async (): Promise<Response> => {
      this.#token ??= this.#signIn(port);
      return fetch(`http://127.0.0.1:${port}/api/v2${target}`, {
        method,
        headers: { authorization: `Bearer ${await this.#token}`, 'content-type': 'application/json' },
        ...(body !== undefined && method !== 'GET' && { body: JSON.stringify(body) }),
      });
    };
    try {
      let answer = await once();
      if (answer.status === 401) {
        this.#token = undefined;
        answer = await once();
      }
      const said = await answer.text();
      return { status: answer.status, body: parsed(said) };
    } catch (error) {
      this.#token = undefined;
      throw new AirflowUnavailable(`Airflow's API server does not answer: ${messageOf(error)}.`, {
        cause: error,
      });
    }
  }

  /** Runs a command of Airflow's command line. @throws AirflowUnavailable */
  async command(words: readonly string[], patienceSeconds: number): Promise<CommandAnswer> {
    const { port } = await this.#within(patienceSeconds);
    const child = await this.#spawn(words, { port, pipes: true });
    const [stdout, stderr, { code }] = await Promise.all([
      child.stdout ? text(child.stdout) : '',
      child.stderr ? text(child.stderr) : '',
      child.ended,
    ]);
    return { code, stdout, stderr };
  }

  /** Where a browser finds it, and a token that signs it in there. @throws AirflowUnavailable */
  async door(patienceSeconds: number): Promise<{ url: string; token: string }> {
    const { port } = await this.#within(patienceSeconds);
    return { url: `http://127.0.0.1:${port}/`, token: await this.#signIn(port) };
  }

  #ready(): Promise<Running> {
    if (this.#starting === undefined) {
      const generation = this.#generation;
      const starting = this.#start();
      this.#starting = starting;
      starting.catch((error: unknown) => {
        this.#context.log(`Airflow of ${this.#environment.Name} does not start: ${messageOf(error)}`);
        // The next call tries again.
        if (this.#generation === generation) this.#starting = undefined;
      });
    }
    return this.#starting;
  }

  async #within(seconds: number): Promise<Running> {
    const ready = this.#ready();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new AirflowUnavailable(`Airflow is starting (${this.#doing}): ask again.`)),
        seconds * 1000,
      );
    });
    try {
      return await Promise.race([ready, late]);
    } catch (error) {
      if (error instanceof AirflowUnavailable) throw error;
      throw new AirflowUnavailable(messageOf(error), { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  async #start(): Promise<Running> {
    const generation = this.#generation;
    const { Name } = this.#environment;
    if (this.#python === undefined || !existsSync(this.#python)) {
      throw new AirflowUnavailable(
        'Airflow is not installed on this machine: npm run setup -- --airflow, or any dataplat dag command, installs it.',
      );
    }
    const began = Date.now();
    mkdirSync(path.join(this.#home, 'logs'), { recursive: true });
    writeWhole(
      path.join(this.#home, 'passwords.json'),
      JSON.stringify({ [user]: keysOf(this.#home).password }),
    );
    this.#doing = 'fetching DAGs';
    await this.#fetch();
    this.#doing = 'preparing its database';
    await this.#migrate(this.#python);
    const processes: GuardedProcess[] = [];
    try {
      this.#doing = 'reading DAGs';
      const [server] = await Promise.all([
        this.#serve(),
        this.#finish(['dags', 'reserialize'], 'reserialize'),
      ]);
      processes.push(server.process);
      const { port } = server;
      const more = [
        ['scheduler', '--skip-serve-logs'],
        ['triggerer', '--skip-serve-logs'],
        ['dag-processor'],
      ];
      processes.push(...(await Promise.all(more.map((words) => this.#spawn(words, { port })))));
      const following = setInterval(() => {
        this.#fetch().catch((error: unknown) =>
          this.#context.log(`the DAGs of ${Name} cannot be fetched: ${messageOf(error)}`),
        );
      }, followMilliseconds);
      following.unref();
      const running = { port, processes, following };
      for (const one of processes) {
        void one.ended.then((ended) => {
          if (ended.asked || this.#generation !== generation) return;
          this.#context.log(
            `a part of Airflow has ended; the next call starts it anew (logs in ${this.#home}/logs)`,
          );
          void this.stop();
        });
      }
      this.#context.log(`Airflow of ${Name} answers on port ${port} after ${Date.now() - began} ms`);
      return running;
    } catch (error) {
      await Promise.all(processes.map((one) => one.stop(2)));
      throw error;
    }
  }

  /**
   * Makes its database fit the Airflow that is installed. An empty one is the same for everybody, so the first is kept
   * beside that Airflow and copied from then on.
   */
  async #migrate(python: string): Promise<void> {
    const database = path.join(this.#home, 'airflow.db');
    const marker = path.join(this.#home, 'migrated.json');
    const empty = path.join(path.dirname(path.dirname(python)), 'empty-airflow.db');
    const isNew = !existsSync(database);
    if (isNew && existsSync(empty)) copyFileSync(empty, database);
    else if (isNew || readJson<{ python: string }>(marker)?.python !== python) {
      await this.#finish(['db', 'migrate'], 'migrate');
      if (isNew) {
        copyFileSync(database, `${empty}.${process.pid}`);
        renameSync(`${empty}.${process.pid}`, empty);
      }
    }
    writeWhole(marker, JSON.stringify({ python }));
  }

  /** Brings DAGs and the start-up script from the bucket. */
  async #fetch(): Promise<void> {
    const bucket = this.#bucket;
    await this.#dags.follow({ bucket, key: this.#environment.DagS3Path });
    const { StartupScriptS3Path: script } = this.#environment;
    if (script === undefined || script === '') rmSync(this.#script, { force: true });
    else await this.#store.download({ bucket, key: script }, this.#script);
  }

  async #serve(): Promise<{ port: number; process: GuardedProcess }> {
    const log = path.join(this.#home, 'logs', 'api-server.log');
    let words: readonly string[] = [];
    const server = await startEmulator({
      name: "Airflow's API server",
      command: 'bash',
      args: (port) => {
        words = ['api-server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1'];
        return this.#commandLine(words);
      },
      env: (port) => this.#variables('webserver', port),
      log,
      readyPath: '/api/v2/version',
      graceSeconds: 5,
      patienceSeconds: startPatienceSeconds,
    });
    return { port: server.port, process: server.process };
  }

  /** Runs a command of Airflow to its end. @throws Error with the last lines that it printed */
  async #finish(words: readonly string[], name: string): Promise<void> {
    const child = await this.#spawn(words, { name });
    const { code } = await child.ended;
    if (code === 0) return;
    const printed = lastLines(path.join(this.#home, 'logs', `${name}.log`), 5);
    throw new AirflowUnavailable(`airflow ${words.join(' ')} failed: ${printed.join(' | ')}`);
  }

  #spawn(
    words: readonly string[],
    options: { readonly port?: number; readonly name?: string; readonly pipes?: boolean },
  ): Promise<GuardedProcess> {
    const { port, name = words[0] ?? '', pipes = false } = options;
    const log = path.join(this.#home, 'logs', `${name}.log`);
    return spawnGuarded('bash', this.#commandLine(words), {
      cwd: this.#home,
      env: this.#variables(name, port),
      stdout: pipes ? 'pipe' : log,
      stderr: pipes ? 'pipe' : log,
      graceSeconds: 5,
    });
  }

  /** As MWAA: the environment's start-up script runs in every part, before the part starts. */
  #commandLine(words: readonly string[]): string[] {
    const airflow = path.join(path.dirname(this.#python ?? ''), 'airflow');
    const prepared = existsSync(this.#script);
    // What the script prints is no part of what a command answers.
    const line = prepared ? '. "$0" >&2; exec "$@"' : 'exec "$@"';
    return ['-c', line, this.#script, airflow, ...words];
  }

  #variables(component: string, port?: number): NodeJS.ProcessEnv {
    return {
      ...airflowVariables(this.#environment, this.#context, this.#home, this.#dags.directory, port),
      MWAA_AIRFLOW_COMPONENT: component,
      PATH: `${path.dirname(this.#python ?? '')}:${process.env['PATH'] ?? ''}`,
    };
  }

  async #signIn(port: number): Promise<string> {
    const answer = await fetch(`http://127.0.0.1:${port}/auth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: user, password: keysOf(this.#home).password }),
    });
    const said = (await answer.json()) as { access_token?: string };
    if (said.access_token === undefined) throw new Error(`it gives no token (${answer.status})`);
    return said.access_token;
  }

  get #bucket(): string {
    return this.#environment.SourceBucketArn.split(':::')[1] ?? '';
  }

  get #script(): string {
    return path.join(this.#home, 'startup.sh');
  }
}

async function end({ processes, following }: Running): Promise<void> {
  clearInterval(following);
  await Promise.all(processes.map((one) => one.stop()));
}

function parsed(said: string): unknown {
  if (said === '') return {};
  try {
    return JSON.parse(said);
  } catch {
    return said;
  }
}
