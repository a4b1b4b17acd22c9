/**
 * Records of CSV as `jobs/common/csv_records.py` tells them apart: strictly, so that a broken one costs itself alone. Lines
 * are handed over one after another, without their ends.
 */
export interface CsvRecord {
  /** The line that it begins on, counted from 1. */
  readonly line: number;
  /** Undefined where they cannot be told apart. */
  readonly fields: readonly string[] | undefined;
}

const quote = '"';
/** Letters of a record of several lines; what goes on for longer has a quote that is not closed. */
const longest = 1 << 20;

/** @param columns how many fields a record has; undefined: any number, as of a header */
export function* csvRecords(
  lines: Iterable<string>,
  delimiter: string,
  columns: number | undefined,
  firstLine = 1,
): Generator<CsvRecord> {
  const ahead: { readonly text: string; readonly line: number }[] = [];
  const source = lines[Symbol.iterator]();
  let counted = firstLine - 1;
  const next = (): { readonly text: string; readonly line: number } | undefined => {
    const waiting = ahead.shift();
    if (waiting) return waiting;
    const found = source.next();
    if (found.done === true) return undefined;
    counted += 1;
    return { text: found.value, line: counted };
  };
  for (let first = next(); first !== undefined; first = next()) {
    const text = withoutReturn(first.text);
    const alone = fieldsOfLine(text, delimiter);
    if (alone) {
      if (hasLetters(text))
        yield {
          line: first.line,
          fields: columns === undefined || alone.length === columns ? alone : undefined,
        };
      continue;
    }
    const taken = [first];
    const record = new OpenRecord(delimiter);
    let state = record.take(first.text);
    while (state === 'open' && record.length <= longest) {
      const more = next();
      if (more === undefined) break;
      taken.push(more);
      state = record.take(more.text);
    }
    if (state === 'whole' && (columns === undefined || record.fields.length === columns)) {
      yield { line: first.line, fields: record.fields };
      continue;
    }
    ahead.unshift(...taken.slice(1));
    yield { line: first.line, fields: undefined };
  }
}

/** A line of blanks alone, or with nothing in it, is no record. */
function hasLetters(text: string): boolean {
  return /[^ \ufeff]/.test(text);
}

function withoutReturn(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}

/** The fields of a record of one line; a quote within a field that does not begin with one is a letter. */
function fieldsOfLine(text: string, delimiter: string): string[] | undefined {
  if (!text.includes(quote)) return text.split(delimiter);
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (text[at] === quote) {
      const end = closing(text, at + 1);
      if (end === -1) return undefined;
      fields.push(text.slice(at + 1, end).replaceAll('""', quote));
      at = end + 1;
      if (at === text.length) return fields;
      if (text[at] !== delimiter) return undefined;
      at += 1;
    } else {
      const end = text.indexOf(delimiter, at);
      fields.push(end === -1 ? text.slice(at) : text.slice(at, end));
      if (end === -1) return fields;
      at = end + 1;
    }
  }
}

/** Where a quote stands that is not doubled, or -1. */
function closing(text: string, from: number): number {
  for (let at = text.indexOf(quote, from); at !== -1; at = text.indexOf(quote, at + 2))
    if (text[at + 1] !== quote) return at;
  return -1;
}

/** A record of several lines, in which a quote stands around fields alone. */
class OpenRecord {
  readonly fields: string[] = [];
  length = 0;
  private within: string[] | undefined;

  constructor(private readonly delimiter: string) {}

  take(line: string): 'open' | 'whole' | 'broken' {
    this.length += line.length;
    let at = 0;
    for (;;) {
      if (this.within) {
        const end = closing(line, at);
        if (end === -1) {
          this.within.push(line.slice(at));
          return 'open';
        }
        this.fields.push([...this.within, line.slice(at, end)].join('\n').replaceAll('""', quote));
        this.within = undefined;
        const rest = withoutReturn(line.slice(end + 1));
        if (rest === '') return 'whole';
        if (!rest.startsWith(this.delimiter)) return 'broken';
        at = end + 2;
      } else if (line[at] === quote) {
        this.within = [];
        at += 1;
      } else {
        const end = line.indexOf(this.delimiter, at);
        const field = end === -1 ? withoutReturn(line.slice(at)) : line.slice(at, end);
        if (field.includes(quote)) return 'broken';
        this.fields.push(field);
        if (end === -1) return 'whole';
        at = end + 1;
      }
    }
  }
}
