import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Comparison } from './compare.js';
import { pythonProgram } from './python-program.js';

/**
 * A history (SCD2) of so many rows, built anew beside an update of one percent of them, at random keys, with two cores.
 * @throws Error where a run fails
 */
export async function historyUpdate({ rows }: { readonly rows: number }): Promise<Comparison> {
  const directory = mkdtempSync(join(tmpdir(), 'dataplat-bench-history-'));
  try {
    const said = (await pythonProgram('history.py', [String(rows), directory], '6g')) as {
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
