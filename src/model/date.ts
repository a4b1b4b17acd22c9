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

/** The day before, in UTC: the newest that is over. */
export function yesterday(now: Date): string {
  return new Date(now.getTime() - 86_400_000).toISOString().slice(0, 10);
}
