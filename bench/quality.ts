import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Comparison } from './compare.js';
import { pythonProgram } from './python-program.js';

/**
 * Everything that is expected of the shop's orders, beside a scan of them, with two cores.
 * @throws Error where a run fails
 */
export async function qualitySuite({ rows }: { readonly rows: number }): Promise<Comparison> {
  const directory = mkdtempSync(join(tmpdir(), 'dataplat-bench-quality-'));
  try {
    const said = (await pythonProgram('quality.py', [String(rows), directory], '4g')) as {
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
