import { expect } from 'chai';
import { ColumnProfile } from '../../../src/model/infer/column-profile.js';
import type { Decisions } from '../../../src/model/infer/decisions.js';
import { inferColumn } from '../../../src/model/infer/inferred-column.js';

/** The type and how it is parsed, or what is asked. */
function found(values: readonly string[], decisions: Partial<Decisions> = {}): string {
  const profile = new ColumnProfile('c');
  values.forEach((value, index) => profile.take(value, index + 2));
  const finding = inferColumn(profile, { formats: {}, decimals: {}, ...decisions });
  if ('questions' in finding)
    return finding.questions.map(({ line, message, hint }) => `${line}? ${message} (${hint})`).join('\n');
  const { type, parse } = finding.inferred;
  return Object.keys(parse).length === 0 ? type : `${type} ${JSON.stringify(parse)}`;
}

describe('the type of a column', () => {
  it('is that of whole numbers, as far as one holds them', () => {
    expect(found(['1', '-20', '0'])).to.equal('bigint');
    expect(found(['9223372036854775807', '-9223372036854775808'])).to.equal('bigint');
    expect(found(['9223372036854775808'])).to.equal('decimal(38,0)');
    expect(found(['1'.repeat(39)])).to.equal('string');
  });

  it('is text where figures have a zero or a plus in front', () => {
    expect(found(['01067', '80331'])).to.equal('string');
    expect(found(['+49', '33'])).to.equal('string');
    expect(found(['0.5', '0'])).to.equal('decimal(18,1)');
  });

  it('is a decimal with the places that come', () => {
    expect(found(['1.5', '2.25', '300'])).to.equal('decimal(18,2)');
    expect(found(['1234567890123456.125'])).to.equal('decimal(38,3)');
    expect(found(['0.12345678'])).to.equal('decimal(38,8)');
  });

  it('says by what marks numbers come', () => {
    expect(found(['1.234,50', '7'])).to.equal('decimal(18,2) {"decimal":",","grouping":"."}');
    expect(found(['1,234.50', '7'])).to.equal('decimal(18,2) {"grouping":","}');
    expect(found(['99,9', '7,25'])).to.equal('decimal(18,2) {"decimal":","}');
    expect(found(["1'234", '5'])).to.equal('bigint {"grouping":"\'"}');
    expect(found(['1,234,567'])).to.equal('bigint {"grouping":","}');
    expect(found(['1.234.567'])).to.equal('decimal(18,0) {"decimal":",","grouping":"."}');
    expect(found(['1 234,5'])).to.equal('decimal(18,1) {"decimal":",","grouping":" "}');
  });

  it('is asked for where a mark may be of a group or of a fraction', () => {
    const asked =
      '3? "c": "1.234" is 1.234 where "." stands before a fraction, and 1234 where "," stands before a fraction' +
      " (--decimal 'c=.' or --decimal 'c=,')";
    expect(found(['7', '1.234', '5.678'])).to.equal(asked);
    expect(found(['7', '1.234', '5.678'], { decimals: { c: '.' } })).to.equal('decimal(18,3)');
    expect(found(['7', '1.234', '5.678'], { decimals: { '': ',' } })).to.equal(
      'decimal(18,0) {"decimal":",","grouping":"."}',
    );
    expect(found(['1,234'])).to.match(/^2\? "c": "1,234" is 1234 where "\.".*, and 1\.234 where ","/);
    // One value is enough to tell.
    expect(found(['1.234', '0.125'])).to.equal('decimal(18,3)');
    expect(found(['1.234', '1234.567'])).to.equal('decimal(18,3)');
    expect(found(['1.234', '5.67'])).to.equal('decimal(18,3)');
  });

  it('is floating point where programs write exponents, and not where codes look so', () => {
    expect(found(['1.5e-3', '2'])).to.equal('double');
    expect(found(['12E4', '13E5'])).to.equal('string');
    expect(found(['1.5e999'])).to.equal('string');
  });

  it('is boolean where both words of a pair come', () => {
    expect(found(['true', 'FALSE'])).to.equal('boolean');
    expect(found(['J', 'N', 'J'])).to.equal('boolean {"true":["J"],"false":["N"]}');
    expect(found(['J', 'J'])).to.equal('string');
    expect(found(['0', '1'])).to.equal('bigint');
  });

  it('is a date by the one order that all values fit', () => {
    expect(found(['2026-01-31'])).to.equal('date');
    expect(found(['2026-02-30'])).to.equal('string');
    expect(found(['31.01.2026'])).to.equal('date {"formats":["dd.MM.yyyy"]}');
    expect(found(['1.1.2026', '31.12.2026'])).to.equal('date {"formats":["d.M.yyyy"]}');
    expect(found(['05/06/2026', '31/01/2026'])).to.equal('date {"formats":["dd/MM/yyyy"]}');
    expect(found(['05/06/2026', '01/31/2026'])).to.equal('date {"formats":["MM/dd/yyyy"]}');
    expect(found(['31/01/2026', '01/31/2026'])).to.equal('string');
    expect(found(['5-Jan-2026', '12-Dec-2026'])).to.equal('date {"formats":["d-MMM-yyyy"]}');
    expect(found(['Jan 5, 2026'])).to.equal('date {"formats":["MMM d, yyyy"]}');
  });

  it('is asked for where days and months, centuries, or days and numbers can be confused', () => {
    expect(found(['05/05/2026', '05/06/2026'])).to.equal(
      '2? "c": "05/06/2026" is 5 June 2026 as dd/MM/yyyy, and 6 May 2026 as MM/dd/yyyy; all values fit both' +
        " (--format 'c=dd/MM/yyyy' or --format 'c=MM/dd/yyyy')",
    );
    const asUsual = { formats: { c: 'MM/dd/yyyy' } };
    expect(found(['05/06/2026'], asUsual)).to.equal('date {"formats":["MM/dd/yyyy"]}');
    expect(found(['31/01/2026'], asUsual)).to.match(/not spelled as MM\/dd\/yyyy/);
    expect(found(['31.12.85'])).to.match(/^2\? "c": "31.12.85" may be of 1985 or of 2085/);
    expect(found(['20260105', '20260106'])).to.match(
      /^2\? "c": "20260105" is a day of 2026, or the number 20260105/,
    );
    expect(found(['20260105'], { formats: { c: 'number' } })).to.equal('bigint');
    expect(found(['20260105'], { formats: { c: 'yyyyMMdd' } })).to.equal('date {"formats":["yyyyMMdd"]}');
    expect(found(['20260105', '20269999'])).to.equal('bigint');
    expect(found(['05/06/2026'], { formats: { c: 'text' } })).to.equal('string');
  });

  it('is a time, in the usual spelling or by its formats', () => {
    expect(found(['2026-01-05T10:00:00Z', '2026-01-05 10:00:00.5+01:00'])).to.equal('timestamp');
    expect(found(['2026-01-05T10:00:00+0100'])).to.equal(`timestamp {"formats":["yyyy-MM-dd'T'HH:mm:ssX"]}`);
    const berlin = { timezone: 'Europe/Berlin' };
    expect(found(['2026-01-05 10:00:00'], berlin)).to.equal('timestamp {"timezone":"Europe/Berlin"}');
    expect(found(['31.01.2026 9:05', '01.02.2026 10:00:30'], berlin)).to.equal(
      'timestamp {"formats":["dd.MM.yyyy H:mm[:ss]"],"timezone":"Europe/Berlin"}',
    );
    expect(found(['2026-01-05 00:00:00', '2026-01-06 00:00:00'])).to.equal(
      'date {"formats":["yyyy-MM-dd HH:mm:ss"]}',
    );
    expect(found(['2026-01-05 25:00:00'])).to.equal('string');
    // What is finer than microseconds would be lost.
    expect(found(['2026-01-05T10:00:00.1234567Z'])).to.equal('string');
  });

  it('of times without a zone is asked for, and whether clocks ever showed them', () => {
    expect(found(['2026-01-05 10:00:00'])).to.match(/has no zone.*--timezone/);
    expect(found(['2026-01-05 10:00:00'], { timezone: 'Europe/Berlyn' })).to.match(
      /did you mean Europe\/Berlin/,
    );
    // Clocks in Berlin go from 2 to 3 on 29 March 2026, and from 3 to 2 on 25 October.
    const berlin = { timezone: 'Europe/Berlin' };
    expect(found(['2026-03-29 02:30:00'], berlin)).to.match(/set forward over 2026-03-29 02:30/);
    expect(found(['2026-10-25 02:59:59'], berlin)).to.match(/showed 2026-10-25 02:45 twice.*--overlap/);
    expect(found(['2026-10-25 02:59:59'], { ...berlin, overlap: 'later' })).to.equal(
      'timestamp {"timezone":"Europe/Berlin","overlap":"later"}',
    );
    expect(found(['2026-10-25 03:00:00', '2026-10-25 01:59:59'], berlin)).to.match(/^timestamp/);
  });

  it('takes marks for nothing as such, among texts only where they mean nothing else', () => {
    expect(found(['\\N', 'NULL', '5'])).to.equal('bigint');
    expect(found(['NA', '-', '5'])).to.equal('bigint {"nulls":["NA","-"]}');
    expect(found(['NA', 'DE'])).to.equal('string');
    expect(found(['', ' \u00a0'])).to.equal('string');
  });
});
