import type { AvroBytes } from './avro-bytes.js';
import {
  bigEndian,
  dayValue,
  decimalValue,
  floatingValue,
  momentValue,
  TypeNotRead,
  type SeenValue,
  type TypedColumn,
} from './typed-column.js';

/** A column of Avro, and how its next value is read. */
export interface AvroColumn extends TypedColumn {
  readonly next: (bytes: AvroBytes) => SeenValue | undefined;
}

/** A schema as its JSON has it. */
type Schema = string | readonly Schema[] | SchemaObject;
interface SchemaObject {
  readonly type: Schema;
  readonly name?: string;
  readonly namespace?: string;
  readonly logicalType?: string;
  readonly precision?: number;
  readonly scale?: number;
  readonly size?: number;
  readonly symbols?: readonly string[];
  readonly items?: Schema;
  readonly values?: Schema;
  readonly fields?: readonly { readonly name: string; readonly type: Schema }[];
}

/** How values of a schema are read, and what Spark makes of them (`SchemaConverters`). */
type Reading = Omit<AvroColumn, 'name'>;

/** A schema is none, or refers to one that it has not. */
export class NoSchema extends Error {}

/**
 * The columns of the records of a file.
 *
 * @throws TypeNotRead, NoSchema
 */
export function avroColumns(schema: unknown): AvroColumn[] {
  const names = new Map<string, SchemaObject>();
  const root = schema as Schema;
  if (typeof root !== 'object' || root === null || isUnion(root) || root.type !== 'record' || !root.fields)
    throw new NoSchema(`it holds no records but ${nameOf(root)}s`);
  const space = declare(root, names, undefined);
  return root.fields.map(({ name, type }) => ({
    ...readingOf(type, { names, space, within: [root], column: name }),
    name,
  }));
}

interface Context {
  readonly names: Map<string, SchemaObject>;
  readonly space: string | undefined;
  /** The records around. */
  readonly within: readonly SchemaObject[];
  readonly column: string;
}

const nothing = (): undefined => undefined;
const leftOut = (type: string, next: (bytes: AvroBytes) => void): Reading => ({
  kind: 'left out',
  type,
  isNullable: true,
  next: (bytes) => {
    next(bytes);
    return undefined;
  },
});
const of = (kind: TypedColumn['kind'], type: string, next: (bytes: AvroBytes) => SeenValue): Reading => ({
  kind,
  type,
  isNullable: false,
  next,
});

function readingOf(schema: Schema, context: Context): Reading {
  if (isUnion(schema)) return ofUnion(schema, context);
  if (typeof schema !== 'string') return ofObject(schema, context);
  const primitive = ofPrimitive(schema, {}, context);
  if (primitive) return primitive;
  const full = schema.includes('.') || context.space === undefined ? schema : `${context.space}.${schema}`;
  const named = context.names.get(full) ?? context.names.get(schema);
  if (!named) throw new NoSchema(`its schema knows no "${schema}"`);
  return ofObject(named, context);
}

function ofObject(schema: SchemaObject, context: Context): Reading {
  if (typeof schema.type !== 'string') return readingOf(schema.type, context);
  const { type, items, values, fields, symbols = [], size = 0 } = schema;
  switch (type) {
    case 'record': {
      if (context.within.includes(schema)) throw new TypeNotRead(context.column, 'records within themselves');
      const inner = {
        ...context,
        space: declare(schema, context.names, context.space),
        within: [...context.within, schema],
      };
      const parts = (fields ?? []).map((field) => readingOf(field.type, inner));
      return leftOut('objects', (bytes) => parts.forEach(({ next }) => next(bytes)));
    }
    case 'array': {
      const { next } = readingOf(items ?? 'null', context);
      return leftOut('lists', (bytes) => bytes.blocks(() => next(bytes)));
    }
    case 'map': {
      const { next } = readingOf(values ?? 'null', context);
      return leftOut('objects', (bytes) =>
        bytes.blocks(() => {
          bytes.next();
          next(bytes);
        }),
      );
    }
    case 'enum':
      declare(schema, context.names, context.space);
      return of('text', 'string', (bytes) => {
        const symbol = symbols[Number(bytes.long())];
        if (symbol === undefined) throw new Error('a value is none of its enum');
        return { text: symbol };
      });
    case 'fixed':
      declare(schema, context.names, context.space);
      return ofBytes(schema, (bytes) => bytes.take(size), context);
    default: {
      const primitive = ofPrimitive(type, schema, context);
      return primitive ?? readingOf(type, context);
    }
  }
}

