import { constants, existsSync, rmSync } from 'node:fs';
import { mkdir, open, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { GuardedProcess } from '../guardian.js';
import { messageOf } from '../message-of.js';
import { packageRoot } from '../package-root.js';
import type { Application, ReadyWorkers } from './applications.js';
import type { ClassData } from './class-data.js';
import type { DriverLaunch, DriverOrder } from './driver-launch.js';
import { driverLaunch, propertiesOfRun, startDriver } from './driver-launch.js';
import type { JobRun } from './job-runs.js';
import type { SparkInstallation } from './spark-command.js';
import { driverProcessEnvironment } from './spark-command.js';
import type { StoragePlace } from './spark-properties.js';
import { fileProperties } from './spark-properties.js';
import { parseSubmitParameters } from './submit-parameters.js';
import { gigabytes, requestedWorkers } from './utilization.js';

const script = path.join(packageRoot(), 'src', 'local', 'emr-serverless', 'ready_driver.py');
/** How long nothing must have run before drivers are made ready: they need what a run needs. */
const idleMilliseconds = 1000;

/** What a driver that is ready needs to know to become a run's. */
export interface RunOrder extends DriverOrder {
  /** What the local endpoint has to say, for the run's log. */
  readonly notes: string;
}

export interface ReadySurroundings {
  readonly installation: SparkInstallation;
  readonly place: StoragePlace;
  readonly classData: ClassData;
  /** A folder of the service's own, for the folders of drivers that wait. */
  readonly directory: string;
  readonly log: (line: string) => void;
}

/**
 * The drivers that an application's initial capacity keeps ready while it is started: Java machines that have done what
 * jobs do. A run takes one that was started as the run's own would be (the same Java options, class path, properties
 * and environment) and of a size that it asks for, and no other run has it after that; with none it starts its own.
 */
export class ReadyDrivers {
  readonly #around: ReadySurroundings;
  readonly #waiting = new Map<string, ReadyDriver[]>();
  readonly #starting = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #number = 0;
  #stopped = false;

  constructor(around: ReadySurroundings) {
    this.#around = around;
    // What an endpoint that was killed has left.
    rmSync(around.directory, { recursive: true, force: true });
  }

  /** Nothing runs now: soon as many drivers as the application keeps are made ready for runs like this one. */
  idle(run: JobRun, application: () => Application): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const starting = this.#replenish(run, application()).catch((error: unknown) =>
        this.#around.log(`emr-serverless: no driver is made ready: ${messageOf(error)}`),
      );
      this.#starting.add(starting);
      void starting.finally(() => this.#starting.delete(starting));
    }, idleMilliseconds);
    this.#timer.unref();
  }

  /** Something runs: what is not begun waits until nothing does. */
  interrupt(): void {
    clearTimeout(this.#timer);
  }

  /**
   * A driver for the run, whose folder becomes the attempt's. Undefined where none is ready that fits.
   * @param directory the attempt's own; is not there yet
   */
  async take(run: JobRun, application: Application, directory: string): Promise<ReadyDriver | undefined> {
    const there = this.#waiting.get(application.applicationId) ?? [];
    if (there.length === 0) return undefined;
    const likeness = this.#likeness(run, application);
    const found = there.find((one) => one.likeness === likeness && !one.over);
    if (found === undefined) return undefined;
    there.splice(there.indexOf(found), 1);
    try {
      await found.moveTo(directory);
      return found;
    } catch (error) {
      this.#around.log(`emr-serverless: a driver that was ready is not used: ${messageOf(error)}`);
      await found.end();
      return undefined;
    }
  }

  /** The application stops: its drivers end. */
  async end(applicationId: string): Promise<void> {
    const there = this.#waiting.get(applicationId) ?? [];
    this.#waiting.delete(applicationId);
    await Promise.all(there.map((one) => one.end()));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await Promise.all(this.#starting);
    await Promise.all([...this.#waiting.keys()].map((id) => this.end(id)));
  }

  async #replenish(run: JobRun, application: Application): Promise<void> {
    const { applicationId } = application;
    // A run with Java options of its own is one of its kind: the next will be like those before it.
    if (application.state !== 'STARTED' || hasJavaOptions(run)) return;
    const likeness = this.#likeness(run, application);
    if (likeness === undefined) return;
    const there = this.#waiting.get(applicationId) ?? [];
    const others = there.filter((one) => one.likeness !== likeness || one.over);
    const kept = there.filter((one) => !others.includes(one));
    this.#waiting.set(applicationId, kept);
    await Promise.all(others.map((one) => one.end()));
    for (const more = workers(application)?.workerCount ?? 0; kept.length < more;) {
      const made = await this.#start(run, application, likeness);
      if (this.#stopped || this.#waiting.get(applicationId) !== kept) {
        await made.end();
        return;
      }
      kept.push(made);
    }
  }

  async #start(run: JobRun, application: Application, likeness: string): Promise<ReadyDriver> {
    const { installation, place, directory } = this.#around;
    const home = path.join(directory, String((this.#number += 1)));
    const work = path.join(home, 'work');
    await mkdir(path.join(work, 'tmp'), { recursive: true });
    const launch = driverLaunch(run, application, work, this.#around);
    const started = await startDriver(
      launch,
      {
        entryPoint: script,
        arguments: [run.jobDriver.sparkSubmit.entryPoint],
        properties: withoutFiles(launch.properties),
        pyFiles: [],
        environment: driverProcessEnvironment(process.env, installation, place, work, ofJava(launch)),
      },
      home,
    );
    return new ReadyDriver(started, home, likeness);
  }

  /**
   * The same for two runs whose drivers are started alike; undefined where a driver that is ready cannot become the
   * run's: it is of another size, or what the run names would change its class path.
   */
  #likeness(run: JobRun, application: Application): string | undefined {
    const { properties: requested } = propertiesOfRun(run, application);
    const { java, mainClass, properties, ...launch } = driverLaunch(run, application, '/', this.#around);
    const configuration = workers(application)?.workerConfiguration;
    const [asked] = requestedWorkers(requested);
    const pyFiles = (properties.get('spark.submit.pyFiles') ?? '').split(',').filter(Boolean);
    const fits =
      mainClass === undefined &&
      run.jobDriver.sparkSubmit.entryPoint.endsWith('.py') &&
      pyFiles.every((file) => /\.(zip|egg)$/.test(file)) &&
      !properties.has('spark.jars') &&
      !properties.has('spark.jars.packages') &&
      asked?.vCpu === Number.parseFloat(configuration?.cpu ?? '') &&
      asked.memoryGb === gigabytes(configuration?.memory?.replaceAll(' ', ''));
    if (!fits) return undefined;
    const known = withoutFiles(properties);
    known.delete('spark.app.name');
    return JSON.stringify([java.args, ...[known, Object.entries(ofJava(launch))].map(inOrderOfNames)]);
  }
}

/** A driver's process in a folder of its own. */
export class ReadyDriver {
  #home: string;
  #link: string | undefined;
  #given = false;
  over = false;

  constructor(
    readonly process: GuardedProcess,
    home: string,
    readonly likeness: string,
  ) {
    this.#home = home;
    void process.ended.then(() => (this.over = true));
  }

  /** Makes its folder the one of an attempt. The old name leads there until the end: Java has been told of it. */
  async moveTo(directory: string): Promise<void> {
    await mkdir(path.dirname(directory), { recursive: true });
    await rename(this.#home, directory);
    this.#link = this.#home;
    this.#home = directory;
    await symlink(directory, this.#link, 'dir');
  }

  /**
   * Makes it the driver of a run.
   * @returns false where it has ended before that
   */
  async give(order: RunOrder): Promise<boolean> {
    const at = (name: string): string => path.join(this.#home, 'work', 'tmp', name);
    await writeFile(at('order.part'), JSON.stringify({ ...order, properties: submittedProperties(order) }));
    await rename(at('order.part'), at('order.json'));
    // Who trains still looks for the order by itself: then there may be no pipe yet.
    const wake = await open(at('wake'), constants.O_WRONLY | constants.O_NONBLOCK).catch(() => undefined);
    await wake?.write('.');
    await wake?.close();
    while (!existsSync(at('taken'))) {
      if (this.over) return false;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    this.#given = true;
    return true;
  }

  /** Ends its process, unless that is a run's by now, and lets its folder go. */
  async end(): Promise<void> {
    if (!this.#given) await this.process.stop(0);
    if (this.#link === undefined) await rm(this.#home, { recursive: true, force: true, maxRetries: 3 });
    else await unlink(this.#link).catch(() => undefined);
  }
}

/** What spark-submit makes of a run's properties before Spark has them. */
function submittedProperties({ properties, pyFiles, entryPoint }: RunOrder): Record<string, string> {
  const files = pyFiles.map((file) => `file://${file}`).join(',');
  return {
    'spark.app.name': path.basename(entryPoint),
    'spark.submit.deployMode': 'client',
    'spark.submit.pyFiles': pyFiles.join(','),
    ...(files !== '' && { 'spark.files': files }),
    ...Object.fromEntries(properties),
  };
}

function hasJavaOptions(run: JobRun): boolean {
  const { properties } = parseSubmitParameters(run.jobDriver.sparkSubmit.sparkSubmitParameters ?? '');
  return properties.has('spark.driver.extraJavaOptions');
}

function workers(application: Application): ReadyWorkers | undefined {
  return application.initialCapacity?.['Driver'];
}

function inOrderOfNames(entries: Iterable<readonly [string, string]>): (readonly [string, string])[] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}

function withoutFiles(properties: ReadonlyMap<string, string>): Map<string, string> {
  const kept = [...properties].filter(([name]) => !(fileProperties as readonly string[]).includes(name));
  return new Map(kept);
}

/** A run's environment as far as Java needs it: where Python finds its modules is for Python to be told. */
function ofJava({ variables }: Pick<DriverLaunch, 'variables'>): Record<string, string> {
  const { PYTHONPATH: _, ...others } = variables;
  return others;
}
