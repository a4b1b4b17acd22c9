import type { PairState } from '../../../src/model/backfill/book.js';
import type { ReportedBackfill } from '../../../src/model/report/backfill-calendar.js';

/** A backfill of some pairs, one attempt each. */
export function aBackfill(
  id: string,
  pairs: readonly (readonly [job: string, date: string, state: PairState])[],
): ReportedBackfill {
  const of = (state: PairState): number => pairs.filter((pair) => pair[2] === state).length;
  const dates = pairs.map(([, date]) => date).sort();
  return {
    ...{ backfill: id, what: 'bronze', from: dates[0] ?? '', to: dates.at(-1) ?? '', state: 'done' },
    counts: {
      ...{ waiting: of('waiting'), ready: of('ready'), active: of('active'), succeeded: of('succeeded') },
      ...{ failed: of('failed'), blocked: of('blocked'), stopped: of('stopped'), cancelled: of('cancelled') },
    },
    startedAt: '2026-01-06T07:00:00.000Z',
    pairs: pairs.map(([job, date, state]) => ({
      ...{ job, date, state, attempts: 1 },
      ...(state === 'blocked' && { why: 'waits for shops' }),
    })),
  };
}
