import { suggestion } from './check.js';
import type { Column, Dataset } from './dataset.js';
import type { Path, SourceDocument } from './document.js';
import type { Problem } from './errors.js';
import { expectationId, type Expectation, type Quality } from './quality.js';

/** `ids` names the datasets whose contract is wrong too: theirs are not held against it, for it has its own problems. */
export function qualityProblems(
  document: SourceDocument,
  quality: Quality,
  datasets: readonly Dataset[],
  ids: readonly string[],
): Problem[] {
  return Object.entries(quality.datasets).flatMap(([id, limits]) => {
    if (!ids.includes(id)) {
      return [
        {
          code: 'DP2006',
          location: document.locateKey(['datasets'], id),
          message: `no dataset "${id}"`,
          hint: suggestion(id, ids),
        } as const,
      ];
    }
    const dataset = datasets.find((one) => one.id === id);
    if (!dataset) return [];
    const said = new Set<string>();
    return limits.expectations.flatMap((expectation, index): Problem[] => {
      const path = ['datasets', id, 'expectations', index];
      const name = expectationId(expectation);
      const twice: Problem[] = said.has(name)
        ? [
            {
              code: 'DP2009',
              location: document.locateValue(path),
              message: `"${name}" is expected of ${id} already`,
            },
          ]
        : [];
      said.add(name);
      return [...twice, ...new Meaning(document, path, dataset, datasets, ids).problemsOf(expectation)];
    });
  });
}

const numeric = /^(tinyint|smallint|int|bigint|float|double|decimal\(.*\))$/;
const temporal = /^(date|timestamp)$/;
const nested = /^(array|map|struct)</;
const instant = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** One expectation against the contract of its dataset. */
class Meaning {
  private readonly problems: Problem[] = [];

  constructor(
    private readonly document: SourceDocument,
    private readonly path: Path,
    private readonly dataset: Dataset,
    private readonly datasets: readonly Dataset[],
    private readonly ids: readonly string[],
  ) {}

  problemsOf(one: Expectation): readonly Problem[] {
    switch (one.expect) {
      case 'nulls':
        this.column(one.column, ['column']);
        break;
      case 'unique':
        one.columns.forEach((name, index) => this.plain(name, ['columns', index]));
        break;
      case 'range':
        this.range(one);
        break;
      case 'values':
        this.values(one);
        break;
      case 'reference':
        this.reference(one);
        break;
      case 'freshness':
        this.freshness(one);
        break;
      case 'drift':
        this.drift(one);
        break;
      case 'volume':
        this.lookback(one);
    }
    return this.problems;
  }

  private range({ column: name, minimum, maximum }: Extract<Expectation, { expect: 'range' }>): void {
    const column = this.column(name, ['column']);
    if (!column) return;
    if (!numeric.test(column.type) && !temporal.test(column.type)) {
      this.wrong(['column'], `"${name}" is of type ${column.type}`, 'a range is of numbers, dates or times');
      return;
    }
    for (const [key, value] of Object.entries({ minimum, maximum })) {
      if (value === undefined) continue;
      const fits = numeric.test(column.type)
        ? typeof value === 'number'
        : typeof value === 'string' && instant.test(value) && !Number.isNaN(Date.parse(value));
      if (!fits) {
        this.wrong(
          [key],
          `"${name}" is of type ${column.type}, and ${key} is ${JSON.stringify(value)}`,
          numeric.test(column.type) ? 'expected a number' : 'expected "2026-01-05" or "2026-01-05T00:00:00Z"',
        );
      }
    }
  }

  private values({ column: name, values }: Extract<Expectation, { expect: 'values' }>): void {
    const column = this.plain(name, ['column']);
    if (column && values === 'contract' && column.values === undefined) {
      this.wrong(['column'], `the contract has no enum for "${name}"`, 'list the values: values: [a, b]');
    }
    if (!column || values === 'contract') return;
    const wanted = numeric.test(column.type) ? 'number' : column.type === 'boolean' ? 'boolean' : 'string';
    values.forEach((value, index) => {
      if (typeof value !== wanted)
        this.wrong(
          ['values', index],
          `"${name}" is of type ${column.type}, and a value is ${JSON.stringify(value)}`,
        );
    });
  }

