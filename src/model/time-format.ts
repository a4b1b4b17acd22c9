/**
 * Formats of dates and times as sources write them. The letters are those of Java's, as far as they stand for figures or
 * English months; a text in quotes stands for itself, and what is in brackets may be missing.
 */
const words = ['iso', 'epoch', 'epochMillis'];
const known = ['yyyy', 'yy', 'MM', 'M', 'MMM', 'MMMM', 'dd', 'd', 'HH', 'H', 'hh', 'h', 'a', 'mm', 'ss', 'X'];
/** What is often meant by letters that mean something else in Java, or nothing. */
const meant: Readonly<Record<string, string>> = {
  Y: 'yyyy',
  u: 'yyyy',
  D: 'dd',
  k: 'HH',
  K: 'hh',
  n: 'SSS',
  Z: 'X',
  z: 'X',
  x: 'X',
};
const mostOptions = 3;

interface Part {
  readonly text: string;
  readonly stands: boolean;
}

/** What is wrong with a format for columns of a type, or undefined where it is one. */
export function formatProblem(format: string, type: 'date' | 'timestamp'): string | undefined {
  if (words.includes(format))
    return type === 'date' && format !== 'iso'
      ? `a date has no ${format}: expected iso or letters`
      : undefined;
  const tokens = tokensOf(format);
  if (tokens.includes("'")) return 'a quote is not closed';
  const unknown = tokens.find((token) => /^[A-Za-z]/.test(token) && !isKnown(token));
  if (unknown !== undefined) {
    const instead = meant[unknown.slice(0, 1)];
    return instead === undefined
      ? `"${unknown}" stands for nothing; there is: ${known.join(', ')} and S; a text is in quotes: 'T'`
      : `"${unknown}" stands for nothing here; did you mean "${instead}"?`;
  }
  const expanded = expand(tokens);
  if (typeof expanded === 'string') return expanded;
  return expanded.map((parts) => partsProblem(parts, type)).find((problem) => problem !== undefined);
}

/** Whether each value of a format says its zone, or needs none. */
export function hasZone(format: string): boolean {
  if (words.includes(format)) return true;
  const expanded = expand(tokensOf(format));
  return typeof expanded !== 'string' && expanded.every((parts) => parts.some(({ text }) => text === 'X'));
}

/** Texts in quotes, runs of one letter, and all else letter by letter. */
function tokensOf(format: string): readonly string[] {
  return format.match(/'(?:[^']|'')*'|([A-Za-z])\1*|./gsu) ?? [];
}

function isKnown(token: string): boolean {
  return known.includes(token) || /^S{1,9}$/.test(token);
}

/** The format without brackets, with and without each of what stood in them. */
function expand(tokens: readonly string[]): Part[][] | string {
  let all: Part[][] = [[]];
  let without: Part[][] | undefined;
  let options = 0;
  for (const token of tokens) {
    if (token === '[') {
      if (without) return 'brackets stand within brackets: list both as formats';
      options += 1;
      without = all;
    } else if (token === ']') {
      if (!without) return 'a bracket is not opened';
      all = [...all, ...without];
      without = undefined;
    } else {
      const part = { text: token, stands: /^[A-Za-z]/.test(token) };
      all = all.map((parts) => [...parts, part]);
    }
  }
  if (without) return 'a bracket is not closed';
  return options > mostOptions ? `it has more than ${mostOptions} brackets: list several formats` : all;
}

function partsProblem(parts: readonly Part[], type: 'date' | 'timestamp'): string | undefined {
  const letters = parts.filter(({ stands }) => stands).map(({ text }) => text);
  const firsts = letters.map((text) => text.slice(0, 1));
  const twice = firsts.find((letter, index) => firsts.indexOf(letter) < index);
  if (twice !== undefined) return `"${twice}" stands twice in it`;
  const has = (letter: string): boolean => firsts.includes(letter);
  const missing = ['y', 'M', 'd'].find((letter) => !has(letter));
  if (missing !== undefined) {
    const name = { y: 'year', M: 'month (MM; mm are minutes)', d: 'day' }[missing] ?? missing;
    return `it has no ${name}`;
  }
  if (has('H') && has('h')) return 'it has hours of 24 and of 12';
  if (has('h') !== has('a')) return 'hh and a, which is AM or PM, go together; HH are hours of 24';
  const needs: [string, string, boolean][] = [
    ['m', 'hour', has('H') || has('h')],
    ['s', 'minute', has('m')],
    ['S', 'second', has('s')],
    ['X', 'time', has('H') || has('h')],
  ];
  const lacks = needs.find(([letter, , there]) => has(letter) && !there);
  if (lacks) return `it has "${lacks[0]}" and no ${lacks[1]}`;
  if (type === 'date' && has('X')) return 'a date has no zone: which day it is would depend on it';
  const beside = parts.find(
    ({ text, stands }, index) =>
      stands && /^([MdHh]|S+)$/.test(text) && /^[yMdHhmsS]/.test(figures(parts[index + 1])),
  );
  return beside && `behind "${beside.text}" other figures follow at once: which are whose cannot be told`;
}

function figures(part: Part | undefined): string {
  return part?.stands === true && !/^MMM/.test(part.text) ? part.text : '';
}
