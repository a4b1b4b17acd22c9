import { expect } from 'chai';
import { cellText, sheetCell, shownBy, type Shown } from '../../../src/model/infer/sheet-cell.js';

function text(value: string, shown?: Shown, epoch: 'of 1900' | 'of 1904' = 'of 1900'): string | undefined {
  const stored = { type: 'n', value, inline: undefined, hasFormula: false, shown };
  return sheetCell(stored, { strings: [], epoch })?.text;
}

/** What is expected is what openpyxl 3.1.5 says of the same. */
describe('cells of a workbook', () => {
  it('are shown as their format says', () => {
    const expected: readonly (readonly [string, Shown | undefined])[] = [
      ['General', undefined],
      ['#,##0.00 [$EUR]', undefined],
      ['"day" 0', undefined],
      ['0\\d', undefined],
      ['dd.mm.yyyy', 'day'],
      ['yyyy\\-mm\\-dd;@', 'day'],
      ['[$-407]dd.mm.yyyy hh:mm', 'day and time'],
      ['[$-F400]h:mm:ss AM/PM', 'time'],
      ['[h]:mm', 'duration'],
    ];
    expect(expected.map(([code]) => [code, shownBy(200, code)])).to.deep.equal(expected);
    expect([0, 14, 20, 22, 46, 49].map((id) => shownBy(id, undefined))).to.deep.equal([
      undefined,
      'day',
      'time',
      'day and time',
      'duration',
      undefined,
    ]);
  });

  it('have fifteen digits of a number', () => {
    for (const [value, digits] of [
      ['007', '7'],
      ['1.0', '1'],
      ['59.970000000000006', '59.97'],
      ['1E-7', '0.0000001'],
      ['-1.5e-10', '-0.00000000015'],
      ['1e21', '1000000000000000000000'],
      ['123456789012345678', '123456789012345678'],
      ['123456789.123456789', '123456789.123457'],
    ] as const)
      expect(text(value), value).to.equal(digits);
  });

  it('are days, times and durations', () => {
    for (const [value, shown, expected] of [
      ['46027', 'day', '2026-01-05T00:00:00'],
      ['46027.520833', 'day and time', '2026-01-05T12:29:59.971000'],
      ['46027.999999999', 'day and time', '2026-01-06T00:00:00'],
      ['1', 'day', '1900-01-01T00:00:00'],
      ['59', 'day', '1900-02-28T00:00:00'],
      ['61', 'day', '1900-03-01T00:00:00'],
      ['0.25', 'time', '06:00:00'],
      ['1.25', 'duration', '30:00:00'],
      ['2958466', 'day', '#VALUE!'],
    ] as const)
      expect(text(value, shown), value).to.equal(expected);
    expect(text('0.5', 'day', 'of 1904')).to.equal('12:00:00');
    expect(text('44565', 'day', 'of 1904')).to.equal('2026-01-05T00:00:00');
  });

  it('of days go by the type of their column, and by their format where it has none', () => {
    const context = { strings: [], epoch: 'of 1900' } as const;
    const cell = sheetCell(
      { type: 'n', value: '46027', inline: undefined, hasFormula: false, shown: 'day' },
      context,
    );
    if (!cell) throw new Error('a cell was expected');
    expect((['', 'date', 'timestamp'] as const).map((type) => cellText(cell, type))).to.deep.equal([
      '2026-01-05',
      '2026-01-05',
      '2026-01-05T00:00:00',
    ]);
  });

  it('say nothing where a formula was never calculated', () => {
    const context = { strings: ['', 'x'], epoch: 'of 1900' } as const;
    const of = (type: string, value: string, hasFormula = false): string | undefined =>
      sheetCell({ type, value, inline: undefined, hasFormula, shown: undefined }, context)?.kind;
    expect([of('n', '', true), of('str', '', true), of('n', ''), of('s', '0'), of('s', '1')]).to.deep.equal([
      'uncalculated',
      'uncalculated',
      undefined,
      undefined,
      'text',
    ]);
    expect([of('e', '#N/A'), of('b', '1'), of('str', 'x', true)]).to.deep.equal(['error', 'boolean', 'text']);
    expect(() => of('s', '2')).to.throw('there is no text 2 in it');
    expect(() => of('n', 'x')).to.throw('"x" is no number');
  });
});
