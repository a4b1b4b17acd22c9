import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { packageDirectory } from '../src/project/project-directory.js';
import { locateRuntime } from '../src/toolchain/locate-toolchain.js';

/**
 * Runs a program of bench/ in Python, where Spark has a laptop's settings, and reads what it prints last, which is JSON.
 * @param memory what Spark's driver may have, such as `4g`; then it has two cores
 * @throws Error where the program fails
 */
export async function pythonProgram(
  program: string,
  words: readonly string[] = [],
  memory?: string,
): Promise<unknown> {
  const { jobsPython, javaHome, jars } = await locateRuntime();
  const submitted = `--master local[2] --driver-memory ${memory} pyspark-shell`;
  const { status, stdout, stderr } = spawnSync(
    jobsPython,
    [join(packageDirectory, 'bench', program), ...words],
    {
      encoding: 'utf8',
      maxBuffer: 1e9,
      env: {
        ...process.env,
        JAVA_HOME: javaHome,
        PYSPARK_PYTHON: jobsPython,
        DATAPLAT_SPARK_JARS: jars.join(','),
        ...(memory !== undefined && { PYSPARK_SUBMIT_ARGS: submitted }),
      },
    },
  );
  if (status !== 0) throw new Error(`bench/${program} ended with ${status}\n${stderr.slice(-2000)}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}
