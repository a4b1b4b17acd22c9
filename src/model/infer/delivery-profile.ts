import { ColumnProfile, isPresent } from './column-profile.js';
import { csvRecords } from './csv-records.js';
import type { CsvLayout } from './csv-layout.js';
import { membersOf } from './json-members.js';
import type { SeenValue, TypedColumn } from './typed-column.js';
import { UniqueValues } from './unique-values.js';

/** What a delivered file holds, looked at value by value. */
export class DeliveryProfile {
  rows = 0;
  /** Records that cannot be told apart, and the line of the first. */
  malformed = 0;
  firstMalformed = 0;
  readonly columns = new Map<string, { readonly profile: ColumnProfile; readonly unique: UniqueValues }>();

  /** @param names the fields in their order where that is known before the rows */
  constructor(names: readonly string[]) {
    for (const name of names) this.column(name);
  }

  static ofCsv(lines: Iterable<string>, layout: CsvLayout): DeliveryProfile {
    const delivery = new DeliveryProfile(layout.names);
    for (const row of rowsOfCsv(lines, layout)) {
      if (!row.values) delivery.break(row.line);
      else {
        delivery.rows += 1;
        for (const [name, text] of row.values) delivery.take(name, text, row.line);
      }
    }
    return delivery;
  }

  /** Of a file whose schema says what its columns are. */
  static ofTyped(typed: readonly TypedColumn[]): DeliveryProfile {
    const delivery = new DeliveryProfile([]);
    for (const each of typed)
      delivery.columns.set(each.name, {
        profile: new ColumnProfile(each.name, each),
        unique: new UniqueValues(),
      });
    return delivery;
  }

  static ofJson(lines: Iterable<string>): DeliveryProfile {
    const delivery = new DeliveryProfile([]);
    let line = 0;
    for (const text of lines) {
      line += 1;
      if (text.trim() === '') continue;
      const members = membersOf(text);
      if (!members) delivery.break(line);
      else {
        delivery.rows += 1;
        for (const { name, text: value, kind } of members)
          if (value === null || kind === 'null') delivery.column(name);
          else delivery.take(name, value, line, kind);
      }
    }
    return delivery;
  }

  takeTyped(name: string, value: SeenValue, row: number): void {
    const { profile, unique } = this.column(name);
    profile.takeTyped(value, row);
    if (isPresent(value.text)) unique.take(value.text.trim());
  }

  take(
    name: string,
    text: string,
    line: number,
    kind?: 'text' | 'number' | 'cell' | 'boolean' | 'nested',
  ): void {
    const { profile, unique } = this.column(name);
    profile.take(text, line, kind);
    if (isPresent(text)) unique.take(text.trim());
  }

  /** A row that a run calls malformed. */
  break(line: number): void {
    if (this.malformed === 0) this.firstMalformed = line;
    this.malformed += 1;
  }

  private column(name: string): { readonly profile: ColumnProfile; readonly unique: UniqueValues } {
    const known = this.columns.get(name) ?? { profile: new ColumnProfile(name), unique: new UniqueValues() };
    this.columns.set(name, known);
    return known;
  }
}

/**
 * How many rows of a file have the same values in some columns as a row before, by lists of columns.
 *
 * @param parts the rows, some after others as they are read
 */
export async function repetitions(
  parts: AsyncIterable<Iterable<Row>>,
  keys: readonly (readonly string[])[],
  counts = false,
): Promise<number[]> {
  const found = keys.map(() => new UniqueValues(counts));
  for await (const rows of parts)
    for (const { values } of rows)
      if (values)
        keys.forEach((key, index) =>
          found[index]?.take(JSON.stringify(key.map((name) => values.get(name)?.trim() ?? ''))),
        );
  return found.map(({ repeated }) => repeated);
}

export interface Row {
  readonly line: number;
  /** Undefined where its fields cannot be told apart. */
  readonly values: ReadonlyMap<string, string> | undefined;
}

export function* rowsOfCsv(
  lines: Iterable<string>,
  { names, delimiter, firstRow }: CsvLayout,
): Generator<Row> {
  for (const { line, fields } of csvRecords(skipping(lines, firstRow - 1), delimiter, names.length, firstRow))
    yield { line, values: fields && new Map(names.map((name, index) => [name, fields[index] ?? ''])) };
}

export function* rowsOfJson(lines: Iterable<string>): Generator<Row> {
  let line = 0;
  for (const text of lines) {
    line += 1;
    const members = text.trim() === '' ? undefined : membersOf(text);
    if (members) yield { line, values: new Map(members.map(({ name, text: value }) => [name, value ?? ''])) };
  }
}

function* skipping(lines: Iterable<string>, count: number): Generator<string> {
  let passed = 0;
  for (const line of lines) {
    passed += 1;
    if (passed > count) yield line;
  }
}
