import { basename } from 'node:path';
import { layoutOf, type CsvLayout } from '../../model/infer/csv-layout.js';
import { suggestion } from '../../model/check.js';
import { columnNames, tableOfFile } from '../../model/infer/column-names.js';
import { contractText } from '../../model/infer/contract-text.js';
import {
  entriesOf,
  requireFree,
  withSource,
  type DeliveredSource,
} from '../../model/infer/declared-files.js';
import type { Decisions, Question } from '../../model/infer/decisions.js';
import { DeliveryProfile, repetitions, rowsOfCsv, rowsOfJson } from '../../model/infer/delivery-profile.js';
import {
  contractOf,
  inferColumns,
  keyCandidates,
  optionsOf,
  type InferredColumn,
} from '../../model/infer/infer-contract.js';
import { likelyKey, likelyPairs } from '../../model/infer/likely-key.js';
import { DataplatError } from '../../model/errors.js';
import type { ProjectFiles } from '../../model/platform.js';
import { DeliveredFile, unreadable } from './delivered-file.js';

/** How much of a file tells its layout. */
const letters = 1 << 18;

export interface InferenceRequest {
  readonly file: string;
  readonly name?: string;
  readonly system: string;
  readonly path?: string;
  readonly force: boolean;
  readonly decisions: Decisions;
}

export interface Inference {
  readonly table: string;
  readonly rows: number;
  readonly malformed: { readonly count: number; readonly firstLine: number };
  /** Rows whose key a row before them has: they would go to quarantine. */
  readonly repeated: number;
  readonly encoding: string;
  readonly source: DeliveredSource;
  readonly key: readonly string[];
  readonly columns: readonly InferredColumn[];
  /** The files of the declaration that are written, by their paths. */
  readonly files: Readonly<Record<string, string>>;
  /** The source and its job, as they stand in the job graph. */
  readonly snippet: string;
}

interface Read {
  readonly layout?: CsvLayout;
  readonly delivery: DeliveryProfile;
  readonly rows: () => Iterable<{ readonly values: ReadonlyMap<string, string> | undefined }>;
}

/**
 * What a delivered file is found to be, as files of the declaration; or what somebody has to decide before. Writes nothing.
 *
 * @throws DataplatError DP2009, DP2013, DP1001
 */
export function inferContract(
  files: ProjectFiles,
  request: InferenceRequest,
): { readonly inference: Inference } | { readonly questions: readonly Question[] } {
  const { decisions, system } = request;
  const table = request.name ?? tableOfFile(request.file);
  if (!/^[a-z][a-z0-9_]{0,34}$/.test(table))
    throw new DataplatError(
      'DP1001',
      `"${table}" is no name of a table: small letters, figures and _, at most 35`,
      {
        next: ['dataplat contract infer <file> --name <table>'],
      },
    );
  requireFree(files, table, request.force);
  const file = new DeliveredFile(request.file);
  const read = readFile(file, decisions);
  if ('questions' in read) return read;
  const { delivery, layout } = read;
  if (delivery.rows === 0)
    throw unreadable(request.file, 'it has no rows', 'a contract is inferred from rows');
  if (!layout) requireOneName(request.file, [...delivery.columns.keys()]);
  requireKnown(decisions, delivery);
  const { columns, questions } = inferColumns(delivery, decisions);
  const key = questions.length > 0 ? { columns: [], repeated: 0 } : keyOf(read, columns, table, decisions);
  const open = [
    ...questions,
    ...('question' in key ? [key.question] : []),
    ...(decisions.owner === undefined ? [whoOwnsIt()] : []),
  ];
  if (open.length > 0 || 'question' in key) return { questions: open };
  const name = basename(request.file);
  const source: DeliveredSource = {
    table,
    system,
    format: layout ? 'csv' : 'json',
    path: request.path ?? `${system}/${table}/{date}/`,
    options: optionsOf(layout ?? {}, file.encoding, delivery),
    description: `Delivered files of ${table} into bronze.`,
  };
  const contract = contractOf(
    { table, system, owner: decisions.owner ?? '', key: key.columns, file: name, rows: delivery.rows },
    columns,
  );
  return {
    inference: {
      table,
      rows: delivery.rows,
      malformed: { count: delivery.malformed, firstLine: delivery.firstMalformed },
      repeated: key.repeated,
      encoding: file.encoding,
      source,
      key: key.columns,
      columns,
      files: {
        [`config/schemas/${table}_bronze.json`]: contractText(contract),
        ...withSource(files, source),
      },
      snippet: entriesOf(files, source),
    },
  };
}

