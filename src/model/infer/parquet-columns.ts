import type { FileMetaData, SchemaElement, SchemaTree } from 'hyparquet';
import {
  bigEndian,
  cutNanosecondsValue,
  dayValue,
  decimalValue,
  floatingValue,
  momentValue,
  nanosecondsValue,
  TypeNotRead,
  type SeenValue,
  type TypedColumn,
} from './typed-column.js';

/** A column of Parquet, and what its stored values say. */
export interface ParquetColumn extends TypedColumn {
  readonly valueOf: (stored: unknown) => SeenValue;
}

/** By what pages may be packed that EMR's Spark unpacks. */
const unpacked = new Set(['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'ZSTD', 'LZ4', 'LZ4_RAW']);

/** How a column is packed that no run unpacks, and what it is called; or undefined. */
export function notUnpacked({ row_groups }: FileMetaData): { codec: string; column: string } | undefined {
  for (const { columns } of row_groups)
    for (const { meta_data } of columns)
      if (meta_data && !unpacked.has(meta_data.codec))
        return { codec: meta_data.codec, column: meta_data.path_in_schema.join('.') };
  return undefined;
}

/**
 * The columns as Spark 3.5 reads them (`ParquetToSparkSchemaConverter`).
 *
 * @throws TypeNotRead
 */
export function parquetColumns(schema: SchemaTree): ParquetColumn[] {
  return schema.children.map((column) => {
    for (const leaf of leaves(column)) {
      const said = refused(leaf.element);
      if (said !== undefined) throw new TypeNotRead(leaf.path.join('.'), said);
    }
    const { element, children } = column;
    const isNullable = element.repetition_type !== 'REQUIRED';
    const of = (
      kind: TypedColumn['kind'],
      type: string,
      valueOf: (stored: unknown) => SeenValue,
    ): ParquetColumn => ({
      name: element.name,
      kind,
      type,
      isNullable,
      valueOf,
    });
    if (children.length > 0 || element.repetition_type === 'REPEATED')
      return of('left out', isOfLists(element) ? 'lists' : 'objects', nothing);
    return ofLeaf(element, of);
  });
}

/** The schema without what its values mean: then they come as they are stored, with every digit. */
export function asStored(metadata: FileMetaData): FileMetaData {
  const schema = metadata.schema.map((element) => {
    const { converted_type: _, logical_type: __, ...plain } = element;
    return element.num_children === undefined ? plain : element;
  });
  return { ...metadata, schema };
}

type Column = (
  kind: TypedColumn['kind'],
  type: string,
  valueOf: (stored: unknown) => SeenValue,
) => ParquetColumn;

function ofLeaf(
  { type, converted_type: converted, logical_type: logical, ...element }: SchemaElement,
  of: Column,
): ParquetColumn {
  const isUnsigned =
    converted?.startsWith('UINT_') === true || (logical?.type === 'INTEGER' && !logical.isSigned);
  if (logical?.type === 'NULL') return of('text', 'string', nothing);
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL')
    return of('typed', `decimal(${element.precision ?? 0},${element.scale ?? 0})`, decimalOf);
  switch (type) {
    case 'BOOLEAN':
      return of('typed', 'boolean', (stored) => ({ text: `${stored === true || stored === 1}` }));
    case 'INT32':
      return converted === 'DATE' || logical?.type === 'DATE'
        ? of('typed', 'date', (stored) => dayValue(Number(stored)))
        : of('integer', 'bigint', (stored) => ({
            text: `${isUnsigned ? Number(stored) >>> 0 : Number(stored)}`,
          }));
    case 'INT64':
      return ofInt64(converted, logical, isUnsigned, of);
    case 'INT96':
      return of('typed', 'timestamp', (stored) => cutNanosecondsValue(stored as bigint));
    case 'FLOAT':
    case 'DOUBLE':
      return of('typed', 'double', (stored) => floatingValue(Number(stored)));
    case 'BYTE_ARRAY':
      return isText(converted, logical) ? of('text', 'string', textOf) : of('left out', 'bytes', nothing);
    default:
      return of('left out', 'bytes', nothing);
  }
}

function ofInt64(
  converted: SchemaElement['converted_type'],
  logical: SchemaElement['logical_type'],
  isUnsigned: boolean,
  of: Column,
): ParquetColumn {
  if (logical?.type === 'TIMESTAMP') {
    const { unit } = logical;
    const valueOf = (stored: unknown): SeenValue =>
      unit === 'NANOS'
        ? nanosecondsValue(stored as bigint)
        : momentValue((stored as bigint) * (unit === 'MILLIS' ? 1000n : 1n));
    return of(logical.isAdjustedToUTC ? 'typed' : 'local time', 'timestamp', valueOf);
  }
  if (converted === 'TIMESTAMP_MILLIS')
    return of('typed', 'timestamp', (stored) => momentValue((stored as bigint) * 1000n));
  if (converted === 'TIMESTAMP_MICROS')
    return of('typed', 'timestamp', (stored) => momentValue(stored as bigint));
  return isUnsigned
    ? of('typed', 'decimal(20,0)', (stored) => ({ text: `${BigInt.asUintN(64, stored as bigint)}` }))
    : of('integer', 'bigint', (stored) => ({ text: `${stored as bigint}` }));
}

/** What Spark refuses to read, in words; the whole file with it. */
function refused({
  type,
  type_length,
  converted_type: converted,
  logical_type: logical,
  precision,
}: SchemaElement): string | undefined {
  if (logical?.type === 'TIME' || converted === 'TIME_MILLIS' || converted === 'TIME_MICROS')
    return 'times of day';
  if (converted === 'INTERVAL') return 'intervals';
  if (logical?.type === 'UUID') return 'UUIDs as bytes';
  if ((converted === 'DECIMAL' || logical?.type === 'DECIMAL') && (precision ?? 0) > 38)
    return `decimals of ${precision} figures`;
  if (type === 'FIXED_LEN_BYTE_ARRAY' && (type_length ?? 0) < 1) return 'bytes without a length';
  return undefined;
}

function isText(converted: SchemaElement['converted_type'], logical: SchemaElement['logical_type']): boolean {
  return (
    ['UTF8', 'ENUM', 'JSON'].includes(converted ?? '') ||
    ['STRING', 'ENUM', 'JSON'].includes(logical?.type ?? '')
  );
}

function isOfLists({
  converted_type: converted,
  logical_type: logical,
  repetition_type,
}: SchemaElement): boolean {
  return converted === 'LIST' || logical?.type === 'LIST' || repetition_type === 'REPEATED';
}

function leaves(column: SchemaTree): SchemaTree[] {
  return column.children.length === 0 ? [column] : column.children.flatMap(leaves);
}

const letters = new TextDecoder('utf-8', { ignoreBOM: true });

function textOf(stored: unknown): SeenValue {
  return { text: typeof stored === 'string' ? stored : letters.decode(stored as Uint8Array) };
}

function decimalOf(stored: unknown): SeenValue {
  return decimalValue(stored instanceof Uint8Array ? bigEndian(stored) : (stored as bigint | number));
}

function nothing(): SeenValue {
  return { text: '' };
}
