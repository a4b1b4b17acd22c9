import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { GuardedProcess } from '../../src/local/guardian.js';
import { spawnGuarded } from '../../src/local/guardian.js';
import { reservePort } from '../../src/local/ports.js';
import { account, awsCli, clientEnvironment, region } from './aws-clients.js';
import { signedScope } from './signed-scope.js';
import type { EndpointSettings, Service, ServiceContext } from '../../src/local/service.js';
import { ServiceError } from '../../src/local/service.js';
import { packageDirectory } from '../../src/project/project-directory.js';
import { locateRuntime } from '../../src/toolchain/locate-toolchain.js';

export { account, region };

const ministack = path.join(packageDirectory, 'src', 'local', 'quirks', 'ministack_server.py');

export type MakeService = (context: ServiceContext, settings: EndpointSettings) => Promise<Service>;

/**
 * An endpoint with the main emulator and one service of ours, so that a service is tested through real clients
 * without all the others. Its services can be replaced while it runs, as in a restart.
 */
export class TinyEndpoint {
  readonly directory = mkdtempSync(path.join(os.tmpdir(), 'dataplat-endpoint-'));
  readonly log: string[] = [];
  readonly #make: MakeService;
  #emulator: GuardedProcess | undefined;
  #server: http.Server | undefined;
  #port = 0;
  service: Service | undefined;

  constructor(make: MakeService) {
    this.#make = make;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get environment(): NodeJS.ProcessEnv {
    return clientEnvironment(this.url, this.directory);
  }

  async start(): Promise<void> {
    const tools = await locateRuntime();
    const emulatorPort = await reservePort();
    const state = path.join(this.directory, 'emulator');
    mkdirSync(path.join(state, 's3'), { recursive: true });
    this.#emulator = await spawnGuarded(tools.localPython, [ministack], {
      env: {
        ...this.environment,
        BIND_HOST: '127.0.0.1',
        GATEWAY_PORT: String(emulatorPort),
        MINISTACK_REGION: region,
        MINISTACK_ACCOUNT_ID: account,
        S3_PERSIST: '1',
        S3_DATA_DIR: path.join(state, 's3'),
      },
      stdout: path.join(state, 'log'),
      stderr: path.join(state, 'log'),
      cwd: state,
    });
    for (let tries = 0; ; tries++) {
      const answered = await fetch(`http://127.0.0.1:${emulatorPort}/`).then(
        () => true,
        () => false,
      );
      if (answered) break;
      if (tries > 2000) throw new Error('the emulator does not start');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    this.#server = http.createServer((request, response) => {
      void this.#answer(request, response, emulatorPort);
    });
    // As the gateway's: a client closes an idle connection first, and sends nothing into one that is being closed.
    this.#server.keepAliveTimeout = 75_000;
    await new Promise<void>((resolve) => this.#server?.listen(0, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
    await this.startService();
  }

  async startService(): Promise<void> {
    const stateDirectory = path.join(this.directory, 'service');
    mkdirSync(stateDirectory, { recursive: true });
    const log = (line: string): void => void this.log.push(line);
    this.service = await this.#make(
      { stateDirectory, account, region, endpoint: this.url, log },
      { port: this.#port, account, region, directory: this.directory, ...(await locateRuntime()) },
    );
  }

  async stop(): Promise<void> {
    await this.service?.stop();
    this.#server?.closeAllConnections();
    this.#server?.close();
    await this.#emulator?.stop(0);
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Calls the AWS CLI and reads its answer. Rejects with the CLI's message. */
  aws<Answer = Record<string, unknown>>(...words: readonly string[]): Promise<Answer> {
    return awsCli<Answer>(words, this.environment);
  }

  /** Runs a Python script with boto3 and reads the JSON that it prints. */
  async python<Answer = unknown>(script: string, ...words: readonly string[]): Promise<Answer> {
    return this.#script((await locateRuntime()).localPython, script, words);
  }

  /** The same with the clients of Athena's that analysts have: awswrangler, PyAthena, pandas. */
  async analyst<Answer = unknown>(script: string, ...words: readonly string[]): Promise<Answer> {
    return this.#script((await locateRuntime()).jobsPython, script, words);
  }

  async #script<Answer>(python: string, script: string, words: readonly string[]): Promise<Answer> {
    const { stdout } = await promisify(execFile)(python, ['-c', script, ...words], {
      env: this.environment,
      maxBuffer: 64 * 1024 * 1024,
    });
    return (stdout.trim() === '' ? undefined : JSON.parse(stdout)) as Answer;
  }

  async #answer(
    request: http.IncomingMessage,
    response: http.ServerResponse,
    emulatorPort: number,
  ): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const url = new URL(request.url ?? '/', this.url);
    const scope = signedScope(request.headers.authorization, url.searchParams);
    if (this.service !== undefined && scope === this.service.scope) {
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [
          name,
          Array.isArray(value) ? value.join() : value,
        ]),
      );
      try {
        const { method = 'GET' } = request;
        const path = (request.url ?? '/').split('?')[0] ?? '/';
        const asked = { method, path, query: url.searchParams, headers, body, region, account };
        const answer = await this.service.handle(asked);
        if (answer !== undefined) {
          const text = typeof answer.body === 'string' || Buffer.isBuffer(answer.body);
          response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
          response.end(text ? answer.body : JSON.stringify(answer.body ?? {}));
          return;
        }
      } catch (error) {
        const known =
          error instanceof ServiceError
            ? error
            : new ServiceError(500, 'InternalServerException', String(error));
        if (!(error instanceof ServiceError)) this.log.push(String((error as Error).stack));
        response.writeHead(known.status, {
          'content-type': 'application/json',
          'x-amzn-errortype': known.type,
        });
        response.end(JSON.stringify({ __type: known.type, message: known.message, Message: known.message }));
        return;
      }
    }
    const { method, headers } = request;
    const onward = http.request(
      { host: '127.0.0.1', port: emulatorPort, method, path: request.url, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    onward.end(body);
  }
}

/** Waits until a condition gives something, asking every so often. */
export async function eventually<Found>(
  condition: () => Promise<Found | undefined>,
  interval = 200,
): Promise<Found> {
  const seconds = 240;
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const found = await condition();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`nothing within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, interval));
  }
}