function readFile(
  file: DeliveredFile,
  decisions: Decisions,
): Read | { readonly questions: readonly Question[] } {
  const sample = beginOf(file);
  if (
    sample
      .find((line) => line.trim() !== '')
      ?.trimStart()
      .startsWith('{') === true
  )
    return { delivery: DeliveryProfile.ofJson(file.lines()), rows: () => rowsOfJson(file.lines()) };
  if (/^\s*\[\s*(?:[{\]]|$)/.test(sample.slice(0, 2).join('\n')))
    throw unreadable(
      file.path,
      'it is one array of JSON',
      'infer from its objects, one a line, and add the option array: true',
    );
  const found = layoutOf(sample, decisions);
  if ('questions' in found) return found;
  const { layout } = found;
  const { columns } = decisions;
  requireOneName(file.path, layout.names);
  if (!layout.hasHeader && columns && columns.length !== fieldsIn(sample, layout))
    throw new DataplatError(
      'DP1001',
      `--columns names ${columns.length} fields, and records have ${fieldsIn(sample, layout)}`,
    );
  return {
    layout,
    delivery: DeliveryProfile.ofCsv(file.lines(), layout),
    rows: () => rowsOfCsv(file.lines(), layout),
  };
}

function fieldsIn(sample: readonly string[], layout: CsvLayout): number {
  const found = layoutOf(sample, { formats: {}, decimals: {}, delimiter: layout.delimiter, header: false });
  return 'layout' in found ? found.layout.names.length : 0;
}

function beginOf(file: DeliveredFile): string[] {
  const lines: string[] = [];
  let length = 0;
  for (const line of file.lines()) {
    lines.push(line);
    length += line.length;
    if (length > letters) break;
  }
  return lines;
}

/** An ingest refuses names that come twice; they differ in more than case. */
function requireOneName(file: string, names: readonly string[]): void {
  const lower = names.map((name) => name.toLowerCase());
  const twice = names.find((_, index) => lower.indexOf(lower[index] ?? '') < index);
  if (twice !== undefined)
    throw unreadable(
      file,
      `it has the field "${twice}" twice`,
      'deliver it with a name of its own for each field',
    );
}

/** @throws DataplatError DP1001 where a flag names a column that the file has not */
function requireKnown({ formats, decimals }: Decisions, delivery: DeliveryProfile): void {
  const names = [...delivery.columns.keys()];
  const known = new Set([...names, ...columnNames(names).values()]);
  for (const name of [...Object.keys(formats), ...Object.keys(decimals)])
    if (name !== '' && !known.has(name))
      throw new DataplatError('DP1001', `the file has no column "${name}" (${suggestion(name, names)})`);
}

function keyOf(
  { rows }: Read,
  columns: readonly InferredColumn[],
  table: string,
  { key }: Decisions,
): { readonly columns: readonly string[]; readonly repeated: number } | { readonly question: Question } {
  const values = function* (): Generator<ReadonlyMap<string, string>> {
    for (const row of rows()) if (row.values) yield row.values;
  };
  const delivered = (name: string): string => columns.find((each) => each.name === name)?.delivered ?? name;
  if (key) {
    const found = key.map((name) => columns.find((each) => each.name === name || each.delivered === name));
    const wrong = key.find((_, index) => (found[index]?.missing ?? 1) > 0);
    if (wrong !== undefined) return { question: whichKey(`"${wrong}" is no column that always has a value`) };
    const named = found.flatMap((each) => (each ? [each.name] : []));
    const [repeated = 0] = repetitions(values(), [named.map(delivered)], true);
    return { columns: named, repeated };
  }
  const candidates = keyCandidates(columns);
  const one = likelyKey(candidates, table);
  if (one !== undefined) return { columns: [one], repeated: 0 };
  const pairs = likelyPairs(candidates);
  const repeated =
    pairs.length > 0
      ? repetitions(
          values(),
          pairs.map((pair) => pair.map(delivered)),
        )
      : [];
  const pair = pairs[repeated.indexOf(0)];
  return pair
    ? { columns: pair, repeated: 0 }
    : { question: whichKey('no column tells rows apart and is called like a key') };
}

function whichKey(message: string): Question {
  return {
    about: 'key',
    line: 1,
    message: `${message}: of rows with the same key an ingest keeps one`,
    hint: '--key order_id,line_no names the columns that tell rows apart',
    answers: [],
  };
}

function whoOwnsIt(): Question {
  return {
    about: 'owner',
    line: 1,
    message: 'the file does not say whose data it is',
    hint: '--owner team@example.com',
    answers: [],
  };
}
