import { expect } from 'chai';
import {
  bigEndian,
  cutNanosecondsValue,
  dayValue,
  floatingValue,
  momentValue,
  nanosecondsValue,
} from '../../../src/model/infer/typed-column.js';

describe('values that come with types', () => {
  it('are days of the years 1 to 9999', () => {
    // date.toordinal() of Python says so.
    expect([-719_162, -1, 0, 2_932_896].map((days) => dayValue(days).text)).to.deep.equal([
      '0001-01-01',
      '1969-12-31',
      '1970-01-01',
      '9999-12-31',
    ]);
    for (const days of [-719_163, 2_932_897, 2 ** 31 - 1, -(2 ** 31)])
      expect(dayValue(days).unfit, `${days}`).to.match(/a year that is none/);
  });

  it('are moments to the microsecond', () => {
    expect(momentValue(1_767_614_400_000_250n)).to.deep.equal({ text: '2026-01-05T12:00:00.000250' });
    expect(momentValue(-1n)).to.deep.equal({ text: '1969-12-31T23:59:59.999999' });
    expect(momentValue(-62_135_596_800_000_000n).text).to.equal('0001-01-01T00:00:00.000000');
    for (const far of [-62_135_596_800_000_001n, 253_402_300_800_000_000n, 2n ** 63n - 1n, -(2n ** 63n)])
      expect(momentValue(far).unfit, `${far}`).to.match(/a year that is none/);
    expect(nanosecondsValue(-1000n)).to.deep.equal({ text: '1969-12-31T23:59:59.999999' });
    expect(nanosecondsValue(1001n).unfit).to.equal('between two microseconds');
    expect(cutNanosecondsValue(-1n)).to.deep.equal({ text: '1969-12-31T23:59:59.999999' });
  });

  it('are numbers with all their digits', () => {
    expect(bigEndian(Uint8Array.of(0xff, 0x85))).to.equal(-123n);
    expect(bigEndian(Uint8Array.of(0x00, 0x85))).to.equal(133n);
    expect(bigEndian(new Uint8Array())).to.equal(0n);
    expect(floatingValue(0.5)).to.deep.equal({ text: '0.5' });
    expect([NaN, Infinity, -Infinity].filter((value) => floatingValue(value).unfit === undefined)).to.be
      .empty;
  });
});
