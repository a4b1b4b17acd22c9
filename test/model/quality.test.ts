import { expect } from 'chai';
import { validateProject } from '../../src/model/read-platform.js';
import { edited, lineOf, projectWith } from './project.js';

const file = 'config/shared/dq_thresholds.yaml';
const events = 'expect: freshness, column: occurred_at, severity: error';

/** Every problem with an expectation of the events, by code, column and message, with `one` in place of a sound one. */
function problemsWith(one: string): string[] {
  const text = edited(file, events, one);
  return validateProject(projectWith({ [file]: text })).problems.map((problem) => {
    expect(problem.location).to.include({ file, line: lineOf(file, events) });
    const hint = problem.hint === undefined ? '' : ` (${problem.hint})`;
    return `${problem.location.column} ${problem.code} ${problem.message}${hint}`;
  });
}

describe('expectations of data quality', () => {
  for (const sound of [
    'expect: nulls, column: total, atMost: 0.5, severity: warn',
    'expect: unique, columns: [ingest_date, shop_id], severity: error',
    'expect: range, column: total, minimum: 0, severity: error',
    'expect: range, column: ingest_date, minimum: "1999-01-04", maximum: "2099-12-31", severity: warn',
    'expect: values, column: event_type, severity: error',
    'expect: values, column: shop_id, values: [SHP-001, SHP-002], atMost: 0.1, severity: warn',
    'expect: reference, columns: [shop_id], to: shops_bronze, toColumns: [shop_id], severity: warn',
    'expect: freshness, column: ingest_date, within: 5d, severity: warn',
    'expect: volume, below: 0.9, above: 1.1, days: 30, minimumDays: 5, severity: error',
    'expect: drift, column: total, edges: [0.5, 1, 2.5], above: 0.25, severity: warn',
    'expect: drift, column: shop_id, above: 0.25, severity: warn',
  ]) {
    it(`can say "${sound}"`, () => {
      expect(problemsWith(sound)).to.deep.equal([]);
    });
  }

  const wrong: Record<string, string[]> = {
    'expect: nulls, column: totall, severity: warn': [
      '34 DP2006 no column "totall" in order_events_bronze (did you mean total?)',
    ],
    'expect: unique, columns: [ingest_date, shop], severity: warn': [
      '50 DP2006 no column "shop" in order_events_bronze (did you mean shop_id?)',
    ],
    'expect: unique, columns: [_unmapped], severity: warn': [
      '37 DP2005 "_unmapped" is of type map<string,string>, whose values are not compared',
    ],
    'expect: range, column: total, minimum: 2, maximum: 1, severity: warn': [
      '9 DP2005 "datasets.order_events_bronze.expectations[0]" is a map (the minimum is more than the maximum)',
    ],
    'expect: range, column: total, severity: warn': [
      '9 DP2005 "datasets.order_events_bronze.expectations[0]" is a map (a range has a minimum, a maximum or both)',
    ],
    'expect: range, column: total, minimum: "0", severity: warn': [
      '50 DP2005 "total" is of type decimal(18,2), and minimum is "0" (expected a number)',
    ],
    'expect: range, column: ingest_date, maximum: 2026, severity: warn': [
      '56 DP2005 "ingest_date" is of type date, and maximum is 2026 (expected "2026-01-05" or "2026-01-05T00:00:00Z")',
    ],
    'expect: range, column: ingest_date, maximum: "2026-13-01", severity: warn': [
      '56 DP2005 "ingest_date" is of type date, and maximum is "2026-13-01" (expected "2026-01-05" or "2026-01-05T00:00:00Z")',
    ],
    'expect: range, column: shop_id, minimum: 0, severity: warn': [
      '34 DP2005 "shop_id" is of type string (a range is of numbers, dates or times)',
    ],
    'expect: values, column: shop_id, severity: warn': [
      '35 DP2005 the contract has no enum for "shop_id" (list the values: values: [a, b])',
    ],
    'expect: values, column: shop_id, values: [SHP-001, 7], severity: warn': [
      '62 DP2005 "shop_id" is of type string, and a value is 7',
    ],
    'expect: reference, columns: [shop_id], to: shop_bronze, severity: warn': [
      '54 DP2006 no dataset "shop_bronze" (did you mean shops_bronze?)',
    ],
    'expect: reference, columns: [shop_id], to: shops_bronze, toColumns: [shp_id], severity: warn': [
      '80 DP2006 no column "shp_id" in shops_bronze (did you mean shop_id?)',
    ],
    'expect: reference, columns: [ingest_date, total], to: shops_bronze, severity: warn': [
      '39 DP2005 2 of order_events_bronze and 1 of shops_bronze (shop_id) (name as many columns of both)',
    ],
    'expect: reference, columns: [ingest_date], to: shops_bronze, severity: warn': [
      '40 DP2005 "ingest_date" is of type date, and "shop_id" of shops_bronze of string',
    ],
    'expect: freshness, severity: warn': [
      '9 DP2003 order_events_bronze has no watermark in its contract (name a column: column: …)',
    ],
    'expect: freshness, column: total, severity: warn': [
      '38 DP2005 "total" is of type decimal(18,2), which tells no time',
    ],
    'expect: freshness, column: ingest_date, within: soon, severity: warn': [
      '59 DP2005 "datasets.order_events_bronze.expectations[0].within" is "soon" (a duration such as 45s, 60m, 26h or 7d)',
    ],
    'expect: volume, minimumDays: 9, severity: warn': [
      '40 DP2005 9 days are to be known, and 7 are looked back at',
    ],
    'expect: volume, below: 1.5, severity: warn': [
      '34 DP2005 "datasets.order_events_bronze.expectations[0].below" is 1.5 (Too big: expected number to be <=1)',
    ],
    'expect: drift, column: total, above: 0.25, severity: warn': [
      '9 DP2003 "total" is of type decimal(18,2), and the bins have no edges (edges: [0, 100, 1000])',
    ],
    'expect: drift, column: total, edges: [1, 1], above: 0.25, severity: warn': [
      '52 DP2005 the edge 1 is not more than the one before',
    ],
    'expect: drift, column: ingest_date, above: 0.25, severity: warn': [
      '34 DP2005 "ingest_date" is of type date, and drifts every day',
    ],
    'expect: drift, column: shop_id, edges: [1], above: 0.25, severity: warn': [
      '50 DP2005 "shop_id" is of type string (edges are of numbers; leave them out)',
    ],
    'expect: nulls, column: total, severity: fatal': [
      '51 DP2005 "datasets.order_events_bronze.expectations[0].severity" is "fatal" (expected warn or error)',
    ],
    'expect: nulls, column: total, atMost: 1, severity: warn': [
      '49 DP2005 "datasets.order_events_bronze.expectations[0].atMost" is 1 (Too big: expected number to be <1)',
    ],
    'expect: freshnes, column: ingest_date, severity: warn': [
      '19 DP2005 "datasets.order_events_bronze.expectations[0].expect" is "freshnes" (expected one of nulls, unique, range, values, reference, freshness, volume, drift)',
    ],
    'expect: nulls, colum: total, severity: warn': [
      '9 DP2003 "datasets.order_events_bronze.expectations[0].column" is missing (expected a text)',
      '26 DP2004 unknown key "datasets.order_events_bronze.expectations[0].colum" (did you mean "column"?)',
    ],
  };
  for (const [one, told] of Object.entries(wrong)) {
    it(`cannot say "${one}"`, () => {
      expect(problemsWith(one)).to.deep.equal(told);
    });
  }

  it('are said once', () => {
    const twice = `${events} }\n      - { ${events}`;
    const [problem, ...more] = validateProject(projectWith({ [file]: edited(file, events, twice) })).problems;
    expect(more).to.deep.equal([]);
    expect(problem).to.deep.include({
      code: 'DP2009',
      location: { file, line: lineOf(file, events) + 1, column: 9 },
      message: '"freshness:occurred_at" is expected of order_events_bronze already',
    });
  });
});
