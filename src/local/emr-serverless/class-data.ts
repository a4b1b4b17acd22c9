import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import path from 'node:path';
import type { GuardedProcess } from '../guardian.js';
import { spawnGuarded } from '../guardian.js';
import { messageOf } from '../message-of.js';
import { packageRoot } from '../package-root.js';
import { imageDelta, ofImage } from './emr-image.js';
import { sharedFolder } from './shared-folder.js';
import type { SparkInstallation } from './spark-command.js';
import { driverProcessEnvironment, javaCommand, log4jConfiguration, submitCommand } from './spark-command.js';
import type { StoragePlace } from './spark-properties.js';
import { localProperties, propertiesFile } from './spark-properties.js';

const trainingScript = path.join(packageRoot(), 'src', 'local', 'emr-serverless', 'training.py');
/** How long nothing must have run before the archive is made. */
const idleMilliseconds = 4000;

export interface ClassDataSurroundings {
  readonly installation: SparkInstallation;
  readonly place: StoragePlace;
  /** A folder of the service's own for the training's files. */
  readonly directory: string;
  readonly log: (line: string) => void;
}

/**
 * An archive of the classes that Spark drivers load: with it a driver needs about two thirds of the time to start.
 * Java makes it from a short run that does what jobs do. That happens once for a set of jars, beside the jars, at the
 * lowest priority and only while no job runs; a job that comes meanwhile ends it, and it is made another time.
 */
export class ClassData {
  readonly #around: ClassDataSurroundings;
  readonly #archive: string;
  readonly #enabled: boolean;
  #timer: NodeJS.Timeout | undefined;
  #training: Promise<void> | undefined;
  #process: GuardedProcess | undefined;
  #interrupted = false;
  #impossible = false;

  constructor(around: ClassDataSurroundings, enabled: boolean) {
    this.#around = around;
    this.#archive = archiveFile(around);
    this.#enabled = enabled;
  }

  /** Java options that make a driver start with the archive, where there is one. */
  options(): readonly string[] {
    // A driver that cannot use the archive goes without, and need not say so in a job's log.
    return existsSync(this.#archive)
      ? [`-XX:SharedArchiveFile=${this.#archive}`, '-Xshare:auto', '-Xlog:disable', '-Xlog:all=error:stderr']
      : [];
  }

  /** A job begins: the training gives way. */
  interrupt(): void {
    clearTimeout(this.#timer);
    this.#interrupted = true;
    void this.#process?.stop(0);
  }

  /** Nothing runs now. The archive is made soon, if there is none. @param s3Object something that can be read in S3 */
  idle(s3Object: string | undefined): void {
    if (!this.#enabled || this.#impossible || existsSync(this.#archive)) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#interrupted = false;
      this.#training ??= this.#train(s3Object).finally(() => (this.#training = undefined));
    }, idleMilliseconds);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    this.interrupt();
    await this.#training;
  }

  async #train(s3Object: string | undefined): Promise<void> {
    const { installation, place, directory, log } = this.#around;
    const lock = `${this.#archive}.lock`;
    if (!takeLock(lock)) return;
    const work = path.join(directory, 'training');
    const part = `${this.#archive}.${process.pid}`;
    try {
      mkdirSync(path.join(work, 'tmp'), { recursive: true });
      const files = {
        properties: path.join(work, 'spark.conf'),
        log4j: path.join(work, 'log4j2.properties'),
      };
      const properties = localProperties(asJobsAsk(place.region), place, work);
      writeFileSync(files.properties, propertiesFile(properties.properties));
      writeFileSync(files.log4j, log4jConfiguration(new Map()));
      const java = javaCommand(installation, {
        driverMemory: '1g',
        driverJavaOptions: '',
        extraClassPath: undefined,
        imageJars: properties.imageJars.flatMap((jar) => ofImage(jar, installation.jars) ?? []),
        log4jFile: files.log4j,
        temporaryDirectory: path.join(work, 'tmp'),
        classData: [`-XX:ArchiveClassesAtExit=${part}`, '-Xlog:disable', '-Xlog:all=error:stderr'],
      });
      const { command, args } = submitCommand(java, {
        entryPoint: trainingScript,
        arguments: [work, ...(s3Object === undefined ? [] : [s3Object])],
        propertiesFile: files.properties,
        pyFiles: [],
      });
      const begun = Date.now();
      this.#process = await spawnGuarded('nice', ['-n', '19', command, ...args], {
        cwd: work,
        env: driverProcessEnvironment(process.env, installation, place, work, {}),
        stdout: path.join(directory, 'training.log'),
        stderr: path.join(directory, 'training.log'),
        graceSeconds: 1,
      });
      if (this.#wasInterrupted()) await this.#process.stop(0);
      const { code } = await this.#process.ended;
      if (code === 0 && existsSync(part)) {
        await rename(part, this.#archive);
        log(
          `emr-serverless: archive of Spark's classes made in ${Math.round((Date.now() - begun) / 1000)} s`,
        );
      } else if (!this.#wasInterrupted()) {
        this.#impossible = true;
        log(
          'emr-serverless: no archive of Spark’s classes could be made; drivers start without. See training.log',
        );
      }
    } catch (error) {
      this.#impossible = true;
      log(`emr-serverless: no archive of Spark's classes: ${messageOf(error)}`);
    } finally {
      this.#process = undefined;
      for (const file of [work, part, lock]) rmSync(file, { recursive: true, force: true });
    }
  }

  #wasInterrupted(): boolean {
    return this.#interrupted;
  }
}

/** What every job's request names, as far as it decides which classes are loaded. */
function asJobsAsk(region: string): ReadonlyMap<string, string> {
  return new Map([
    ['spark.jars', imageDelta.join(',')],
    ['spark.sql.extensions', 'io.delta.sql.DeltaSparkSessionExtension'],
    ['spark.sql.catalog.spark_catalog', 'org.apache.spark.sql.delta.catalog.DeltaCatalog'],
    ['spark.sql.catalogImplementation', 'in-memory'],
    ['spark.hadoop.fs.s3a.endpoint.region', region],
  ]);
}

/** The archive's name says what it was made of: Java, and the jars with their sizes and times. */
function archiveFile({ installation, directory }: ClassDataSurroundings): string {
  const spark = path.join(installation.sparkHome, 'jars');
  const jars = readdirSync(spark)
    .map((name) => path.join(spark, name))
    .concat(installation.jars);
  const hash = createHash('sha256').update(`${installation.javaHome} with Delta where it is named\n`);
  for (const file of [path.join(installation.javaHome, 'lib', 'modules'), ...jars]) {
    const found = existsSync(file) ? statSync(file) : undefined;
    hash.update(`${file} ${found?.size ?? 0} ${found?.mtimeMs ?? 0}\n`);
  }
  const folder = sharedFolder(installation, 'class-data', directory);
  return path.join(folder, `${hash.digest('hex').slice(0, 16)}.jsa`);
}

/** Whether this process may make the archive; another one that still lives may be at it. */
function takeLock(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    try {
      process.kill(Number(readFileSync(file, 'utf8')), 0);
      return false;
    } catch {
      writeFileSync(file, String(process.pid));
      return true;
    }
  }
}
