import { z } from 'zod';

interface Field {
  readonly what: string;
  readonly from: number;
  readonly to: number;
  /** Words that stand for numbers, the first for `from`. */
  readonly words?: readonly string[];
}

const fields: readonly Field[] = [
  { what: 'minute', from: 0, to: 59 },
  { what: 'hour', from: 0, to: 23 },
  { what: 'day', from: 1, to: 31 },
  {
    what: 'month',
    from: 1,
    to: 12,
    words: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  // Sunday is both 0 and 7.
  { what: 'weekday', from: 0, to: 7, words: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
];

const shape = `five fields in quotes: ${fields.map(({ what }) => what).join(', ')}, as in '30 3 * * *'`;

/** What is wrong with a line of cron, in words that follow "expected"; undefined where nothing is. */
export function cronProblem(line: string): string | undefined {
  const parts = line.split(' ');
  if (parts.length !== fields.length || parts.includes('')) return shape;
  for (const [index, field] of fields.entries()) {
    const part = parts[index] ?? '';
    if (!part.split(',').every((piece) => isPiece(piece, field))) {
      const words = field.words ? ` (or ${field.words[0]} to ${field.words.at(-1)})` : '';
      return `${field.what === 'hour' ? 'an' : 'a'} ${field.what} from ${field.from} to ${field.to}${words}, a range, a list, * or */n, and not "${part}"`;
    }
  }
  return undefined;
}

/** `*`, `n` or `a-b`, the first and the last also with a step behind a slash. */
function isPiece(piece: string, field: Field): boolean {
  const [, begin = '', end, step] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(piece) ?? [];
  if (step !== undefined && (Number(step) < 1 || Number(step) > field.to)) return false;
  if (begin === '*') return end === undefined;
  if (end === undefined) return step === undefined && numberOf(begin, field) !== undefined;
  const [first, last] = [numberOf(begin, field), numberOf(end, field)];
  return first !== undefined && last !== undefined && first <= last;
}

function numberOf(text: string, { from, to, words = [] }: Field): number | undefined {
  const word = words.indexOf(text.toLowerCase());
  if (word >= 0) return from + word;
  const number = /^\d{1,2}$/.test(text) ? Number(text) : NaN;
  return number >= from && number <= to ? number : undefined;
}

/** When something happens by itself, in UTC. */
export const cronLine = z.string().superRefine((line, context) => {
  const problem = cronProblem(line);
  if (problem !== undefined)
    context.addIssue({ code: 'custom', input: line, message: `expected ${problem}` });
});
