import { expect } from 'chai';
import { expired, type Keep } from '../../../src/model/snapshots/retention.js';

const nothing: Keep = { last: 1, daily: 0, weekly: 0, monthly: 0 };
const taken = (...moments: string[]) => moments.map((takenAt) => ({ takenAt }));
const gone = (moments: string[], keep: Keep): string[] =>
  expired(taken(...moments), keep)
    .map(({ takenAt }) => takenAt)
    .sort();

describe('which snapshots are kept no longer', () => {
  it('all but the newest ones, whatever their age', () => {
    const moments = ['2026-01-03T00:00:00Z', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'];
    expect(gone(moments, { ...nothing, last: 2 })).to.deep.equal(['2026-01-01T00:00:00Z']);
  });

  it('keeps the newest of a day, of as many days as have one', () => {
    const moments = [
      '2026-01-05T01:00:00Z',
      '2026-01-05T23:59:59Z',
      '2026-01-03T12:00:00Z',
      '2026-01-01T12:00:00Z',
    ];
    expect(gone(moments, { ...nothing, daily: 2 })).to.deep.equal([
      '2026-01-01T12:00:00Z',
      '2026-01-05T01:00:00Z',
    ]);
  });

  it('keeps the newest of a week, which begins on Monday', () => {
    // 2026-01-04 is a Sunday, 2026-01-05 a Monday.
    const moments = ['2026-01-04T12:00:00Z', '2026-01-05T12:00:00Z', '2026-01-06T12:00:00Z'];
    expect(gone(moments, { ...nothing, weekly: 2 })).to.deep.equal(['2026-01-05T12:00:00Z']);
  });

  it('keeps the newest of a month, over the turn of a year', () => {
    const moments = [
      '2025-11-30T12:00:00Z',
      '2025-12-01T12:00:00Z',
      '2025-12-31T12:00:00Z',
      '2026-01-01T00:00:00Z',
    ];
    expect(gone(moments, { ...nothing, monthly: 2 })).to.deep.equal([
      '2025-11-30T12:00:00Z',
      '2025-12-01T12:00:00Z',
    ]);
  });
});
