import { expect } from 'chai';
import { cronProblem } from '../../src/model/cron.js';

describe('a line of cron', () => {
  for (const line of [
    '30 3 * * *',
    '*/15 * * * *',
    '0 0,12 1-15/2 JAN-mar sun',
    '59 23 31 12 7',
    '0 4 * * MON-FRI',
    '5-10,20 * * * 0,3',
  ]) {
    it(`may be "${line}"`, () => {
      expect(cronProblem(line)).to.equal(undefined);
    });
  }

  for (const [line, says] of [
    ['', /^five fields/],
    ['@daily', /^five fields/],
    ['0 3 * *', /^five fields/],
    ['0 3 * * * *', /^five fields/],
    ['0  3 * * *', /^five fields/],
    ['60 3 * * *', /^a minute from 0 to 59.* not "60"$/],
    ['0 24 * * *', /^an hour from 0 to 23/],
    ['0 3 0 * *', /^a day from 1 to 31/],
    ['0 3 * 13 *', /^a month from 1 to 12 \(or jan to dec\)/],
    ['0 3 * * 8', /^a weekday from 0 to 7/],
    ['0 3 * * FRI-MON', /"FRI-MON"$/],
    ['0 3 * * L', /"L"$/],
    ['0 */0 * * *', /"\*\/0"$/],
    ['0 3/2 * * *', /"3\/2"$/],
    ['0 *-5 * * *', /"\*-5"$/],
    ['0 1,,2 * * *', /"1,,2"$/],
  ] as const) {
    it(`is not "${line}"`, () => {
      expect(cronProblem(line)).to.match(says);
    });
  }
});
