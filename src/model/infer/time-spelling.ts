import { dateFormats, dayOf, orderOf, type DateFormat, type Day } from './date-spelling.js';

const withTime = /^(.+?)(T|, | )(\d{1,2}:\d{2}.*)$/s;
const clock =
  /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:( ?)([AaPp][Mm]))?(?:( ?)(Z|[+-]\d{2}(?::?\d{2})?))?$/;

/** How all dates, or all times, of a column are spelled, as far as they are any. */
export class TimeSpelling {
  /** The formats by which every date is one. */
  dates: DateFormat[] = [...dateFormats];
  /** A value by each of the formats that are left. */
  readonly example = new Map<DateFormat, { readonly text: string; readonly day: Day }>();
  count = 0;
  private timed = 0;
  private midnights = 0;
  private readonly separators = new Set<string>();
  private oneFigure = false;
  private seconds = 0;
  private fractions = 0;
  private finest = 0;
  private halves = 0;
  private readonly halfBlank = new Set<string>();
  private zoned = 0;
  private readonly zoneBlank = new Set<string>();
  private zonesOfContracts = true;
  private readonly quarters = new Map<string, Set<number>>();

  /** Takes a value in. Where it is no date and no time, none of its formats is left. */
  take(text: string): void {
    if (this.dates.length === 0) return;
    this.count += 1;
    const [, before = text, separator = '', behind] = withTime.exec(text) ?? [];
    const time = behind === undefined ? undefined : clock.exec(behind);
    if ((behind !== undefined && !time) || (time && !this.takeClock(time, separator))) {
      this.dates = [];
      return;
    }
    this.dates = this.dates.filter((format) => {
      const day = dayOf(before, format);
      if (!day) return false;
      const known = this.example.get(format);
      // A day whose number is not its month's shows what a format means.
      if (!known || known.day.day === known.day.month) this.example.set(format, { text, day });
      if (time && time[8] === undefined) this.remember(orderOf(format), day, time);
      return true;
    });
    if (this.timed > 0 && this.timed < this.count) this.dates = [];
  }

  get isTime(): boolean {
    return this.timed > 0;
  }

  /** Whether every time is a midnight without a zone, so that nothing but the day is said. */
  get isMidnight(): boolean {
    return this.timed > 0 && this.midnights === this.timed && this.zoned === 0;
  }

  get needsZone(): boolean {
    return this.timed > this.zoned;
  }

  /** The beginnings of quarters of hours at which there is a value without a zone, as if clocks showed UTC. */
  localQuarters(format: DateFormat): ReadonlySet<number> {
    return this.quarters.get(orderOf(format)) ?? new Set();
  }

  /** The formats to declare where dates are spelled by `date`; none where it is as contracts spell it anyway. */
  formats(date: DateFormat): string[] {
    if (!this.isTime) return date === 'yyyy-MM-dd' ? [] : [date];
    if (this.isAsContracts(date)) return [];
    const hour = this.halves > 0 ? (this.oneFigure ? 'h' : 'hh') : this.oneFigure ? 'H' : 'HH';
    const clocks = this.clocks(hour);
    const halves = this.halves === 0 ? [''] : [...this.halfBlank].map((blank) => `${blank}a`);
    const zones = [
      ...(this.zoned > 0 ? [...this.zoneBlank].map((blank) => `${blank}X`) : []),
      ...(this.needsZone ? [''] : []),
    ];
    return [...this.separators].flatMap((separator) =>
      clocks.flatMap((each) =>
        halves.flatMap((half) =>
          zones.map((zone) => `${date}${separator === 'T' ? "'T'" : separator}${each}${half}${zone}`),
        ),
      ),
    );
  }

  private clocks(hour: string): string[] {
    const short = `${hour}:mm`;
    if (this.seconds === 0) return [short];
    const figures = `.${'S'.repeat(Math.max(this.finest, 1))}`;
    const fraction = this.fractions === 0 ? '' : this.fractions === this.seconds ? figures : `[${figures}]`;
    const long = `${short}:ss${fraction}`;
    if (this.seconds === this.timed) return [long];
    return fraction === '' ? [`${short}[:ss]`] : [long, short];
  }

  private isAsContracts(date: DateFormat): boolean {
    return (
      date === 'yyyy-MM-dd' &&
      !this.oneFigure &&
      !this.isMidnight &&
      this.halves === 0 &&
      this.seconds === this.timed &&
      this.zonesOfContracts &&
      !this.separators.has(', ')
    );
  }

  private takeClock(parts: RegExpExecArray, separator: string): boolean {
    const [, hours = '', minutes, seconds, fraction = '', halfBlank, half, zoneBlank = '', zone] = parts;
    const hour = Number(hours);
    const isHour = half === undefined ? hour <= 23 : hour >= 1 && hour <= 12;
    if (!isHour || Number(minutes) > 59 || Number(seconds ?? 0) > 59) return false;
    // A lake's times are as fine as microseconds; what is finer would be lost.
    if (/[1-9]/.test(fraction.slice(6))) return false;
    this.timed += 1;
    this.separators.add(separator);
    this.oneFigure ||= hours.length === 1;
    if (seconds !== undefined) this.seconds += 1;
    if (fraction !== '') this.fractions += 1;
    this.finest = Math.max(this.finest, fraction.length);
    if (half !== undefined) {
      this.halves += 1;
      this.halfBlank.add(halfBlank ?? '');
    }
    if (zone !== undefined) {
      if (!isOffset(zone)) return false;
      this.zoned += 1;
      this.zoneBlank.add(zoneBlank);
      this.zonesOfContracts &&= zoneBlank === '' && /^(?:Z|.\d\d:\d\d)$/.test(zone);
    }
    const isMidnight =
      (half === undefined ? hour === 0 : hour === 12 && /^a/i.test(half)) &&
      Number(minutes) === 0 &&
      Number(seconds ?? 0) === 0 &&
      !/[1-9]/.test(fraction);
    if (isMidnight) this.midnights += 1;
    return this.halves === 0 || this.halves === this.timed;
  }

  private remember(order: string, { year, month, day }: Day, time: RegExpExecArray): void {
    const half = time[6]?.toLowerCase();
    const hour = half === undefined ? Number(time[1]) : (Number(time[1]) % 12) + (half === 'pm' ? 12 : 0);
    const at = Date.UTC(2000, month - 1, day, hour, Number(time[2]));
    const quarter = Math.floor(new Date(at).setUTCFullYear(year, month - 1, day) / 900_000);
    const known = this.quarters.get(order) ?? new Set();
    known.add(quarter * 900_000);
    this.quarters.set(order, known);
  }
}

/** Spark takes offsets of up to 18 hours. */
function isOffset(zone: string): boolean {
  if (zone === 'Z') return true;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', ''));
  return minutes <= 18 * 60 && Number(zone.slice(3).replace(':', '')) <= 59;
}
