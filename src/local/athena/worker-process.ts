import path from 'node:path';
import { createInterface } from 'node:readline';
import type { GuardedProcess } from '../guardian.js';
import { spawnGuarded } from '../guardian.js';
import { messageOf } from '../message-of.js';
import { packageRoot } from '../package-root.js';
import type { ServiceContext } from '../service.js';

/** One statement for the worker. */
export interface WorkerRequest {
  readonly id: string;
  readonly sql: string;
  readonly database?: string;
  readonly parameters: readonly string[];
  /** Address in S3 of the result, without its ending; what a statement writes into files begins with it too. */
  readonly output: string;
  /** Folder for the rows. */
  readonly directory: string;
  /** Bytes that the statement may scan. */
  readonly cutoff?: number;
}

/** A column as ResultSetMetadata shows it. */
export type ColumnInfo = Readonly<Record<string, unknown>>;

export interface WorkerAnswer {
  readonly id: string;
  readonly state: 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  readonly reason?: string;
  /** As in AthenaError: 1 the system's fault, 2 the user's, 3 other. */
  readonly category?: number;
  readonly location?: string;
  /** The list of the files that the statement wrote. */
  readonly manifest?: string;
  readonly writtenRows?: number;
  readonly columns?: readonly ColumnInfo[];
  /** Whether the first row of the result names the columns. */
  readonly header?: boolean;
  readonly statementType?: string;
  readonly substatementType?: string;
  readonly scannedBytes?: number;
  readonly engineMilliseconds?: number;
}

/** The Python process that runs statements, one after another. It is started when first needed, and again after its end. */
export class WorkerProcess {
  readonly #context: ServiceContext;
  readonly #python: string;
  #process: GuardedProcess | undefined;
  #starting: Promise<void> | undefined;
  #waiting: { id: string; settle: (answer: WorkerAnswer) => void } | undefined;

  constructor(context: ServiceContext, python: string) {
    this.#context = context;
    this.#python = python;
  }

  /** Waits until there is a worker that can take a statement. Rejects where none can be started. */
  async ready(): Promise<void> {
    this.#starting ??= this.#start();
    try {
      await this.#starting;
    } catch (error) {
      this.#starting = undefined;
      throw error;
    }
  }

  /** Runs a statement; where the worker dies over it, that is the answer. */
  async run(request: WorkerRequest): Promise<WorkerAnswer> {
    try {
      await this.ready();
    } catch (error) {
      const why = messageOf(error);
      return failed(request.id, `the query worker does not start: ${why}`);
    }
    return new Promise<WorkerAnswer>((resolve) => {
      this.#waiting = { id: request.id, settle: resolve };
      this.#process?.stdin?.write(`${JSON.stringify(request)}\n`);
    });
  }

  /** Kills the worker; the statement that it is at gets this reason. */
  async kill(answer: Pick<WorkerAnswer, 'state' | 'reason'>): Promise<void> {
    const waiting = this.#waiting;
    const worker = this.#process;
    this.#forget();
    if (waiting !== undefined) waiting.settle({ id: waiting.id, category: 2, ...answer });
    await worker?.stop(0);
  }

  async #start(): Promise<void> {
    const { stateDirectory, endpoint, account, region } = this.#context;
    const inherited = Object.fromEntries(
      Object.entries(process.env).filter(
        ([name]) => !/^(AWS_|PYTHON|VIRTUAL_ENV|(https?|all|no)_proxy$)/i.test(name),
      ),
    );
    const worker = await spawnGuarded(
      this.#python,
      [path.join(packageRoot(), 'src', 'local', 'athena', 'worker')],
      {
        cwd: stateDirectory,
        env: {
          ...inherited,
          TZ: 'UTC',
          AWS_ENDPOINT_URL: endpoint,
          AWS_REGION: region,
          AWS_DEFAULT_REGION: region,
          AWS_ACCESS_KEY_ID: account,
          AWS_SECRET_ACCESS_KEY: 'local',
          AWS_EC2_METADATA_DISABLED: 'true',
        },
        stdin: 'pipe',
        stdout: 'pipe',
        stderr: path.join(stateDirectory, 'worker.log'),
        graceSeconds: 2,
      },
    );
    this.#process = worker;
    this.#context.log(`athena: query worker started, process ${worker.pid}`);
    worker.stdin?.on('error', () => undefined);
    const ready = new Promise<void>((resolve, reject) => {
      if (worker.stdout !== undefined) {
        createInterface({ input: worker.stdout }).on('line', (line) => this.#hear(line, resolve));
      }
      void worker.ended.then(() => reject(new Error('it ended before it was ready; see worker.log')));
    });
    void worker.ended.then(({ code, signal }) => {
      if (this.#process !== worker) return;
      const how = code === null ? `signal ${signal ?? 'unknown'}` : `exit code ${code}`;
      this.#context.log(`athena: query worker ended with ${how}`);
      const waiting = this.#waiting;
      this.#forget();
      waiting?.settle(
        failed(
          waiting.id,
          `the query worker ended with ${how}; see worker.log. The next query gets a new one`,
        ),
      );
    });
    await ready;
  }

  #hear(line: string, ready: () => void): void {
    const answer = JSON.parse(line) as Partial<WorkerAnswer> & { readonly ready?: boolean };
    if (answer.ready === true) {
      ready();
      return;
    }
    const waiting = this.#waiting;
    if (waiting === undefined || waiting.id !== answer.id) return;
    this.#waiting = undefined;
    waiting.settle(answer as WorkerAnswer);
  }

  #forget(): void {
    this.#waiting = undefined;
    this.#process = undefined;
    this.#starting = undefined;
  }
}

function failed(id: string, why: string): WorkerAnswer {
  return { id, state: 'FAILED', reason: `GENERIC_INTERNAL_ERROR: ${why}`, category: 1 };
}
