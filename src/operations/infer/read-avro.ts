import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { decompressSnappy, decompressZstd } from 'hyparquet-compressors';
import { AvroBytes } from '../../model/infer/avro-bytes.js';
import { avroColumns, NoSchema, type AvroColumn } from '../../model/infer/avro-columns.js';
import { DeliveryProfile, type Row } from '../../model/infer/delivery-profile.js';
import { TypeNotRead } from '../../model/infer/typed-column.js';
import type { Read } from './read-delivery.js';
import { damaged, requireOneName, unreadable } from './unreadable.js';

/** Bytes of a header and of a block, unpacked: no writer makes larger ones. */
const mostOfHeader = 1 << 24;
const mostOfBlock = 1 << 29;
const markLength = 16;

interface Header {
  readonly columns: readonly AvroColumn[];
  readonly codec: string;
  readonly mark: Buffer;
  /** Where the blocks begin. */
  readonly begin: number;
}

/**
 * A file of Avro: the schema in its header, and every value, a block after another. A few lines of ours read it: a library
 * would make code of the schema that a file brings along, and lose the digits of large numbers.
 *
 * @throws DataplatError DP2013
 */
export function readAvro(path: string): Read {
  return reading(path, (file) => {
    const header = headerOf(path, file);
    const { columns } = header;
    requireOneName(
      path,
      columns.map(({ name }) => name),
    );
    const delivery = DeliveryProfile.ofTyped(columns);
    for (const { values } of recordsOf(file, header)) {
      delivery.rows += 1;
      columns.forEach(({ name, kind }, index) => {
        const value = values[index];
        if (value && kind !== 'left out') delivery.takeTyped(name, value, delivery.rows);
      });
    }
    return { format: 'avro', options: {}, delivery, rows: (names) => inOnePart(path, header, names) };
  });
}

async function* inOnePart(path: string, header: Header, names: readonly string[]): AsyncGenerator<Row[]> {
  const wanted = header.columns.flatMap(({ name }, index) => (names.includes(name) ? [{ name, index }] : []));
  const file = openSync(path, 'r');
  try {
    let rows: Row[] = [];
    for (const { values } of recordsOf(file, header)) {
      rows.push({
        line: rows.length + 1,
        values: new Map(wanted.map(({ name, index }) => [name, values[index]?.text ?? ''])),
      });
      if (rows.length < 10_000) continue;
      yield await Promise.resolve(rows);
      rows = [];
    }
    yield rows;
  } finally {
    closeSync(file);
  }
}

function headerOf(path: string, file: number): Header {
  const { size } = fstatSync(file);
  const content = bytesAt(file, 0, Math.min(size, mostOfHeader));
  const bytes = new AvroBytes(content);
  bytes.take(4);
  const about = new Map<string, Buffer>();
  bytes.blocks(() => about.set(bytes.next().toString('utf8'), bytes.next()));
  const mark = bytes.take(markLength);
  // Each block ends with the mark that the header ends with.
  if (!bytesAt(file, size - markLength, markLength).equals(mark))
    throw unreadable(path, 'it is cut short: it ends within a block', 'deliver it again');
  const codec = about.get('avro.codec')?.toString('utf8') ?? 'null';
  if (!['null', 'deflate', 'snappy', 'zstandard'].includes(codec))
    throw unreadable(
      path,
      `it is packed by ${codec}, which is not unpacked here`,
      'infer from a file that is packed by deflate, snappy or zstandard; a run takes this one too',
    );
  return {
    columns: columnsOf(path, about.get('avro.schema')?.toString('utf8') ?? ''),
    codec,
    mark,
    begin: content.length - bytes.left,
  };
}

function columnsOf(path: string, schema: string): AvroColumn[] {
  try {
    return avroColumns(JSON.parse(schema));
  } catch (error) {
    if (error instanceof TypeNotRead)
      throw unreadable(path, error.message, 'have that column written as text', error);
    if (error instanceof NoSchema)
      throw unreadable(path, error.message, 'have it written as records, one a row', error);
    throw error;
  }
}

function* recordsOf(
  file: number,
  { columns, codec, mark, begin }: Header,
): Generator<{ readonly values: readonly ReturnType<AvroColumn['next']>[] }> {
  const { size } = fstatSync(file);
  for (let at = begin; at < size;) {
    const head = bytesAt(file, at, Math.min(20, size - at));
    const numbers = new AvroBytes(head);
    const [count, length] = [Number(numbers.long()), Number(numbers.long())];
    at += head.length - numbers.left;
    if (!(length >= 0 && length <= size - at - markLength)) throw new Error('a block goes on behind the end');
    const block = new AvroBytes(unpacked(codec, bytesAt(file, at, length)));
    at += length;
    if (!bytesAt(file, at, markLength).equals(mark)) throw new Error('a block does not end with its mark');
    at += markLength;
    if (!(count >= 0 && count <= block.left)) throw new Error('a block has more records than bytes');
    for (let record = 0; record < count; record += 1)
      yield { values: columns.map(({ next }) => next(block)) };
    if (block.left > 0) throw new Error('a block has bytes behind its records');
  }
}

function unpacked(codec: string, block: Buffer): Buffer {
  switch (codec) {
    case 'deflate':
      return inflateRawSync(block, { maxOutputLength: mostOfBlock });
    case 'snappy': {
      // Its own length comes first; a checksum behind it is Avro's.
      const length = lengthOfSnappy(block);
      return Buffer.from(decompressSnappy(block.subarray(0, -4), length));
    }
    case 'zstandard':
      return Buffer.from(decompressZstd(block));
    default:
      return block;
  }
}

function lengthOfSnappy(block: Buffer): number {
  let length = 0;
  for (let index = 0; index < 5; index += 1) {
    const byte = block[index] ?? 0;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) break;
  }
  if (length > mostOfBlock) throw new Error('a block is too large');
  return length;
}

function bytesAt(file: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(file, bytes, 0, length, at));
}

/** Does something with a file, and says of which file it is what goes wrong. */
function reading<Result>(path: string, work: (file: number) => Result): Result {
  const file = openSync(path, 'r');
  try {
    return work(file);
  } catch (error) {
    throw damaged(path, error);
  } finally {
    closeSync(file);
  }
}
