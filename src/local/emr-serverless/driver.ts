import { mkdir, open, rm, stat, writeFile, appendFile } from 'node:fs/promises';
import path from 'node:path';
import type { GuardedProcess } from '../guardian.js';
import { messageOf } from '../message-of.js';
import type { Application } from './applications.js';
import type { ClassData } from './class-data.js';
import { driverLaunch, startDriver } from './driver-launch.js';
import { DriverLogs, logPrefix } from './driver-logs.js';
import { failureDetail } from './failure.js';
import { fittingPythonPath } from './foreign-libraries.js';
import type { Installation } from './installation.js';
import type { JobRun } from './job-runs.js';
import type { ObjectStore } from './object-store.js';
import { descendants, killProcesses } from './process-tree.js';
import type { ReadyDriver, ReadyDrivers, RunOrder } from './ready-drivers.js';
import { driverProcessEnvironment } from './spark-command.js';
import type { FileProperty, StoragePlace } from './spark-properties.js';
import { fileProperties } from './spark-properties.js';
import type { Staging } from './staging.js';

/** How an attempt ended. */
export type Outcome =
  | { readonly state: 'SUCCESS' | 'CANCELLED'; readonly detail: string }
  | { readonly state: 'FAILED'; readonly detail: string; readonly retryable: boolean };

/** Why an attempt is ended from outside. */
export interface EndRequest {
  readonly reason: 'cancelled' | 'timed out' | 'endpoint stops';
  readonly detail: string;
  readonly graceSeconds: number;
}

export interface DriverSurroundings {
  readonly installation: Installation;
  readonly place: StoragePlace;
  readonly store: ObjectStore;
  readonly staging: Staging;
  readonly classData: ClassData;
  readonly ready: ReadyDrivers;
  readonly log: (line: string) => void;
  /** How often logs of a running driver are copied to S3. */
  readonly logIntervalMilliseconds: number;
}

/** One attempt at a run: stages what it names, runs its driver, carries its logs to the bucket. */
export class Driver {
  readonly #run: JobRun;
  readonly #application: Application;
  readonly #around: DriverSurroundings;
  readonly #directory: string;
  #process: GuardedProcess | undefined;
  #ending: EndRequest | undefined;

  /** @param directory the attempt's own; holds its output and, while it runs, its working directory */
  constructor(run: JobRun, application: Application, directory: string, around: DriverSurroundings) {
    this.#run = run;
    this.#application = application;
    this.#directory = directory;
    this.#around = around;
  }

