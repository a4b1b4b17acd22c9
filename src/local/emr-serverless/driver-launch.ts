import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { GuardedProcess } from '../guardian.js';
import { spawnGuarded } from '../guardian.js';
import type { Application, Configuration } from './applications.js';
import { ofImage } from './emr-image.js';
import type { JobRun } from './job-runs.js';
import type { Command, SparkInstallation } from './spark-command.js';
import { javaCommand, log4jConfiguration, submitCommand } from './spark-command.js';
import type { RequestedProperties, StoragePlace } from './spark-properties.js';
import {
  driverEnvironment,
  driverJavaOptions,
  localProperties,
  propertiesFile,
  requestedProperties,
} from './spark-properties.js';
import { parseSubmitParameters } from './submit-parameters.js';

/** What a run's driver is started with in a working directory, before anything that the run names is fetched. */
export interface DriverLaunch {
  readonly java: Command;
  /** Spark's; those that name files still have the places from which they are fetched. */
  readonly properties: ReadonlyMap<string, string>;
  readonly log4j: { readonly file: string; readonly text: string };
  /** Environment variables that the run sets. */
  readonly variables: Readonly<Record<string, string>>;
  readonly mainClass?: string;
  /** What of the request is left out or changed here, a line each. */
  readonly notes: readonly string[];
}

/** What a driver is to run, and with what. */
export interface DriverOrder {
  /** Local path. */
  readonly entryPoint: string;
  readonly arguments: readonly string[];
  readonly properties: ReadonlyMap<string, string>;
  /** Local paths. */
  readonly pyFiles: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

/** All properties that a run asks for, of the application, the overrides and the submit parameters. */
export function propertiesOfRun(
  run: JobRun,
  application: Application,
): RequestedProperties & { readonly mainClass?: string } {
  const submitted = parseSubmitParameters(run.jobDriver.sparkSubmit.sparkSubmitParameters ?? '');
  const overrides: readonly Configuration[] = run.configurationOverrides?.applicationConfiguration ?? [];
  const requested = requestedProperties(
    application.runtimeConfiguration ?? [],
    overrides,
    submitted.properties,
  );
  return { ...requested, ...(submitted.mainClass === undefined ? {} : { mainClass: submitted.mainClass }) };
}

/** @param classData Java options that use an archive of loaded classes */
export function driverLaunch(
  run: JobRun,
  application: Application,
  work: string,
  around: {
    readonly installation: SparkInstallation;
    readonly place: StoragePlace;
    readonly classData: { options(): readonly string[] };
  },
): DriverLaunch {
  const { installation, place, classData } = around;
  const requested = propertiesOfRun(run, application);
  const local = localProperties(requested.properties, place, work);
  const environment = driverEnvironment(requested.properties);
  const imageJars = local.imageJars.map((jar) => ({ jar, here: ofImage(jar, installation.jars) }));
  const log4jFile = path.join(work, 'tmp', 'log4j2.properties');
  const java = javaCommand(installation, {
    driverMemory: requested.properties.get('spark.driver.memory'),
    driverJavaOptions: driverJavaOptions(requested.properties),
    imageJars: imageJars.flatMap(({ here }) => here ?? []),
    extraClassPath: local.properties.get('spark.driver.extraClassPath'),
    log4jFile,
    temporaryDirectory: path.join(work, 'tmp'),
    classData: classData.options(),
  });
  const notes = [
    ...requested.notes,
    ...local.notes,
    ...environment.notes,
    ...imageJars
      .filter(({ here }) => here === undefined)
      .map(({ jar }) => `${jar} is part of EMR's image, and not on this machine`),
    ...java.notes,
  ];
  return {
    java,
    properties: local.properties,
    log4j: { file: log4jFile, text: log4jConfiguration(requested.driverLog) },
    variables: environment.variables,
    ...(requested.mainClass === undefined ? {} : { mainClass: requested.mainClass }),
    notes,
  };
}

/**
 * Starts a driver's process.
 * @param home folder that holds its output, and its working directory `work` with a folder `tmp`
 */
export async function startDriver(
  launch: DriverLaunch,
  order: DriverOrder,
  home: string,
): Promise<GuardedProcess> {
  const work = path.join(home, 'work');
  const file = path.join(work, 'tmp', 'spark.conf');
  await writeFile(file, propertiesFile(order.properties));
  await writeFile(launch.log4j.file, launch.log4j.text);
  const { command, args } = submitCommand(launch.java, {
    entryPoint: order.entryPoint,
    arguments: order.arguments,
    propertiesFile: file,
    pyFiles: order.pyFiles,
    ...(launch.mainClass !== undefined && { mainClass: launch.mainClass }),
  });
  return spawnGuarded(command, args, {
    cwd: work,
    env: order.environment,
    stdout: path.join(home, 'stdout'),
    stderr: path.join(home, 'stderr'),
    graceSeconds: 5,
  });
}
