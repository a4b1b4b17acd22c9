import type { ChalkInstance } from 'chalk';
import { seenIn, type InferredColumn } from '../model/infer/infer-contract.js';
import type { Inference } from '../operations/infer/infer-contract.js';
import { lineageFile } from '../model/read-declaration.js';
import { table } from './table.js';
import { count } from './text.js';

/** What was seen in a file, for people. */
export function inferenceText(chalk: ChalkInstance, inference: Inference): string {
  const { rows, encoding, source, key, malformed, repeated, leftOut } = inference;
  const written = [writtenIn(source), ...(encoding === undefined ? [] : [encoding])].join(', ');
  return [
    `${count(rows, 'row')}: ${written}; key: ${key.join(', ')}`,
    ...(malformed.count > 0
      ? [
          source.format === 'xlsx'
            ? `${count(malformed.count, 'row')} with an error, a formula without a value or a value beside the header (row ${malformed.firstLine}): quarantine, malformed`
            : `${count(malformed.count, 'record')} cannot be told apart (line ${malformed.firstLine}): quarantine, malformed`,
        ]
      : []),
    ...(repeated > 0 ? [`${count(repeated, 'row')} with the key of another: quarantine, duplicate`] : []),
    '',
    table(
      chalk,
      [
        { title: 'column', value: (column: InferredColumn) => column.name },
        { title: 'type', value: (column) => column.type },
        { title: 'seen', value: (column) => seenIn(column, rows) },
      ],
      inference.columns,
    ),
    ...(leftOut.length > 0
      ? ['', ...leftOut.map(({ name, holds }) => `${name} (${holds}) goes to _unmapped`)]
      : []),
  ].join('\n');
}

function writtenIn({ format, options }: Inference['source']): string {
  const { delimiter = ',' } = options;
  switch (format) {
    case 'csv':
      return `CSV by ${delimiter === '\t' ? 'tabs' : `"${delimiter}"`}`;
    case 'json':
      return 'JSON, an object a line';
    case 'parquet':
      return 'Parquet';
    case 'avro':
      return 'Avro';
    case 'xlsx':
      return options.sheet === undefined ? 'the first sheet of a workbook' : `the sheet "${options.sheet}"`;
    default:
      return format satisfies never;
  }
}

/** What was written, or would be. */
export function writtenText(inference: Inference, files: readonly string[], isDryRun: boolean): string {
  const { table: name, source } = inference;
  if (!isDryRun)
    return [
      ...files.map((file) => `written  ${file}`),
      '',
      `Files of a date are taken from ${source.path} in the landing bucket.`,
      `next     dataplat validate`,
      `         dataplat submit ingest ${name} --date <date>`,
    ].join('\n');
  const contract = `config/schemas/${name}_bronze.json`;
  return [
    `# ${contract}`,
    (inference.files[contract] ?? '').trimEnd(),
    `# ${lineageFile}`,
    inference.snippet,
    ...files.filter((file) => file !== contract && file !== lineageFile).map((file) => `# also: ${file}`),
  ].join('\n');
}
