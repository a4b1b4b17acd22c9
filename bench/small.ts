import { judged, type Comparison, type Pair } from './compare.js';
import { pythonProgram } from './python-program.js';

/** What `bench/small.py` prints. */
type Measured = readonly { readonly title: string; readonly pairs: readonly Pair[] }[];

/** Work of a few rows, of which most is what it takes however few they are. */
export async function smallWork(): Promise<Comparison[]> {
  const measured = (await pythonProgram('small.py')) as Measured;
  return measured.map(({ title, pairs }) => judged(title, { most: 1.2 }, pairs));
}
