import path from 'node:path';
import { redshiftDriver } from '../../model/connector-jars.js';
import { groupOfJar } from '../../toolchain/jars.js';

/** Jars of EMR's image that a run may name by their paths there, and the beginning of the name that they have here. */
const nameable: Readonly<Record<string, string>> = {
  '/usr/share/aws/delta/lib/delta-spark.jar': 'delta-spark_',
  '/usr/share/aws/delta/lib/delta-storage.jar': 'delta-storage-',
  // Nobody but Amazon has Redshift itself: a laptop needs no driver for it.
  [redshiftDriver]: 'redshift-jdbc',
};

/** Whether a run may name this jar, for EMR's image has it. */
export function isOfImage(jar: string): boolean {
  return pathOf(jar) in nameable;
}

/** Where this machine has a jar of EMR's image; undefined where it has none. */
export function ofImage(jar: string, jars: readonly string[]): string | undefined {
  const begin = nameable[pathOf(jar)];
  return begin === undefined ? undefined : jars.find((one) => path.basename(one).startsWith(begin));
}

/** Delta, as every run of ours names it. */
export const imageDelta = Object.keys(nameable).filter((jar) => jar.includes('/delta/'));

/** What EMR's Spark has on its class path whatever a run names: the file system of S3 and what Spark itself needs. */
export function alwaysThere(jars: readonly string[]): string[] {
  return jars.filter((jar) => groupOfJar(path.basename(jar)) === 'spark');
}

function pathOf(jar: string): string {
  return jar.trim().replace(/^(?:local|file):(?:\/\/)?/, '');
}
