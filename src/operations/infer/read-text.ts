import { layoutOf, type CsvLayout } from '../../model/infer/csv-layout.js';
import type { Decisions } from '../../model/infer/decisions.js';
import { DeliveryProfile, rowsOfCsv, rowsOfJson, type Row } from '../../model/infer/delivery-profile.js';
import { writtenAs } from '../../model/infer/infer-contract.js';
import { DataplatError } from '../../model/errors.js';
import { DeliveredFile } from './delivered-file.js';
import type { ReadOrAsked } from './read-delivery.js';
import { requireOneName, unreadable } from './unreadable.js';

/** How much of a file tells its layout. */
const letters = 1 << 18;

/**
 * A file of CSV, or of JSON with an object a line.
 *
 * @throws DataplatError DP2013, DP1001
 */
export function readText(path: string, decisions: Decisions): ReadOrAsked {
  const file = new DeliveredFile(path);
  const { encoding } = file;
  const sample = beginOf(file);
  if (
    sample
      .find((line) => line.trim() !== '')
      ?.trimStart()
      .startsWith('{') === true
  ) {
    const delivery = DeliveryProfile.ofJson(file.lines());
    requireOneName(path, [...delivery.columns.keys()]);
    return {
      format: 'json',
      options: writtenAs({}, encoding),
      encoding,
      delivery,
      rows: () => inOnePart(rowsOfJson(file.lines())),
    };
  }
  if (/^\s*\[\s*(?:[{\]]|$)/.test(sample.slice(0, 2).join('\n')))
    throw unreadable(
      path,
      'it is one array of JSON',
      'infer from its objects, one a line, and add the option array: true',
    );
  const found = layoutOf(sample, decisions);
  if ('questions' in found) return found;
  const { layout } = found;
  const { columns } = decisions;
  requireOneName(path, layout.names);
  if (!layout.hasHeader && columns && columns.length !== fieldsIn(sample, layout))
    throw new DataplatError(
      'DP1001',
      `--columns names ${columns.length} fields, and records have ${fieldsIn(sample, layout)}`,
    );
  return {
    format: 'csv',
    options: writtenAs(layout, encoding),
    encoding,
    delivery: DeliveryProfile.ofCsv(file.lines(), layout),
    rows: () => inOnePart(rowsOfCsv(file.lines(), layout)),
  };
}

/** A file that is read line by line has no parts. */
async function* inOnePart(rows: Iterable<Row>): AsyncGenerator<Iterable<Row>> {
  yield await Promise.resolve(rows);
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
