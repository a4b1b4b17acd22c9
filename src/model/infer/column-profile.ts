import { nullMark } from './null-marks.js';
import { floating, numberOf, numberSpellings, type NumberSpelling } from './number-spelling.js';
import { personalDataIn, type PersonalData } from './personal-data.js';
import { TimeSpelling } from './time-spelling.js';
import type { SeenValue, TypedColumn } from './typed-column.js';

/** White space of any script, and what has no width, is a missing value as `conform.py` has it. */
const ink = /[^\p{Z}\p{Cc}\p{Cf}]/u;
const isCalculated = /\.\d{7}|^-?\d{20}/;
const plainInteger = /^-?(?:0|[1-9]\d*)$/;

export interface SeenNumbers {
  /** Figures before and behind the point at the most. */
  whole: number;
  fraction: number;
  grouped: boolean;
  /** A value that is spelled so. */
  text: string;
  line: number;
}

/** What the values of a column have in common; each is looked at once. */
export class ColumnProfile {
  present = 0;
  firstLine = 0;
  readonly sureNulls = new Map<string, number>();
  readonly likelyNulls = new Map<string, number>();
  readonly numbers = new Map<NumberSpelling, SeenNumbers>();
  /** Figures of numbers without any mark. */
  wholeFigures = 0;
  largest = 0n;
  smallest = 0n;
  /** Values that are numbers with a mark in them: point, comma or group. */
  marked = 0;
  isFloating = true;
  hasExponents = false;
  hasPoint = false;
  /** A number of JSON with a fraction: there a point is a point. */
  hasJsonFraction = false;
  /** A zero or a plus in front of figures, which a number would lose. */
  codes = 0;
  /** Numbers of cells with as many figures as a calculation leaves. */
  calculated = 0;
  nested = 0;
  /** Each spelling of few words, or undefined where there are many. */
  words: Map<string, number> | undefined = new Map();
  readonly times = new TimeSpelling();
  /** Values that no table of the lake holds, by why. */
  readonly unfit = new Map<string, number>();
  readonly personal = new Map<PersonalData, number>();
  private isNumber = true;

  /** @param typed what the file itself says of it, where it does */
  constructor(
    readonly name: string,
    readonly typed?: TypedColumn,
  ) {
    for (const spelling of numberSpellings)
      this.numbers.set(spelling, { whole: 0, fraction: 0, grouped: false, text: '', line: 0 });
  }

  take(raw: string, line: number, kind: 'text' | 'number' | 'cell' | 'boolean' | 'nested' = 'text'): void {
    if (!isPresent(raw)) return;
    const text = raw.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
    const mark = kind === 'text' ? nullMark(text) : undefined;
    if (mark === 'sure') {
      this.sureNulls.set(text, (this.sureNulls.get(text) ?? 0) + 1);
      return;
    }
    if (mark === 'likely') {
      this.likelyNulls.set(text, (this.likelyNulls.get(text) ?? 0) + 1);
      return;
    }
    if (this.present === 0) this.firstLine = line;
    this.present += 1;
    if (kind === 'nested') this.nested += 1;
    this.takeWord(text);
    if (kind === 'cell' && isCalculated.test(text)) this.calculated += 1;
    if (this.isNumber || this.isFloating) this.takeNumber(text, line, kind === 'number' || kind === 'cell');
    this.times.take(text);
    const personal = personalDataIn(text);
    if (personal) this.personal.set(personal, (this.personal.get(personal) ?? 0) + 1);
  }

  /** A value that came with a type of its own. */
  takeTyped({ text, unfit }: SeenValue, line: number): void {
    if (this.typed?.kind === 'text') this.take(text, line);
    else if (this.typed?.kind === 'integer') this.take(text, line, 'number');
    else {
      if (this.present === 0) this.firstLine = line;
      this.present += 1;
      if (unfit !== undefined) this.unfit.set(unfit, (this.unfit.get(unfit) ?? 0) + 1);
      else if (this.typed?.kind === 'local time') this.times.take(text);
    }
  }

  /** Whether each value is a number, by one spelling or another. */
  get isOfNumbers(): boolean {
    return this.isNumber && this.present > 0;
  }

  private takeWord(text: string): void {
    if (!this.words) return;
    if (text.length > 6) this.words = undefined;
    else {
      this.words.set(text, (this.words.get(text) ?? 0) + 1);
      if (this.words.size > 8) this.words = undefined;
    }
  }

  private takeNumber(text: string, line: number, isJson: boolean): void {
    if (/^(?:-?0|\+)\d+$/.test(text)) this.codes += 1;
    if (this.isFloating) {
      this.isFloating = floating.test(text) && Number.isFinite(Number(text));
      if (/[eE]/.test(text)) this.hasExponents = true;
      if (isJson || text.includes('.')) this.hasPoint = true;
    }
    if (!this.isNumber) return;
    if (plainInteger.test(text)) {
      this.wholeFigures = Math.max(this.wholeFigures, text.replace('-', '').length);
      const value = text.length < 19 ? 0n : BigInt(text);
      if (value > this.largest) this.largest = value;
      if (value < this.smallest) this.smallest = value;
      return;
    }
    this.marked += 1;
    if (isJson) this.hasJsonFraction = true;
    for (const [spelling, seen] of this.numbers) {
      const parts = numberOf(text, spelling);
      if (!parts) {
        this.numbers.delete(spelling);
        continue;
      }
      seen.whole = Math.max(seen.whole, parts.whole);
      seen.fraction = Math.max(seen.fraction, parts.fraction);
      seen.grouped ||= parts.grouped;
      if (seen.line === 0) Object.assign(seen, { text, line });
    }
    if (this.numbers.size === 0) this.isNumber = false;
  }
}

/** Whether there is something to see in a text. */
export function isPresent(text: string): boolean {
  return ink.test(text);
}
