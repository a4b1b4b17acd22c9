import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageDirectory } from '../src/project/project-directory.js';
import { locateRuntime } from '../src/toolchain/locate-toolchain.js';
import type { Comparison } from './compare.js';

/**
 * Everything that is expected of the shop's orders, beside a scan of them, with two cores.
 * @throws Error where a run fails
 */
export async function qualitySuite({ rows }: { readonly rows: number }): Promise<Comparison> {
  const { jobsPython, javaHome, jars } = await locateRuntime();
  const directory = mkdtempSync(join(tmpdir(), 'dataplat-bench-quality-'));
  try {
    const { status, stdout, stderr } = spawnSync(
      jobsPython,
      [join(packageDirectory, 'bench', 'quality.py'), String(rows), directory],
      {
        encoding: 'utf8',
        maxBuffer: 1e9,
        env: {
          ...process.env,
          JAVA_HOME: javaHome,
          PYSPARK_PYTHON: jobsPython,
          DATAPLAT_SPARK_JARS: jars.join(','),
          PYSPARK_SUBMIT_ARGS: '--master local[2] --driver-memory 4g pyspark-shell',
        },
      },
    );
    if (status !== 0) throw new Error(`bench/quality.py ended with ${status}\n${stderr.slice(-2000)}`);
    const said = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as {
      expectations: number;
      suite: number[];
      scan: number[];
    };
    const ratios = said.suite
      .map((seconds, turn) => seconds / (said.scan[turn] ?? NaN))
      .sort((x, y) => x - y);
    const median = (values: readonly number[]): number =>
      [...values].sort((x, y) => x - y)[Math.floor(values.length / 2)] ?? NaN;
    const ratio = median(ratios);
    return {
      title: `${said.expectations} expectations of ${rows} rows / a scan of them`,
      ...{ bound: { most: 2 }, ratio, range: [ratios[0] ?? NaN, ratios.at(-1) ?? NaN], holds: ratio <= 2 },
      ...{ a: median(said.suite), b: median(said.scan) },
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