  private reference({ columns, to, toColumns }: Extract<Expectation, { expect: 'reference' }>): void {
    const own = columns.map((name, index) => this.plain(name, ['columns', index]));
    if (!this.ids.includes(to)) {
      this.unknown(['to'], `no dataset "${to}"`, to, this.ids);
      return;
    }
    const target = this.datasets.find(({ id }) => id === to);
    if (!target) return;
    if (target.layer !== this.dataset.layer) {
      this.wrong(
        ['to'],
        `${to} is in ${target.layer}, and ${this.dataset.id} in ${this.dataset.layer}`,
        'a layer is checked by itself',
      );
    }
    const names = toColumns ?? target.primaryKey;
    const there = names.map((name, index) => {
      const column = target.columns.find((one) => one.name === name);
      if (!column) {
        const known = target.columns.map((one) => one.name);
        this.unknown(['toColumns', index], `no column "${name}" in ${to}`, name, known);
      }
      return column;
    });
    if (names.length !== columns.length) {
      this.wrong(
        [toColumns ? 'toColumns' : 'columns'],
        `${columns.length} of ${this.dataset.id} and ${names.length} of ${to} (${names.join(', ')})`,
        'name as many columns of both',
      );
      return;
    }
    own.forEach((column, index) => {
      const other = there[index];
      if (column && other && column.type !== other.type) {
        this.wrong(
          ['columns', index],
          `"${column.name}" is of type ${column.type}, and "${other.name}" of ${to} of ${other.type}`,
        );
      }
    });
  }

  private freshness({ column, within }: Extract<Expectation, { expect: 'freshness' }>): void {
    const name = column ?? this.dataset.watermark;
    if (name === undefined) {
      this.missing(`${this.dataset.id} has no watermark in its contract`, 'name a column: column: …');
    } else {
      const found = this.column(name, column === undefined ? [] : ['column']);
      if (found && !temporal.test(found.type))
        this.wrong(
          column === undefined ? [] : ['column'],
          `"${name}" is of type ${found.type}, which tells no time`,
        );
    }
    if (within === undefined && this.dataset.freshness === undefined)
      this.missing(`${this.dataset.id} has no freshness in its contract`, 'say within: 26h, for example');
  }

  private drift(one: Extract<Expectation, { expect: 'drift' }>): void {
    const column = this.plain(one.column, ['column']);
    this.lookback(one);
    if (!column) return;
    if (numeric.test(column.type)) {
      if (one.edges === undefined)
        this.missing(
          `"${one.column}" is of type ${column.type}, and the bins have no edges`,
          'edges: [0, 100, 1000]',
        );
      one.edges?.forEach((edge, index) => {
        if (index > 0 && edge <= (one.edges?.[index - 1] ?? edge - 1))
          this.wrong(['edges', index], `the edge ${edge} is not more than the one before`);
      });
    } else if (one.edges !== undefined) {
      this.wrong(
        ['edges'],
        `"${one.column}" is of type ${column.type}`,
        'edges are of numbers; leave them out',
      );
    } else if (temporal.test(column.type)) {
      this.wrong(['column'], `"${one.column}" is of type ${column.type}, and drifts every day`);
    }
  }

  private lookback({ days, minimumDays }: { readonly days: number; readonly minimumDays: number }): void {
    if (minimumDays > days)
      this.wrong(['minimumDays'], `${minimumDays} days are to be known, and ${days} are looked back at`);
  }

  /** A column whose values can be compared. */
  private plain(name: string, path: Path): Column | undefined {
    const column = this.column(name, path);
    if (column && nested.test(column.type)) {
      this.wrong(path, `"${name}" is of type ${column.type}, whose values are not compared`);
      return undefined;
    }
    return column;
  }

  private column(name: string, path: Path): Column | undefined {
    const column = this.dataset.columns.find((one) => one.name === name);
    if (!column) {
      const known = this.dataset.columns.map((one) => one.name);
      this.unknown(path, `no column "${name}" in ${this.dataset.id}`, name, known);
    }
    return column;
  }

  private unknown(path: Path, message: string, name: string, known: readonly string[]): void {
    this.add('DP2006', path, message, suggestion(name, known));
  }

  private wrong(path: Path, message: string, hint?: string): void {
    this.add('DP2005', path, message, hint);
  }

  private missing(message: string, hint: string): void {
    this.add('DP2003', [], message, hint);
  }

  private add(code: Problem['code'], path: Path, message: string, hint?: string): void {
    this.problems.push({
      code,
      location: this.document.locateValue([...this.path, ...path]),
      message,
      ...(hint !== undefined && { hint }),
    });
  }
}
