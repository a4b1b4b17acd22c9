const day = 86_400_000;

/** Every date from one to another, both included. None where the second is before the first. */
export function datesBetween(first: string, last: string): string[] {
  const from = Date.parse(`${first}T00:00:00Z`);
  const days = Math.floor((Date.parse(`${last}T00:00:00Z`) - from) / day) + 1;
  return Array.from({ length: Math.max(0, days) }, (_, index) => dateOfMoment(from + index * day));
}

/** The date of a moment, in UTC. @param moment in milliseconds since 1970 */
export function dateOfMoment(moment: number): string {
  return new Date(moment).toISOString().slice(0, 10);
}
