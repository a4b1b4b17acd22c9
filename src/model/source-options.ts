import { z } from 'zod';

/**
 * How delivered files are written: what the options of a source say. `landing.py`, `csv_records.py`, `typed_files.py` and
 * `sheet_files.py` read by them. Nothing is guessed from a file, so an option that is not there means what stands at it
 * here.
 */

/** The formats that delivered files may have. */
export const formats = ['csv', 'json', 'xml', 'parquet', 'avro', 'xlsx'] as const;
type Format = (typeof formats)[number];

/** Those that both Java and Python know, and in which no letter but a line end has the bytes of one. */
const encodings = [
  'utf-8',
  'utf-16',
  'utf-16le',
  'utf-16be',
  'us-ascii',
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 15].map((part) => `iso-8859-${part}`),
  ...[1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258].map((page) => `windows-${page}`),
  'ibm437',
  'ibm850',
  'ibm852',
  'ibm866',
  'koi8-r',
  'koi8-u',
  'shift_jis',
  'windows-31j',
  'gbk',
  'gb18030',
  'big5',
  'euc-jp',
  'euc-kr',
] as const;

const letter = z.string().regex(/^[^\r\n]$/u, 'one letter, for example ";" or "\\t"');

/** Names stand in one folder, so none has a slash. */
const patterns = z
  .array(z.string().regex(/^[^/]+$/, 'the name of a file, with * and ? for any letters and one'))
  .min(1)
  .optional();

/**
 * The name of a file beside those with data; one beside each of them where `{file}`, their name, or `{stem}`, that without
 * its ending, is part of it.
 */
const mark = z
  .string()
  .regex(
    /^(?!\{file\}$)[^/{}]*(?:\{(?:file|stem)\})?[^/{}]*$/,
    'the name of a file, or of one beside each, with {file} for that file\'s name or {stem} for it without its ending: _SUCCESS, "{file}.md5"',
  )
  .min(1)
  .optional();

const completeWhen = z
  .strictObject({
    marker: mark.describe('it is there, whatever is in it'),
    count: mark.describe('it holds the number of rows: of its file, or without {file} and {stem} of the day'),
    md5: mark.describe(
      'it holds the MD5 of its file, or without {file} and {stem} a line for each as md5sum writes it',
    ),
    sha256: mark.describe('the same with SHA-256'),
  })
  .refine((marks) => Object.keys(marks).length > 0, 'one or more of marker, count, md5, sha256');

export const sourceOptions = z.strictObject({
  include: patterns.describe(
    'names of files that are delivered, with * and ? for any letters and one: orders_*.csv; default: all',
  ),
  exclude: patterns.describe('names of what is in the folder and is no delivery: *.md5, archive'),
  completeWhen: completeWhen
    .optional()
    .describe(
      'files beside those with data that say that these are all there and whole; until they do a run fails',
    ),
  encoding: z
    .enum(encodings)
    .optional()
    .describe('default: utf-8; utf-16 goes by the mark that a file begins with, and wants one'),
  delimiter: letter.optional().describe('what stands between fields, one letter; default: a comma'),
  quote: z
    .string()
    .regex(/^[^\r\n]?$/u, 'one letter, or "" where no field is quoted')
    .optional()
    .describe('what stands around a field, one letter; "": none does, and every letter is one of a value'),
  escape: letter
    .optional()
    .describe('between quotes, what stands before a quote or before itself, instead of a quote twice'),
  header: z.boolean().optional().describe('false: files begin with their rows, and "columns" names these'),
  columns: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('with header: false, the names of the fields in their order'),
  skipRows: z.int().min(0).max(1000).optional().describe('lines above the header, which are passed over'),
  comment: z
    .string()
    .regex(/^[^\s]+$/, 'one or more letters without white space')
    .optional()
    .describe('what a line begins with that is no record, for example #'),
  nulls: z
    .array(z.string())
    .optional()
    .describe('texts that stand for a missing value in every column, quoted or not, for example "\\N"'),
  array: z
    .boolean()
    .optional()
    .describe('of JSON, true: a file is one array of objects; default: an object a line'),
  sheet: z
    .string()
    .min(1)
    .max(31)
    .optional()
    .describe('of xlsx: which sheet of a workbook is delivered; default: the first'),
  multiLine: z
    .boolean()
    .optional()
    .describe('has no effect any more: a line end between quotes is always part of a value'),
});

