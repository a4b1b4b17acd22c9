import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import {
  parquetMetadataAsync,
  parquetScan,
  parquetSchema,
  type AsyncBuffer,
  type FileMetaData,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { DeliveryProfile, type Row } from '../../model/infer/delivery-profile.js';
import { encrypted } from '../../model/infer/file-kind.js';
import {
  asStored,
  notUnpacked,
  parquetColumns,
  type ParquetColumn,
} from '../../model/infer/parquet-columns.js';
import { TypeNotRead, type SeenValue } from '../../model/infer/typed-column.js';
import type { Read } from './read-delivery.js';
import { damaged, requireOneName, unreadable } from './unreadable.js';

/** As the values of INT96 come, which have no type but that: nanoseconds since 1970. */
const parsers = { timestampFromNanoseconds: (nanoseconds: bigint): bigint => nanoseconds };

/**
 * A file of Parquet: its schema, and every value of one column of a row group after another, so that a large file takes no
 * more room than its largest column chunk.
 *
 * @throws DataplatError DP2013
 */
export async function readParquet(path: string): Promise<Read> {
  return reading(path, async (file) => {
    const metadata = await metadataOf(path, file);
    const columns = columnsOf(path, metadata);
    requireOneName(
      path,
      columns.map(({ name }) => name),
    );
    const packed = notUnpacked(metadata);
    if (packed)
      throw unreadable(
        path,
        `its column "${packed.column}" is packed by ${packed.codec}, which no run unpacks`,
        'write it by snappy, zstd or gzip',
      );
    const delivery = DeliveryProfile.ofTyped(columns);
    for (const { first, count } of groupsOf(metadata)) {
      for (const column of columns)
        if (column.kind !== 'left out') {
          let row = first;
          for (const value of await valuesOf(file, metadata, column, first, count)) {
            row += 1;
            if (value) delivery.takeTyped(column.name, value, row);
          }
        }
      delivery.rows += count;
    }
    return {
      format: 'parquet',
      options: {},
      delivery,
      rows: (names) =>
        rowsOf(
          path,
          metadata,
          columns.filter(({ name }) => names.includes(name)),
        ),
    };
  });
}

async function* rowsOf(
  path: string,
  metadata: FileMetaData,
  columns: readonly ParquetColumn[],
): AsyncGenerator<Iterable<Row>> {
  for (const { first, count } of groupsOf(metadata))
    yield await reading(path, async (file) => {
      const values = new Map<string, (SeenValue | undefined)[]>();
      for (const column of columns)
        values.set(column.name, await valuesOf(file, metadata, column, first, count));
      return rowsFrom(values, first, count);
    });
}

function* rowsFrom(
  columns: ReadonlyMap<string, readonly (SeenValue | undefined)[]>,
  first: number,
  count: number,
): Generator<Row> {
  for (let at = 0; at < count; at += 1)
    yield {
      line: first + at + 1,
      values: new Map([...columns].map(([name, values]) => [name, values[at]?.text ?? ''])),
    };
}

async function valuesOf(
  file: AsyncBuffer,
  metadata: FileMetaData,
  { name, valueOf }: ParquetColumn,
  first: number,
  count: number,
): Promise<(SeenValue | undefined)[]> {
  if (count === 0) return [];
  const scan = await parquetScan({
    file,
    metadata: asStored(metadata),
    columns: [name],
    useOffsetIndex: false,
    utf8: false,
    geoparquet: false,
    compressors,
    parsers,
  });
  const stored = await scan.readColumn({ column: name, rowStart: first, rowEnd: first + count });
  if (stored.length !== count) throw new Error(`the column ${name} has ${stored.length} values of ${count}`);
  return Array.from(stored as ArrayLike<unknown>, (value) =>
    value === undefined || value === null ? undefined : valueOf(value),
  );
}

function groupsOf({ row_groups }: FileMetaData): { first: number; count: number }[] {
  let first = 0;
  return row_groups.map(({ num_rows }) => {
    const group = { first, count: Number(num_rows) };
    first += group.count;
    return group;
  });
}

async function metadataOf(path: string, file: AsyncBuffer): Promise<FileMetaData> {
  const end = Buffer.from(await file.slice(file.byteLength - 4, file.byteLength)).toString('latin1');
  if (end === 'PARE') throw unreadable(path, encrypted.why, encrypted.next);
  if (file.byteLength < 12 || end !== 'PAR1')
    throw unreadable(path, 'it is cut short: it does not end as Parquet does', 'deliver it again');
  const metadata = await parquetMetadataAsync(file, { geoparquet: false });
  const isEncrypted = metadata.row_groups.some(({ columns }) =>
    columns.some(({ meta_data, crypto_metadata }) => !meta_data || crypto_metadata),
  );
  if (isEncrypted) throw unreadable(path, encrypted.why, encrypted.next);
  return metadata;
}

function columnsOf(path: string, metadata: FileMetaData): ParquetColumn[] {
  try {
    return parquetColumns(parquetSchema(metadata));
  } catch (error) {
    if (error instanceof TypeNotRead)
      throw unreadable(path, error.message, 'have that column written as text', error);
    throw error;
  }
}

/** Does something with a file, and says of which file it is what goes wrong. */
async function reading<Result>(path: string, work: (file: AsyncBuffer) => Promise<Result>): Promise<Result> {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    return await work({
      byteLength: size,
      slice: (start, end = size) => {
        const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - start));
        readSync(file, bytes, 0, bytes.length, start);
        return bytes.buffer;
      },
    });
  } catch (error) {
    throw damaged(path, error);
  } finally {
    closeSync(file);
  }
}
