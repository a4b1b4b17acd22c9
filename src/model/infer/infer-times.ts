import { timezoneProblem } from '../parse-problems.js';
import type { ColumnProfile } from './column-profile.js';
import { inWords, orderOf, type DateFormat } from './date-spelling.js';
import type { Decisions } from './decisions.js';
import { question, type Finding } from './finding.js';
import { ZoneClock } from './zone-clock.js';

/** The date or the time that each value of a column is, or undefined where it is none. */
export function timesOf(profile: ColumnProfile, decisions: Decisions): Finding | undefined {
  const { times } = profile;
  const asked = decisions.formats[profile.name];
  const [first] = times.dates;
  if (first === undefined) return undefined;
  if (asked !== undefined) {
    const meant = times.dates.find((date) => date === asked || times.formats(date).includes(asked));
    return meant === undefined ? undefined : spelled(profile, meant, decisions);
  }
  const orders = [...new Set(times.dates.map(orderOf))];
  // The stricter one of each order.
  const readings = orders.map((order) => times.dates.find((date) => orderOf(date) === order) ?? first);
  if (readings.length > 1) return inSeveralOrders(profile, readings);
  if (!first.includes('yyyy')) return withoutCentury(profile, first);
  return spelled(profile, first, decisions);
}

function inSeveralOrders(profile: ColumnProfile, readings: readonly DateFormat[]): Finding {
  const { times, name } = profile;
  const text = times.example.get(readings[0] ?? 'yyyy-MM-dd')?.text ?? '';
  const says = readings.map((date) => {
    const example = times.example.get(date);
    return `${example ? inWords(example.day) : text} as ${date}`;
  });
  return {
    questions: [
      question(
        profile,
        'format',
        `"${name}": "${text}" is ${says.join(', and ')}; all values fit ${readings.length === 2 ? 'both' : 'each'}`,
        readings.map((date) => `--format '${name}=${date}'`).join(' or '),
        [...readings, 'text'],
      ),
    ],
  };
}

/** Two figures of a year: a lake reads them as 2000 to 2099, which nobody may have meant. */
function withoutCentury(profile: ColumnProfile, date: DateFormat): Finding {
  const { name, times } = profile;
  const { text = '', day } = times.example.get(date) ?? {};
  const message = `"${name}": "${text}" may be of ${(day?.year ?? 2000) - 100} or of ${day?.year ?? 2000}`;
  const hint = `--format '${name}=${date}' where all are of 2000 to 2099, else --format '${name}=text'`;
  return { questions: [question(profile, 'format', message, hint, [date, 'text'])] };
}

function spelled(profile: ColumnProfile, date: DateFormat, decisions: Decisions): Finding {
  const { times } = profile;
  const formats = times.formats(date);
  const parse = formats.length > 0 ? { formats } : {};
  const notes = formats.length > 0 ? [`spelled ${formats.join(' or ')}`] : [];
  if (!times.isTime) return { inferred: { type: 'date', parse, notes } };
  if (times.isMidnight) {
    return { inferred: { type: 'date', parse, notes: [...notes, 'with a time that is always midnight'] } };
  }
  if (!times.needsZone) return { inferred: { type: 'timestamp', parse, notes } };
  const zone = zoneOf(profile, date, decisions);
  if ('questions' in zone) return zone;
  return {
    inferred: {
      type: 'timestamp',
      parse: { ...parse, ...zone },
      notes: [...notes, `times without a zone are of ${zone.timezone}`],
    },
  };
}

/** Of which zone times are that come without one. */
export function zoneOf(
  profile: ColumnProfile,
  date: DateFormat,
  { timezone, overlap }: Decisions,
):
  | { timezone: string; overlap?: 'earlier' | 'later' }
  | { questions: readonly ReturnType<typeof question>[] } {
  const { name, times } = profile;
  const text = times.example.get(date)?.text ?? '';
  if (timezone === undefined) {
    const message = `"${name}": "${text}" has no zone: no moment is known by it`;
    return { questions: [question(profile, 'timezone', message, '--timezone Europe/Berlin, or UTC')] };
  }
  const wrong = timezoneProblem(timezone);
  if (wrong !== undefined) {
    const message = `no time zone "${timezone}"`;
    return { questions: [question(profile, 'timezone', message, wrong)] };
  }
  const clock = new ZoneClock(timezone);
  let twice: number | undefined;
  for (const local of times.localQuarters(date)) {
    const shown = clock.shows(local);
    if (shown === 'never') {
      const message = `"${name}": clocks of ${timezone} were set forward over ${minuteOf(local)}, which comes in it`;
      const hint = `another --timezone, or --format '${name}=text'`;
      return { questions: [question(profile, 'timezone', message, hint)] };
    }
    if (shown === 'twice') twice ??= local;
  }
  if (twice === undefined) return { timezone };
  if (overlap !== undefined) return { timezone, overlap };
  const message = `"${name}": clocks of ${timezone} showed ${minuteOf(twice)} twice, as they were set back`;
  const hint = '--overlap earlier or --overlap later says which is meant';
  return { questions: [question(profile, 'overlap', message, hint, ['earlier', 'later'])] };
}

function minuteOf(local: number): string {
  return new Date(local).toISOString().slice(0, 16).replace('T', ' ');
}