  /** Runs to the end, never throws. `onRunning` is called when the driver's process has begun. */
  async execute(onRunning: (processGroup: number) => void): Promise<Outcome> {
    const work = path.join(this.#directory, 'work');
    const outputs = ['stdout', 'stderr'].map((name) => ({ name, file: path.join(this.#directory, name) }));
    const stderr = path.join(this.#directory, 'stderr');
    const ready = await this.#around.ready.take(this.#run, this.#application, this.#directory);
    await mkdir(path.join(work, 'tmp'), { recursive: true });
    for (const { file } of outputs) await writeFile(file, '');
    const monitoring =
      this.#run.configurationOverrides?.monitoringConfiguration ?? this.#application.monitoringConfiguration;
    const logs = new DriverLogs(
      this.#around.store,
      logPrefix(monitoring?.s3MonitoringConfiguration?.logUri, this.#run, {
        number: this.#run.attempt,
        several: (this.#run.retryPolicy?.maxAttempts ?? 1) > 1 || this.#run.mode === 'STREAMING',
      }),
      outputs,
      (line) => this.#around.log(`job run ${this.#run.jobRunId}: ${line}`),
    );
    logs.start(this.#around.logIntervalMilliseconds);
    let outcome: Outcome;
    try {
      outcome = await this.#runDriver(work, stderr, ready, onRunning);
    } catch (error) {
      const said = messageOf(error);
      await appendFile(stderr, `${said}\n`);
      outcome = this.#ended() ?? { state: 'FAILED', detail: failureDetail(1, said), retryable: true };
    }
    await ready?.end();
    await logs.finish();
    await rm(work, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
    return outcome;
  }

  /** Ends the driver and everything it started. */
  async end(request: EndRequest): Promise<void> {
    this.#ending ??= request;
    const driver = this.#process;
    if (driver === undefined) return;
    const below = await descendants(driver.pid);
    await driver.stop(request.graceSeconds);
    killProcesses(below);
  }

  async #runDriver(
    work: string,
    stderr: string,
    ready: ReadyDriver | undefined,
    onRunning: (group: number) => void,
  ): Promise<Outcome> {
    const { installation, staging, place } = this.#around;
    const launch = driverLaunch(this.#run, this.#application, work, this.#around);
    const properties = new Map(launch.properties);
    const sparkSubmit = this.#run.jobDriver.sparkSubmit;
    const entryPoint = await staging.file(sparkSubmit.entryPoint, path.join(work, 'tmp'));
    const staged = await this.#stage(properties, work);
    const ended = this.#ended();
    if (ended !== undefined) return ended;

    const { PYTHONPATH = '', ...others } = launch.variables;
    const python = await fittingPythonPath(PYTHONPATH, work, installation.interpreter);
    const variables = { ...others, ...(python.pythonPath !== '' && { PYTHONPATH: python.pythonPath }) };
    const executorPath = properties.get('spark.executorEnv.PYTHONPATH');
    if (executorPath !== undefined) {
      const fitting = await fittingPythonPath(executorPath, work, installation.interpreter);
      if (fitting.pythonPath === '') properties.delete('spark.executorEnv.PYTHONPATH');
      else properties.set('spark.executorEnv.PYTHONPATH', fitting.pythonPath);
    }
    for (const name of ['PYSPARK_PYTHON', 'PYSPARK_DRIVER_PYTHON', 'JAVA_HOME', 'SPARK_HOME']) {
      properties.delete(`spark.executorEnv.${name}`);
    }
    if (this.#run.name !== undefined && !properties.has('spark.app.name')) {
      properties.set('spark.app.name', this.#run.name);
    }
    const order: RunOrder = {
      entryPoint,
      arguments: sparkSubmit.entryPointArguments ?? [],
      properties,
      pyFiles: staged['spark.submit.pyFiles'],
      environment: driverProcessEnvironment(process.env, installation, place, work, variables),
      notes: [...launch.notes, ...python.notes].map((note) => `[local endpoint] ${note}\n`).join(''),
    };
    if (ready !== undefined && !this.#ended()) {
      // It is told its own log's form only now; whoever ends the run ends also a driver that never takes it.
      await writeFile(launch.log4j.file, launch.log4j.text);
      this.#process = ready.process;
      if (!(await ready.give(order))) this.#process = undefined;
    }
    const endedMeanwhile = this.#ended();
    if (this.#process === undefined && endedMeanwhile !== undefined) return endedMeanwhile;
    if (this.#process === undefined) {
      await appendFile(stderr, order.notes);
      this.#process = await startDriver(launch, order, this.#directory);
    }
    const driver = this.#process;
    onRunning(driver.pid);
    // A cancellation that came while the process was being started found nothing to stop.
    if (this.#ended() !== undefined) await driver.stop(0);
    const end = await driver.ended;
    const asked = this.#ended();
    if (asked !== undefined) return asked;
    if (end.code === 0) return { state: 'SUCCESS', detail: '' };
    // Spark sends what Python writes on its standard error to standard output.
    const said = `${await tail(stderr)}\n${await tail(path.join(this.#directory, 'stdout'))}`;
    const code = end.code ?? 128 + (end.signal === 'SIGKILL' ? 9 : 15);
    return { state: 'FAILED', detail: failureDetail(code, said), retryable: true };
  }

  /** Fetches the files that properties name, and replaces their S3 places by local paths. */
  async #stage(
    properties: Map<string, string>,
    work: string,
  ): Promise<Record<FileProperty, readonly string[]>> {
    const staged: Record<FileProperty, string[]> = {
      'spark.submit.pyFiles': [],
      'spark.archives': [],
      'spark.files': [],
      'spark.jars': [],
    };
    for (const property of fileProperties) {
      const list = (properties.get(property) ?? '').split(',').filter((uri) => uri.trim() !== '');
      for (const uri of list.map((item) => item.trim())) {
        staged[property].push(
          property === 'spark.archives'
            ? await this.#around.staging.archive(uri, work)
            : await this.#around.staging.file(uri, work),
        );
      }
      properties.delete(property);
    }
    // Archives and files lie in the working directory already; jars and Python files are Spark's to load.
    if (staged['spark.jars'].length > 0) properties.set('spark.jars', staged['spark.jars'].join(','));
    return staged;
  }

  #ended(): Outcome | undefined {
    return this.#ending && outcomeOf(this.#ending);
  }
}

/** What becomes of a run that is ended from outside: as on AWS, the same for one that took too long as for a cancelled one. */
export function outcomeOf({ reason, detail }: EndRequest): Outcome {
  return reason === 'endpoint stops'
    ? { state: 'FAILED', detail, retryable: false }
    : { state: 'CANCELLED', detail };
}

/** The last 64 KB of a file. */
export async function tail(file: string): Promise<string> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  );
  const length = Math.min(size, 65_536);
  if (length === 0) return '';
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8');
  } finally {
    await handle.close();
  }
}
