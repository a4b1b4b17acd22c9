/** More than a set of JavaScript may hold is not looked at. */
const most = 8_000_000;

/** Whether the values of a column, or of several together, are all different. */
export class UniqueValues {
  private seen: Set<string> | undefined = new Set();
  /** How many came that were there before; counted on where `counts` is true, else the first ends it. */
  repeated = 0;

  constructor(private readonly counts = false) {}

  take(value: string): void {
    if (!this.seen) return;
    const before = this.seen.size;
    this.seen.add(value);
    if (this.seen.size > before && before < most) return;
    this.repeated += 1;
    if (!this.counts) this.seen = undefined;
  }

  get isUnique(): boolean {
    return this.repeated === 0;
  }
}
