/** How many snapshots are kept: the newest ones, and the newest of each of so many days, weeks and months that have one. */
export interface Keep {
  readonly last: number;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
}

/**
 * The snapshots that are kept no longer. Days, weeks (from Monday) and months are those of UTC.
 * @param snapshots with the moment at which each was taken, in ISO 8601
 */
export function expired<Snapshot extends { readonly takenAt: string }>(
  snapshots: readonly Snapshot[],
  keep: Keep,
): Snapshot[] {
  const newestFirst = [...snapshots].sort((a, b) => (a.takenAt < b.takenAt ? 1 : -1));
  const kept = new Set(newestFirst.slice(0, keep.last));
  const rules: [number, (day: string) => string][] = [
    [keep.daily, (day) => day],
    [keep.weekly, mondayOf],
    [keep.monthly, (day) => day.slice(0, 7)],
  ];
  for (const [count, periodOf] of rules) {
    const newest = new Map<string, Snapshot>();
    for (const snapshot of newestFirst) {
      const period = periodOf(snapshot.takenAt.slice(0, 10));
      if (!newest.has(period)) newest.set(period, snapshot);
    }
    for (const snapshot of [...newest.values()].slice(0, count)) kept.add(snapshot);
  }
  return newestFirst.filter((snapshot) => !kept.has(snapshot));
}

function mondayOf(day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  return date.toISOString().slice(0, 10);
}
