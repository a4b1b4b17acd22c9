import { datesBetween as datesOfRange } from '../date.js';

/** Every date from one to another, both included. None where the second is before the first. */
export function datesBetween(first: string, last: string): string[] {
  return first > last ? [] : datesOfRange(first, last);
}