export type SourceOptions = z.infer<typeof sourceOptions>;

/** The options that files of a format have. */
const known: Readonly<Record<Format, readonly (keyof SourceOptions)[]>> = {
  csv: sourceOptions.keyof().options.filter((option) => option !== 'array' && option !== 'sheet'),
  json: ['include', 'exclude', 'completeWhen', 'encoding', 'array', 'nulls'],
  xml: ['include', 'exclude', 'completeWhen'],
  parquet: ['include', 'exclude', 'completeWhen', 'nulls'],
  avro: ['include', 'exclude', 'completeWhen', 'nulls'],
  xlsx: ['include', 'exclude', 'completeWhen', 'sheet', 'header', 'columns', 'skipRows', 'nulls'],
};

/** An option that does not fit the format or another option, and what is expected. */
export interface OptionProblem {
  readonly option: keyof SourceOptions;
  readonly index?: number;
  readonly expected: string;
}

export function optionProblems(format: Format, options: SourceOptions): OptionProblem[] {
  const foreign = (Object.keys(options) as (keyof SourceOptions)[]).filter(
    (option) => !known[format].includes(option),
  );
  if (foreign.length > 0) {
    const expected = `no option of ${format}, which has ${known[format].join(', ') || 'none'}`;
    return foreign.map((option) => ({ option, expected }));
  }
  return [
    ...(format === 'csv' || format === 'xlsx' ? columnProblems(options) : []),
    ...(format === 'csv' ? letterProblems(options) : []),
    ...(format === 'xml' && options.completeWhen?.count !== undefined
      ? [{ option: 'completeWhen' as const, expected: 'no count: a document of XML has no rows' }]
      : []),
  ];
}

/** Options of files that a stream, which follows a folder as it grows, reads nothing by. */
export function streamProblems({ encoding = 'utf-8', ...options }: SourceOptions): OptionProblem[] {
  const foreign = (['include', 'exclude', 'completeWhen', 'array', 'sheet'] as const).filter(
    (option) => options[option] !== undefined,
  );
  return [
    ...(encoding === 'utf-8'
      ? []
      : [{ option: 'encoding' as const, expected: 'utf-8: a stream reads no other' }]),
    ...foreign.map((option) => ({ option, expected: 'no such option of what a stream reads: take it out' })),
  ];
}

function columnProblems({ header, columns }: SourceOptions): OptionProblem[] {
  if (header === false && columns === undefined)
    return [{ option: 'header', expected: 'name the fields in their order: columns: [id, name]' }];
  if (header !== false && columns !== undefined)
    return [
      { option: 'columns', expected: 'the header names the fields: say header: false, or take it out' },
    ];
  // Spark takes names that differ in case alone for the same.
  const names = (columns ?? []).map((name) => name.toLowerCase());
  return names.flatMap((name, index) =>
    names.indexOf(name) < index ? [{ option: 'columns', index, expected: 'a name that stands once' }] : [],
  );
}

/** Letters that mean something must differ, else a line could be read in two ways. */
function letterProblems(options: SourceOptions): OptionProblem[] {
  const { delimiter = ',', quote = '"', escape, comment } = options;
  const problems: OptionProblem[] = [];
  if (quote === delimiter)
    problems.push({
      option: options.delimiter === undefined ? 'quote' : 'delimiter',
      expected: 'quote and delimiter are two letters',
    });
  if (escape !== undefined && quote === '')
    problems.push({ option: 'escape', expected: 'nothing is escaped where no field is quoted' });
  if (escape !== undefined && (escape === quote || escape === delimiter))
    problems.push({
      option: 'escape',
      expected:
        escape === quote
          ? 'a quote twice is read without it: take it out'
          : 'escape and delimiter are two letters',
    });
  if (comment !== undefined && (comment.startsWith(delimiter) || (quote !== '' && comment.startsWith(quote))))
    problems.push({
      option: 'comment',
      expected: 'it begins as a record may: with the delimiter or a quote',
    });
  return problems;
}
