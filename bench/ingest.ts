import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { packageDirectory } from '../src/project/project-directory.js';
import { locateKafkaBroker, locateRuntime } from '../src/toolchain/locate-toolchain.js';
import { judged, type Comparison, type Pair } from './compare.js';

/** What a program of bench/ prints: pairs of seconds, or the memory that it has taken. */
interface Measured {
  readonly pairs: readonly Pair[];
  readonly megabytes?: number;
}

/** A file of orders into bronze, beside Spark's own reader and writer. */
export async function bronze({ rows, pairs }: { rows: number; pairs: number }): Promise<Comparison> {
  const measured = await spark('bronze.py', ['--rows', String(rows), '--pairs', String(pairs)]);
  return judged(
    `${rows} rows of CSV into bronze / spark.read.csv(schema).write.format("delta")`,
    { most: 1.5 },
    measured.pairs,
  );
}

/** The same as a German program writes it, beside Spark's own options for that. */
export async function bronzeOfGermanRows({
  rows,
  pairs,
}: {
  rows: number;
  pairs: number;
}): Promise<Comparison> {
  const words = ['--rows', String(rows), '--pairs', String(pairs), '--german'];
  const measured = await spark('bronze.py', words);
  return judged(
    `${rows} rows of German CSV into bronze / spark.read.options(locale, timestampFormat, timeZone)`,
    { most: 1.5 },
    measured.pairs,
  );
}

/**
 * What a small driver has held at the most, of a large file and of a small one. Java takes what it may have before it
 * collects its garbage, so that of a larger driver the figure would tell the size.
 */
export async function bronzeMemory({ few, many }: { few: number; many: number }): Promise<Comparison> {
  const held = async (rows: number): Promise<number> =>
    (await spark('bronze.py', ['--rows', String(rows), '--alone'], '1g')).megabytes ?? NaN;
  const b = await held(few);
  const a = await held(many);
  return {
    ...judged(`memory of ${many} rows into bronze / of ${few} rows`, { most: 1.25 }, [{ a, b }]),
    unit: 'MB',
  };
}

/** A topic into bronze, beside a bare stream of the same messages. */
export async function kafkaDrain({
  messages,
  pairs,
}: {
  messages: number;
  pairs: number;
}): Promise<Comparison> {
  const measured = await spark('kafka_drain.py', ['--messages', String(messages), '--pairs', String(pairs)]);
  return judged(
    `a bare stream of ${messages} messages into Delta / the job`,
    { least: 0.8 },
    measured.pairs.map(({ a, b }) => ({ a: b, b: a })),
  );
}

/** Runs a program of bench/ as spark-submit does, on two cores. @throws Error where it fails */
async function spark(program: string, words: readonly string[], memory = '2g'): Promise<Measured> {
  const { jobsPython, javaHome, jars } = await locateRuntime();
  const { status, stdout, stderr } = spawnSync(
    join(jobsPython, '..', 'spark-submit'),
    [
      ...['--master', 'local[2]', '--driver-memory', memory, '--jars', jars.join(',')],
      ...['--conf', 'spark.ui.enabled=false', '--conf', 'spark.sql.shuffle.partitions=4'],
      ...[join(packageDirectory, 'bench', program), ...words],
    ],
    {
      env: {
        ...process.env,
        JAVA_HOME: javaHome,
        PYSPARK_PYTHON: jobsPython,
        DATAPLAT_KAFKA_BROKER_JARS: (await locateKafkaBroker()).join(':'),
      },
      encoding: 'utf8',
      maxBuffer: 1e9,
    },
  );
  // spark-submit writes a program's traceback to its output.
  if (status !== 0)
    throw new Error(`${program} ${words.join(' ')} ended with ${status}\n${stdout}\n${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Measured;
}
