import { DataplatError } from './errors.js';

/** A date of the calendar, `YYYY-MM-DD`. @throws DataplatError DP1005 */
export function dateOf(text: string): string {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  const date = parts && new Date(`${text}T00:00:00Z`);
  if (!date || Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== text) {
    throw new DataplatError('DP1005', `"${text}" is no date: expected YYYY-MM-DD, for example 2026-01-05`);
  }
  return text;
}

/** The date of a moment, in UTC. @param moment in milliseconds since 1970 */
export function dateOfMoment(moment: number): string {
  return new Date(moment).toISOString().slice(0, 10);
}

/** The day before, in UTC: the newest that is over. */
export function yesterday(now: Date): string {
  return dateOfMoment(now.getTime() - 86_400_000);
}

/** The dates from one to another, both included, in their order. @throws DataplatError DP1005 where they are none */
export function datesBetween(from: string, to: string): string[] {
  const [first, last] = [from, to].map((date) => Date.parse(`${dateOf(date)}T00:00:00Z`)) as [number, number];
  if (first > last) {
    throw new DataplatError('DP1005', `the range from ${from} to ${to} ends before it begins`, {
      next: [`… --from ${to} --to ${from}`],
    });
  }
  const dates: string[] = [];
  for (let day = first; day <= last; day += 86_400_000) dates.push(dateOfMoment(day));
  return dates;
}
