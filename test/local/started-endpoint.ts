import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { reservePort } from '../../src/local/ports.js';
import { localDown, localUp } from '../../src/operations/local-endpoint.js';
import type { LocalEndpoint, LocalEndpointRequest } from '../../src/operations/local-endpoint.js';
import { locateRuntime } from '../../src/toolchain/locate-toolchain.js';
import { account, awsCli, clientEnvironment, region } from './aws-clients.js';
import { collect } from '../operations/collect.js';

export { account, region };

const bridge = fileURLToPath(new URL('../../../test/local/boto.py', import.meta.url));

/** What AWS's client raises. */
export class ClientError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

/** An endpoint started as `dataplat local up` starts it, for a project of its own, and AWS's clients for it. */
export class StartedEndpoint {
  readonly project = mkdtempSync(join(tmpdir(), 'dataplat-endpoint-'));
  readonly directory = join(this.project, '.dataplat', 'local');
  port = 0;
  #python: ChildProcess | undefined;
  #waiting: ((line: string) => void)[] = [];

  async request(): Promise<LocalEndpointRequest> {
    if (this.port === 0) this.port = await reservePort();
    return {
      projectDirectory: this.project,
      port: this.port,
      account,
      region,
      ...(await locateRuntime()),
    };
  }

  async up(): Promise<LocalEndpoint> {
    const { result } = await collect(localUp(await this.request()));
    return result;
  }

  async down(): Promise<boolean> {
    return (await collect(localDown({ projectDirectory: this.project }))).result.stopped;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get environment(): NodeJS.ProcessEnv {
    return clientEnvironment(this.url, this.project);
  }

  /** Calls an operation with boto3, by its Python name. @throws ClientError */
  async call<Answer = Record<string, unknown>>(
    service: string,
    operation: string,
    parameters: object = {},
  ): Promise<Answer> {
    if (!this.#python) {
      const { localPython } = await locateRuntime();
      const python = spawn(localPython, [bridge], {
        env: this.environment,
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      createInterface({ input: python.stdout }).on('line', (line) => this.#waiting.shift()?.(line));
      this.#python = python;
    }
    const python = this.#python;
    const line = await new Promise<string>((resolve) => {
      this.#waiting.push(resolve);
      python.stdin?.write(`${JSON.stringify([service, operation, parameters])}\n`);
    });
    const said = JSON.parse(line) as { answer: Answer; error?: { Code: string; Message: string } };
    if (said.error) throw new ClientError(said.error.Code, said.error.Message);
    return said.answer;
  }

  /** The code of the error that an operation ends with. */
  async refusal(service: string, operation: string, parameters: object): Promise<string> {
    try {
      const answer = await this.call(service, operation, parameters);
      return `answered ${JSON.stringify(answer)}`;
    } catch (error) {
      return (error as ClientError).code;
    }
  }

  /** Calls the real AWS CLI and reads its JSON. Rejects with what the CLI prints. */
  aws<Answer = Record<string, unknown>>(...words: readonly string[]): Promise<Answer> {
    return awsCli<Answer>(words, this.environment);
  }

  /** Numbers of the processes of the endpoint and of its emulators, by name. */
  processes(): Record<string, number> {
    const record = JSON.parse(readFileSync(join(this.directory, 'endpoint.json'), 'utf8')) as { pid: number };
    const instance = JSON.parse(readFileSync(join(this.directory, 'instance.json'), 'utf8')) as {
      processes: { name: string; pid: number }[];
    };
    return {
      endpoint: record.pid,
      ...Object.fromEntries(instance.processes.map(({ name, pid }) => [name, pid])),
    };
  }

  /** Stops everything and removes the project. */
  async end(): Promise<void> {
    this.#python?.stdin?.end();
    await this.down();
    rmSync(this.project, { recursive: true, force: true, maxRetries: 5 });
  }
}
