import type { ChalkInstance } from 'chalk';
import { seenIn, type InferredColumn } from '../model/infer/infer-contract.js';
import type { Inference } from '../operations/infer/infer-contract.js';
import { lineageFile } from '../model/read-declaration.js';
import { table } from './table.js';
import { count } from './text.js';

/** What was seen in a file, for people. */
export function inferenceText(chalk: ChalkInstance, inference: Inference): string {
  const { rows, encoding, source, key, malformed, repeated } = inference;
  const delimiter = source.options.delimiter ?? ',';
  const written =
    source.format === 'json'
      ? 'JSON, an object a line'
      : `CSV by ${delimiter === '\t' ? 'tabs' : `"${delimiter}"`}`;
  return [
    `${count(rows, 'row')}: ${written}, ${encoding}; key: ${key.join(', ')}`,
    ...(malformed.count > 0
      ? [
          `${count(malformed.count, 'record')} cannot be told apart (line ${malformed.firstLine}): quarantine, malformed`,
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
  ].join('\n');
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
