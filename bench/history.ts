import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageDirectory } from '../src/project/project-directory.js';
import { locateRuntime } from '../src/toolchain/locate-toolchain.js';
import type { Comparison } from './compare.js';

/**
 * A history (SCD2) of so many rows, built anew beside an update of one percent of them, at random keys, with two cores.
 * @throws Error where a run fails
 */
export async function historyUpdate({ rows }: { readonly rows: number }): Promise<Comparison> {
  const { jobsPython, javaHome, jars } = await locateRuntime();
  const directory = mkdtempSync(join(tmpdir(), 'dataplat-bench-history-'));
  try {
    const { status, stdout, stderr } = spawnSync(
      jobsPython,
      [join(packageDirectory, 'bench', 'history.py'), String(rows), directory],
      {
        encoding: 'utf8',
        maxBuffer: 1e9,
        env: {
          ...process.env,
          JAVA_HOME: javaHome,
          PYSPARK_PYTHON: jobsPython,
          DATAPLAT_SPARK_JARS: jars.join(','),
          PYSPARK_SUBMIT_ARGS: '--master local[2] --driver-memory 6g pyspark-shell',
        },
      },
    );
    if (status !== 0) throw new Error(`bench/history.py ended with ${status}\n${stderr.slice(-2000)}`);
    const said = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as {
      changes: number;
      rebuild: number[];
      update: number[];
    };
    const ratios = said.rebuild.map((seconds, turn) => seconds / (said.update[turn] ?? NaN));
    const mean = (values: readonly number[]): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    const ratio = Math.min(...ratios);
    return {
      title: `a history of ${rows} rows built anew / updated by ${said.changes} changes`,
      ...{ bound: { least: 3 }, ratio, range: [ratio, Math.max(...ratios)], holds: ratio >= 3 },
      ...{ a: mean(said.rebuild), b: mean(said.update) },
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
