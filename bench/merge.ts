import type { Comparison } from './compare.js';
import { pythonProgram } from './python-program.js';

/** What `bench/merge.py` prints. */
interface Measured {
  readonly pairs: readonly { readonly small: number; readonly large: number }[];
  readonly textbookSeconds: number;
  readonly files: Readonly<Record<'small' | 'large', number>>;
  readonly filesOfAScan: Readonly<Record<'small' | 'large' | 'textbook', number>>;
  readonly bytes: Readonly<Record<'small' | 'large' | 'textbook', number>>;
}

/** The days that the changes concern; each has them in its last file. */
const changedDays = 3;

/**
 * A merge of the same changes into a table and into one ten times as large; and what the textbook's MERGE reads of the
 * larger one beside ours.
 * @throws Error where ours reads a file that cannot hold a changed key
 */
export async function mergeInProportion(): Promise<Comparison[]> {
  const measured = (await pythonProgram('merge.py')) as Measured;
  const { pairs, bytes, files, filesOfAScan } = measured;
  if (filesOfAScan.large > changedDays) {
    throw new Error(`a scan read ${filesOfAScan.large} files; ${changedDays} can hold a changed key`);
  }
  const ratios = pairs.map(({ small, large }) => large / small).sort((x, y) => x - y);
  const middle = (values: readonly number[]): number =>
    [...values].sort((x, y) => x - y)[Math.floor(values.length / 2)] ?? NaN;
  const ratio = middle(ratios);
  const less = bytes.textbook / bytes.large;
  return [
    {
      title: `merge of 50,000 rows into 10 million / into 1 million (${filesOfAScan.large} of ${files.large} files a scan)`,
      bound: { most: 1.3 },
      ratio,
      range: [ratios[0] ?? NaN, ratios.at(-1) ?? NaN],
      a: middle(pairs.map(({ large }) => large)),
      b: middle(pairs.map(({ small }) => small)),
      holds: ratio <= 1.3,
    },
    {
      title: 'size of the files that a textbook MERGE into 10 million rows reads / that ours does',
      bound: { least: 3 },
      ratio: less,
      range: [less, less],
      a: measured.textbookSeconds,
      b: middle(pairs.map(({ large }) => large)),
      holds: less >= 3,
    },
  ];
}
