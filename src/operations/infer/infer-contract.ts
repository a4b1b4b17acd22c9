import { basename } from 'node:path';
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
import { repetitions, type DeliveryProfile } from '../../model/infer/delivery-profile.js';
import {
  contractOf,
  inferColumns,
  keyCandidates,
  markedNulls,
  type InferredColumn,
} from '../../model/infer/infer-contract.js';
import { likelyKey, likelyPairs } from '../../model/infer/likely-key.js';
import { DataplatError } from '../../model/errors.js';
import type { ProjectFiles } from '../../model/platform.js';
import { readDelivery, type Read } from './read-delivery.js';
import { unreadable } from './unreadable.js';

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
  /** Of a text. */
  readonly encoding?: string;
  /** Columns that the contract does not know, and what they hold. */
  readonly leftOut: readonly { readonly name: string; readonly holds: string }[];
  readonly source: DeliveredSource;
  readonly key: readonly string[];
  readonly columns: readonly InferredColumn[];
  /** The files of the declaration that are written, by their paths. */
  readonly files: Readonly<Record<string, string>>;
  /** The source and its job, as they stand in the job graph. */
  readonly snippet: string;
}

/**
 * What a delivered file is found to be, as files of the declaration; or what somebody has to decide before. Writes nothing.
 *
 * @throws DataplatError DP2009, DP2013, DP1001
 */
export async function inferContract(
  files: ProjectFiles,
  request: InferenceRequest,
): Promise<{ readonly inference: Inference } | { readonly questions: readonly Question[] }> {
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
  const read = await readDelivery(request.file, decisions);
  if ('questions' in read) return read;
  const { delivery, format, encoding } = read;
  const isTyped = [...delivery.columns.values()].some(({ profile }) => profile.typed);
  if (delivery.rows === 0 && !isTyped)
    throw unreadable(request.file, 'it has no rows', 'a contract is inferred from rows');
  const leftOut = leftOutOf(delivery);
  requireKnown(decisions, delivery, leftOut);
  if (leftOut.length === delivery.columns.size)
    throw unreadable(
      request.file,
      'it has no column of single values, but objects, lists and bytes alone',
      'have what tells its rows apart written as a column of its own',
    );
  const { columns, questions } = inferColumns(delivery, decisions);
  const key =
    questions.length > 0 ? { columns: [], repeated: 0 } : await keyOf(read, columns, table, decisions);
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
    format,
    path: request.path ?? `${system}/${table}/{date}/`,
    options: { ...read.options, ...markedNulls(delivery) },
    description: `Delivered files of ${table} into bronze.`,
  };
  const contract = contractOf(
    {
      table,
      system,
      owner: decisions.owner ?? '',
      key: key.columns,
      file: name,
      rows: delivery.rows,
      leftOut: leftOut.map((each) => each.name),
    },
    columns,
  );
  return {
    inference: {
      table,
      rows: delivery.rows,
      malformed: { count: delivery.malformed, firstLine: delivery.firstMalformed },
      repeated: key.repeated,
      ...(encoding !== undefined && { encoding }),
      leftOut,
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

/** @throws DataplatError DP1001 where a flag names a column that the file has not */
function requireKnown(
  { formats, decimals, key = [] }: Decisions,
  delivery: DeliveryProfile,
  leftOut: Inference['leftOut'],
): void {
  for (const name of [...Object.keys(formats), ...Object.keys(decimals), ...key]) {
    const holds = leftOut.find((each) => each.name === name)?.holds;
    if (holds !== undefined)
      throw new DataplatError('DP1001', `"${name}" holds ${holds}, which no contract says more of`);
  }
  const names = [...delivery.columns.keys()];
  const known = new Set([...names, ...columnNames(names).values()]);
  for (const name of [...Object.keys(formats), ...Object.keys(decimals)])
    if (name !== '' && !known.has(name))
      throw new DataplatError('DP1001', `the file has no column "${name}" (${suggestion(name, names)})`);
}

function leftOutOf({ columns }: DeliveryProfile): Inference['leftOut'] {
  return [...columns].flatMap(([name, { profile }]) =>
    profile.typed?.kind === 'left out' ? [{ name, holds: profile.typed.type }] : [],
  );
}

async function keyOf(
  { rows, delivery }: Read,
  columns: readonly InferredColumn[],
  table: string,
  { key }: Decisions,
): Promise<
  { readonly columns: readonly string[]; readonly repeated: number } | { readonly question: Question }
> {
  const delivered = (name: string): string => columns.find((each) => each.name === name)?.delivered ?? name;
  if (key) {
    const found = key.map((name) => columns.find((each) => each.name === name || each.delivered === name));
    const wrong = key.find((_, index) => (found[index]?.missing ?? 1) > 0);
    if (wrong !== undefined) return { question: whichKey(`"${wrong}" is no column that always has a value`) };
    const named = found.flatMap((each) => (each ? [each.name] : []));
    const names = named.map(delivered);
    const [repeated = 0] = await repetitions(rows(names), [names], true);
    return { columns: named, repeated };
  }
  const candidates = keyCandidates(columns);
  const one = likelyKey(candidates, table);
  if (one !== undefined) return { columns: [one], repeated: 0 };
  const pairs = delivery.rows > 0 ? likelyPairs(candidates) : [];
  const names = pairs.map((pair) => pair.map(delivered));
  const repeated = pairs.length > 0 ? await repetitions(rows([...new Set(names.flat())]), names) : [];
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
