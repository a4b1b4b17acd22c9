import { Book } from '../../model/backfill/book.js';
import type { LedgerLine, LedgerPlan } from './ledger-lines.js';

/** The first so many of a job that all fail stop the job: it is the job that is broken, not a date. */
export const stopAfter = 3;

/** The book of a plan as a ledger's lines leave it. Runs that were submitted and whose end nobody saw are active. */
export function bookOf(plan: LedgerPlan, lines: Iterable<LedgerLine>): Book {
  const book = new Book({
    jobs: plan.jobs,
    dates: plan.dates,
    pairs: plan.pairs.map(([job, date]) => ({ job: plan.jobs[job]?.id ?? '', date })),
    stopAfter,
  });
  /** The last attempt whose end is known, by pair: an end that stands twice in a journal counts once. */
  const ended = new Map<number, number>();
  for (const line of lines) {
    if ('mark' in line) {
      if (line.mark === 'failed again') book.reopen();
      continue;
    }
    const pair = book.find(line);
    // A run that has ended well does not end a second time.
    if (!pair || pair.state === 'succeeded' || line.attempt <= (ended.get(pair.place) ?? 0)) continue;
    if (line.state !== 'submitted') ended.set(pair.place, line.attempt);
    pair.attempts = line.attempt;
    if (line.runId !== undefined) pair.runId = line.runId;
    switch (line.state) {
      case 'submitted':
        book.activate(pair);
        break;
      case 'succeeded':
        book.activate(pair);
        book.succeeded(pair);
        break;
      case 'cancelled':
        book.cancelled(pair);
        break;
      case 'failed':
        book.activate(pair);
        if (line.counts !== false) pair.failures += 1;
        if (pair.failures > plan.retries) book.failed(pair, line.why ?? 'failed');
        else book.again(pair);
        break;
    }
  }
  return book;
}
