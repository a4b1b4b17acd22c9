import { expect } from 'chai';
import { csvRecords } from '../../../src/model/infer/csv-records.js';

const records = (text: string, columns: number, delimiter = ','): string[] =>
  [...csvRecords(text.split('\n'), delimiter, columns)].map(
    ({ line, fields }) =>
      `${line} ${fields ? fields.map((field) => JSON.stringify(field)).join(' ') : 'malformed'}`,
  );

describe('records of CSV', () => {
  it('are lines, and go on where a quote is open', () => {
    expect(records('a,b\r\n"c, ""d""",e\n\n"f\n,g",h', 2)).to.deep.equal([
      '1 "a" "b"',
      '2 "c, \\"d\\"" "e"',
      '4 "f\\n,g" "h"',
    ]);
  });

  it('take a quote within a field that does not begin with one for a letter', () => {
    expect(records('5" pipe,a\n"b"', 2)).to.deep.equal(['1 "5\\" pipe" "a"', '2 malformed']);
  });

  it('that are broken cost themselves alone', () => {
    expect(records('a,"b\nc,d\n"e"x,f\ng,h', 2)).to.deep.equal([
      '1 malformed',
      '2 "c" "d"',
      '3 malformed',
      '4 "g" "h"',
    ]);
  });

  it('have fields with nothing in them', () => {
    expect(records('\t\n \t', 2, '\t')).to.deep.equal(['1 "" ""', '2 " " ""']);
  });
});
