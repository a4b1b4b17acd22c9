/**
 * What a cell of a workbook says, as `sheet_files.py` reads it: the digits that spreadsheets show of a number, days and times
 * by the format that they are shown in, and nothing of what was never calculated.
 */
export type SheetCell =
  | { readonly kind: 'text' | 'number' | 'boolean' | 'time' | 'error'; readonly text: string }
  /** A day, which has a time of 0:00 where it has none. */
  | {
      readonly kind: 'day';
      readonly text: string;
      readonly isMidnight: boolean;
      readonly isShownAsDay: boolean;
    }
  /** A formula whose value no program has calculated. */
  | { readonly kind: 'uncalculated'; readonly text: '' };

/** How a format shows numbers that are no numbers. */
export type Shown = 'day' | 'time' | 'day and time' | 'duration';

/** What a cell's element says. */
export interface StoredCell {
  /** Its attribute `t`. */
  readonly type: string;
  readonly value: string;
  readonly inline: string | undefined;
  readonly hasFormula: boolean;
  readonly shown: Shown | undefined;
}

export interface CellContext {
  readonly strings: readonly string[];
  /** Days from 1970 back to the day that is 0. */
  readonly epoch: 'of 1900' | 'of 1904';
}

/** A part of a workbook that says what none can mean. */
export class DamagedSheet extends Error {}

/** Formats that are in no workbook, for they have a number of their own. */
const builtIn = new Map<number, Shown>([
  ...[14, 15, 16, 17].map((id) => [id, 'day'] as const),
  ...[18, 19, 20, 21, 45, 47].map((id) => [id, 'time'] as const),
  [22, 'day and time'],
  [46, 'duration'],
]);

/** @param code the format's letters, where the workbook has them */
export function shownBy(id: number, code: string | undefined): Shown | undefined {
  if (code === undefined) return builtIn.get(id);
  const [first = ''] = code.split(';');
  const letters = first.replace(/".*?"|\[(?!hh?\]|mm?\]|ss?\])[^\]]*\]/g, '');
  if (!/(?<![_\\])[dmhys]/i.test(letters)) return undefined;
  if (/\[(?:hh?|mm?|ss?)\]/i.test(first)) return 'duration';
  const [hasDay, hasTime] = [/[dy]/.test(code), /[hs]/.test(code)];
  return hasDay ? (hasTime ? 'day and time' : 'day') : 'time';
}

/** @returns undefined where the cell is empty */
export function sheetCell(stored: StoredCell, context: CellContext): SheetCell | undefined {
  const { type, value, inline, hasFormula, shown } = stored;
  if (value === '') {
    if (hasFormula) return { kind: 'uncalculated', text: '' };
    if (type === 'e') return { kind: 'error', text: '' };
    return inline === undefined || inline === '' ? undefined : { kind: 'text', text: inline };
  }
  switch (type) {
    case 'n':
      return shown === undefined
        ? { kind: 'number', text: digitsOf(value) }
        : shownCell(numberOf(value), shown, context);
    case 's': {
      const text = context.strings[Number(value)];
      if (text === undefined) throw new DamagedSheet(`there is no text ${value} in it`);
      return text === '' ? undefined : { kind: 'text', text };
    }
    case 'b':
      return { kind: 'boolean', text: Number(value) === 0 ? 'false' : 'true' };
    case 'e':
      return { kind: 'error', text: value };
    case 'd':
      return isoCell(value, shown);
    default:
      return { kind: 'text', text: value };
  }
}

/** The text of a cell in a column that a contract has as days, as moments, or as anything else. */
export function cellText(cell: SheetCell, type: 'date' | 'timestamp' | ''): string {
  if (cell.kind !== 'day') return cell.text;
  const isDay = type === 'date' || (type === '' && cell.isShownAsDay);
  return cell.isMidnight && isDay ? cell.text.slice(0, 10) : cell.text;
}

function numberOf(value: string): number {
  const number = Number(value);
  if (Number.isNaN(number)) throw new DamagedSheet(`"${value.slice(0, 40)}" is no number`);
  return number;
}

/** Fifteen digits at the most, and a whole number without a fraction. */
function digitsOf(value: string): string {
  if (/^[+-]?\d+$/.test(value)) return BigInt(value.replace('+', '')).toString();
  const number = numberOf(value);
  if (!Number.isFinite(number)) throw new DamagedSheet(`"${value.slice(0, 40)}" is no number`);
  return Number.isInteger(number) ? BigInt(number).toString() : withoutExponent(number.toPrecision(15));
}

function withoutExponent(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(text) ?? [];
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  const padded = point <= 0 ? '0'.repeat(1 - point) + digits : digits.padEnd(point, '0');
  const at = Math.max(point, 1);
  const behind = padded.slice(at).replace(/0+$/, '');
  return `${sign}${padded.slice(0, at)}${behind === '' ? '' : `.${behind}`}`;
}

const day = 86_400_000;

function shownCell(value: number, shown: Shown, { epoch }: CellContext): SheetCell {
  if (shown === 'duration') return { kind: 'time', text: durationOf(value) };
  let days = Math.floor(value);
  const rest = Math.round((value - days) * day);
  if (days === 0 && rest < day) return { kind: 'time', text: clockOf(rest) };
  // Spreadsheets know a 29 February 1900, which never was.
  if (epoch === 'of 1900' && value > 0 && value < 60) days += 1;
  const begin = epoch === 'of 1900' ? Date.UTC(1899, 11, 30) : Date.UTC(1904, 0, 1);
  const at = new Date(begin + days * day + rest);
  const year = at.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) return { kind: 'error', text: '#VALUE!' };
  const milliseconds = at.getTime() - Math.floor(at.getTime() / day) * day;
  return {
    kind: 'day',
    text: `${at.toISOString().slice(0, 10)}T${clockOf(milliseconds)}`,
    isMidnight: milliseconds === 0,
    isShownAsDay: shown === 'day',
  };
}

/** Days as they are written in letters, which hardly any program does. */
function isoCell(value: string, shown: Shown | undefined): SheetCell {
  const [, date, time] = /^(\d{4}-\d{2}-\d{2})?T?(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)?Z?/.exec(value) ?? [];
  if (date === undefined) return { kind: 'time', text: time ?? value };
  if (time === undefined) return { kind: 'text', text: date };
  const text = `${date}T${time.length === 5 ? `${time}:00` : time}`;
  return { kind: 'day', text, isMidnight: /^[0:.]+$/.test(time), isShownAsDay: shown === 'day' };
}

function clockOf(milliseconds: number): string {
  const text = new Date(milliseconds).toISOString().slice(11, 23);
  return text.endsWith('.000') ? text.slice(0, 8) : `${text}000`;
}

function durationOf(days: number): string {
  const seconds = Math.floor(Math.round(days * day) / 1000);
  const two = (value: number): string => `${value}`.padStart(2, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
