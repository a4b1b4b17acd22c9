import { csvRecords } from './csv-records.js';
import type { Decisions, Question } from './decisions.js';
import { dateFormats, dayOf } from './date-spelling.js';
import { nullMark } from './null-marks.js';
import { numberOf, numberSpellings } from './number-spelling.js';

export const delimiters = [',', ';', '\t', '|'] as const;
const namesOfDelimiters: Readonly<Record<string, string>> = { ',': ',', ';': ';', '\t': 'tab', '|': '|' };

/** How a CSV file is laid out. */
export interface CsvLayout {
  readonly delimiter: string;
  readonly hasHeader: boolean;
  /** The names of the fields: of the header, or those that stand in for one. */
  readonly names: readonly string[];
  /** The line on which the rows begin, from 1. */
  readonly firstRow: number;
}

export type Layout = { readonly layout: CsvLayout } | { readonly questions: readonly Question[] };

/** The layout of a file that begins with some lines, or what nobody can tell from them. */
export function layoutOf(lines: readonly string[], decisions: Decisions): Layout {
  const fitting = decisions.delimiter === undefined ? fittingDelimiters(lines) : [decisions.delimiter];
  const [delimiter, other] = fitting;
  if (delimiter === undefined || other !== undefined) return { questions: [whichDelimiter(fitting)] };
  const records = [...csvRecords(lines, delimiter, undefined)];
  const [first, ...rows] = records;
  const fields = first?.fields?.map((name) => name.trim());
  if (!first || !fields) return { questions: [whichDelimiter(delimiters)] };
  const hasHeader =
    decisions.header ??
    headerOf(
      fields,
      rows.flatMap(({ fields: each }) => (each ? [each] : [])),
    );
  if (hasHeader === undefined) return { questions: [isThereAHeader(fields, first.line)] };
  const standIns = fields.map((_, index) => `column_${index + 1}`);
  return {
    layout: {
      delimiter,
      hasHeader,
      names: hasHeader
        ? fields.map((name, index) => (name === '' ? `_column_${index + 1}` : name))
        : (decisions.columns ?? standIns),
      firstRow: hasHeader ? (rows[0]?.line ?? first.line + 1) : first.line,
    },
  };
}

/** By which the first lines have as many fields each, more than one; a comma where no delimiter comes at all. */
function fittingDelimiters(lines: readonly string[]): string[] {
  const seen = delimiters.filter((delimiter) => lines.some((line) => line.includes(delimiter)));
  if (seen.length === 0) return [','];
  const shares = seen.map((delimiter) => {
    const counts = [...csvRecords(lines, delimiter, undefined)].map(({ fields }) => fields?.length ?? 0);
    const columns = counts[0] ?? 0;
    const fits = counts.filter((count) => count === columns).length;
    return { delimiter, share: columns > 1 ? fits / counts.length : 0 };
  });
  const whole = shares.filter(({ share }) => share === 1);
  // A few broken records do not hide it.
  const most = whole.length > 0 ? whole : shares.filter(({ share }) => share >= 0.9);
  return most.map(({ delimiter }) => delimiter);
}

function whichDelimiter(fitting: readonly string[]): Question {
  const named = fitting.map((delimiter) => namesOfDelimiters[delimiter] ?? delimiter);
  return {
    about: 'delimiter',
    line: 1,
    message:
      fitting.length > 1
        ? `each line has as many fields by ${named.map((name) => `"${name}"`).join(' as by ')}`
        : 'the lines have as many fields by no delimiter that is usual',
    hint: "--delimiter ';' says what stands between fields, tab for a tab",
    answers: named,
  };
}

function isThereAHeader(fields: readonly string[], line: number): Question {
  return {
    about: 'header',
    line,
    message: `the first record (${fields.slice(0, 3).join(', ')}) may be a header or a row`,
    hint: '--header or --no-header',
    answers: ['header', 'no-header'],
  };
}

/** Whether the first record names the fields; undefined where it may be a row as well. */
export function headerOf(
  fields: readonly string[],
  rows: readonly (readonly string[])[],
): boolean | undefined {
  const isNamed = fields.every((field) => field !== '' && !isValue(field));
  if (!isNamed || new Set(fields).size < fields.length) {
    const named = fields.some((field, index) => field !== '' && !isValue(field) && isOfValues(rows, index));
    return named ? undefined : false;
  }
  const told = fields.some((_, index) => isOfValues(rows, index));
  return told || fields.some(isLikeAName) ? true : undefined;
}

/** Whether all that stands below is no text: a text above it is its name. */
function isOfValues(rows: readonly (readonly string[])[], index: number): boolean {
  const values = rows
    .map((row) => row[index]?.trim() ?? '')
    .filter((value) => value !== '' && nullMark(value) === undefined);
  return values.length > 0 && values.every(isValue);
}

/** A number, a date, an address: nothing that a column is called. */
function isValue(text: string): boolean {
  return (
    nullMark(text) !== undefined ||
    /^[-+]?\d/.test(text) ||
    text.includes('@') ||
    /^(?:true|false)$/i.test(text) ||
    numberSpellings.some((spelling) => numberOf(text, spelling)) ||
    dateFormats.some((format) => dayOf(text, format))
  );
}

/** As programs name fields and people do not write texts. */
function isLikeAName(text: string): boolean {
  return (
    /^[A-Za-z]+(?:_[A-Za-z0-9]+)+$/.test(text) ||
    /^[a-z]+[A-Z][A-Za-z]*$/.test(text) ||
    /^(?:id|name|date|email|key|code)$/i.test(text)
  );
}