function ofPrimitive(type: string, schema: Partial<SchemaObject>, context: Context): Reading | undefined {
  const { logicalType = '' } = schema;
  switch (type) {
    case 'null':
      return { kind: 'text', type: 'string', isNullable: true, next: nothing };
    case 'boolean':
      return of('typed', 'boolean', (bytes) => ({ text: `${bytes.take(1)[0] === 1}` }));
    case 'int':
      return logicalType === 'date'
        ? of('typed', 'date', (bytes) => dayValue(Number(bytes.long())))
        : of('integer', 'bigint', (bytes) => ({ text: `${bytes.long()}` }));
    case 'long': {
      const [, local, unit] = /^(local-)?timestamp-(millis|micros)$/.exec(logicalType) ?? [];
      return unit === undefined
        ? of('integer', 'bigint', (bytes) => ({ text: `${bytes.long()}` }))
        : of(local === undefined ? 'typed' : 'local time', 'timestamp', (bytes) =>
            momentValue(bytes.long() * (unit === 'millis' ? 1000n : 1n)),
          );
    }
    case 'float':
      return of('typed', 'double', (bytes) => floatingValue(bytes.take(4).readFloatLE()));
    case 'double':
      return of('typed', 'double', (bytes) => floatingValue(bytes.take(8).readDoubleLE()));
    case 'string':
      return of('text', 'string', (bytes) => ({ text: bytes.next().toString('utf8') }));
    case 'bytes':
      return ofBytes(schema, (bytes) => bytes.next(), context);
    default:
      return undefined;
  }
}

function ofBytes(
  { logicalType, precision = 0, scale = 0 }: Partial<SchemaObject>,
  next: (bytes: AvroBytes) => Buffer,
  { column }: Context,
): Reading {
  if (logicalType !== 'decimal') return leftOut('bytes', next);
  if (precision > 38) throw new TypeNotRead(column, `decimals of ${precision} figures`);
  return of('typed', `decimal(${precision},${scale})`, (bytes) => decimalValue(bigEndian(next(bytes))));
}

/** A value that may be missing, or of two types of numbers; other unions are objects to Spark. */
function ofUnion(union: readonly Schema[], context: Context): Reading {
  const branches = union.map((branch) => readingOf(branch, context));
  const next = (bytes: AvroBytes): SeenValue | undefined => {
    const branch = branches[Number(bytes.long())];
    if (!branch) throw new Error('a value is of no branch of its union');
    return branch.next(bytes);
  };
  const isNull = union.map((branch) => nameOf(branch) === 'null');
  const isNullable = isNull.includes(true);
  const [first, ...others] = branches.filter((_, index) => isNull[index] !== true);
  if (!first) return { kind: 'text', type: 'string', isNullable: true, next };
  if (others.length === 0) return { ...first, isNullable: isNullable || first.isNullable, next };
  const kinds = union
    .map(nameOf)
    .filter((name) => name !== 'null')
    .sort()
    .join();
  if (kinds === 'int,long') return { kind: 'integer', type: 'bigint', isNullable, next };
  if (kinds === 'double,float') return { kind: 'typed', type: 'double', isNullable, next };
  return leftOut('objects', next);
}

/** @returns the namespace within it */
function declare(
  schema: SchemaObject,
  names: Map<string, SchemaObject>,
  space: string | undefined,
): string | undefined {
  const { name = '', namespace = space } = schema;
  const full =
    name.includes('.') || namespace === undefined || namespace === '' ? name : `${namespace}.${name}`;
  names.set(full, schema);
  return full.includes('.') ? full.slice(0, full.lastIndexOf('.')) : undefined;
}

function nameOf(schema: Schema): string {
  if (typeof schema === 'string') return schema;
  if (isUnion(schema)) return 'union';
  return typeof schema?.type === 'string' ? schema.type : nameOf(schema?.type ?? 'null');
}

function isUnion(schema: Schema): schema is readonly Schema[] {
  return Array.isArray(schema);
}
