/**
 * What the schema within a file says of a column, as `typed_files.py` and `conform.py` read it:
 *
 * - `text`: spelled as the source likes, and read as a text of CSV is
 * - `integer`: of at most 64 bits
 * - `local time`: a day with a time, of no zone
 * - `typed`: a value of just that type, and of no other
 * - `left out`: objects, lists and bytes. What a contract does not know is in `_unmapped`.
 */
export interface TypedColumn {
  readonly name: string;
  readonly kind: 'text' | 'integer' | 'local time' | 'typed' | 'left out';
  /** As Spark SQL spells it; in words of what is left out. */
  readonly type: string;
  readonly isNullable: boolean;
}

/** A value as the text that tells it from others; `unfit` is why no table holds it, where none does. */
export interface SeenValue {
  readonly text: string;
  readonly unfit?: string;
}

/** A file has a column of a type that no run reads. */
export class TypeNotRead extends Error {
  constructor(
    readonly column: string,
    readonly said: string,
  ) {
    super(`its column "${column}" has ${said}, which no run reads`);
  }
}

const beyond = 'of a year that is none of 1 to 9999';
const microsecondsOfDay = 86_400_000_000n;

export function dayValue(days: number): SeenValue {
  const date = new Date(days * 86_400_000);
  return isOfFourFigures(date)
    ? { text: date.toISOString().slice(0, 10) }
    : { text: `${days}`, unfit: beyond };
}

/** @param microseconds since 1970, of UTC or of a clock without a zone */
export function momentValue(microseconds: bigint): SeenValue {
  const days = floored(microseconds, microsecondsOfDay);
  const rest = microseconds - days * microsecondsOfDay;
  const milliseconds = Number(days) * 86_400_000 + Number(rest / 1000n);
  const date = new Date(milliseconds);
  if (!isOfFourFigures(date)) return { text: `${microseconds}`, unfit: beyond };
  return { text: `${date.toISOString().slice(0, -1)}${`${rest % 1000n}`.padStart(3, '0')}` };
}

export function nanosecondsValue(nanoseconds: bigint): SeenValue {
  if (nanoseconds % 1000n === 0n) return momentValue(nanoseconds / 1000n);
  return { text: `${nanoseconds}`, unfit: 'between two microseconds' };
}

/** INT96, of which a run cuts what is finer than a microsecond. */
export function cutNanosecondsValue(nanoseconds: bigint): SeenValue {
  return momentValue(floored(nanoseconds, 1000n));
}

export function floatingValue(value: number): SeenValue {
  return Number.isFinite(value)
    ? { text: `${value}` }
    : { text: `${value}`, unfit: 'no number, or infinite' };
}

/** The digits of a decimal, as far as they tell it from others of its column. */
export function decimalValue(unscaled: bigint | number): SeenValue {
  return { text: `${unscaled}` };
}

/** A number of two's complement, the first byte the highest. */
export function bigEndian(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  const digits = Buffer.from(bytes).toString('hex');
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${digits}`));
}

function isOfFourFigures(date: Date): boolean {
  const year = date.getUTCFullYear();
  return year >= 1 && year <= 9999;
}

function floored(value: bigint, by: bigint): bigint {
  const cut = value / by;
  return value % by < 0n ? cut - 1n : cut;
}
