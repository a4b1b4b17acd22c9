import { spawnSync } from 'node:child_process';

export interface Command {
  readonly program: string;
  readonly words: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly directory?: string;
}

export interface Question {
  readonly title: string;
  /** Commands run one behind the other; their time together counts. */
  readonly a: readonly Command[];
  readonly b: readonly Command[];
  /** Counted pairs, after one that is not. */
  readonly runs: number;
  /** What the ratio a/b is to be. */
  readonly bound: { readonly most?: number; readonly least?: number };
}

export interface Comparison extends Pick<Question, 'title' | 'bound'> {
  /** Median of the ratios, pair by pair. */
  readonly ratio: number;
  readonly range: readonly [number, number];
  /** Medians, in seconds or in the unit that is named. */
  readonly a: number;
  readonly b: number;
  readonly unit?: string;
  readonly holds: boolean;
}

export interface Pair {
  readonly a: number;
  readonly b: number;
}

/** Times two commands in turn: A B A B … @throws Error where one of them fails */
export function compare({ title, a, b, runs, bound }: Question): Promise<Comparison> {
  const pairs: Pair[] = [];
  for (let run = 0; run <= runs; run += 1) {
    const pair = { a: seconds(a), b: seconds(b) };
    if (run > 0) pairs.push(pair);
  }
  return Promise.resolve(judged(title, bound, pairs));
}

/** What pairs that were measured in turn come to. */
export function judged(title: string, bound: Question['bound'], pairs: readonly Pair[]): Comparison {
  const ratios = pairs.map((pair) => pair.a / pair.b).sort((x, y) => x - y);
  const ratio = median(ratios);
  return {
    title,
    bound,
    ratio,
    range: [ratios[0] ?? NaN, ratios.at(-1) ?? NaN],
    a: median(pairs.map((pair) => pair.a)),
    b: median(pairs.map((pair) => pair.b)),
    holds: ratio <= (bound.most ?? Infinity) && ratio >= (bound.least ?? 0),
  };
}

/** How long commands take, one behind the other. @throws Error where one of them fails */
export function seconds(commands: readonly Command[]): number {
  const begun = performance.now();
  for (const { program, words, environment, directory } of commands) {
    const { status, stdout, stderr } = spawnSync(program, words, {
      env: environment,
      cwd: directory,
      encoding: 'utf8',
      maxBuffer: 1e9,
    });
    if (status !== 0)
      throw new Error(`${program} ${words.join(' ')} ended with ${status}\n${stdout}${stderr}`);
  }
  return (performance.now() - begun) / 1000;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((x, y) => x - y);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}
