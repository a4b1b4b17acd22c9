/** How often clocks of a zone show a time. */
export class ZoneClock {
  private readonly format: Intl.DateTimeFormat;
  private readonly offsets = new Map<number, number>();

  constructor(timezone: string) {
    this.format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** @param local the time, as milliseconds since 1970 of a clock that shows UTC */
  shows(local: number): 'never' | 'once' | 'twice' {
    // Further than any zone is from UTC, and nearer than two changes of clocks.
    const day = 26 * 3_600_000;
    const early = this.offset(local - day);
    const late = this.offset(local + day);
    if (early === late) return 'once';
    const fitting = [early, late].filter((offset) => this.exactOffset(local - offset) === offset).length;
    return fitting === 2 ? 'twice' : fitting === 1 ? 'once' : 'never';
  }

  /** The offset at the beginning of an hour: enough, a day away from what is asked for. */
  private offset(at: number): number {
    const hour = Math.floor(at / 3_600_000) * 3_600_000;
    const known = this.offsets.get(hour) ?? this.exactOffset(hour);
    this.offsets.set(hour, known);
    return known;
  }

  private exactOffset(at: number): number {
    const parts = Object.fromEntries(this.format.formatToParts(at).map(({ type, value }) => [type, value]));
    const number = (name: string): number => Number(parts[name]);
    const year = parts['era']?.startsWith('B') === true ? 1 - number('year') : number('year');
    const shown = new Date(
      Date.UTC(2000, number('month') - 1, number('day'), number('hour'), number('minute'), number('second')),
    );
    return shown.setUTCFullYear(year, number('month') - 1, number('day')) - Math.floor(at / 1000) * 1000;
  }
}
