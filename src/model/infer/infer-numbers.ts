import type { ColumnProfile, SeenNumbers } from './column-profile.js';
import type { Decisions } from './decisions.js';
import { question, type Finding } from './finding.js';
import { numberOf, type NumberSpelling } from './number-spelling.js';

const mostFigures = 38;
/** Decimals of up to so many figures take the same space, so there is room for larger values than were seen. */
const usualFigures = 18;

/** The number that each value of a column is, or undefined where it is none. */
export function numbersOf(profile: ColumnProfile, decisions: Decisions): Finding | undefined {
  if (profile.calculated > 0 && profile.isFloating)
    return { inferred: { type: 'double', parse: {}, notes: ['with as many figures as calculations leave'] } };
  if (!profile.isOfNumbers) return floatingOf(profile);
  if (profile.marked === 0) return mayBeDays(profile, decisions) ?? integerOf(profile);
  const readings = readingsOf(profile);
  const decided = decisions.decimals[profile.name] ?? decisions.decimals[''];
  const fitting =
    readings.length < 2
      ? readings
      : readings.filter(([{ decimal }]) => decided === undefined || decimal === decided);
  const [first, second] = fitting;
  if (!first) return undefined;
  if (second) return ambiguous(profile, fitting);
  const [{ decimal, grouping }, { whole, fraction, grouped }] = first;
  // A whole number's column says nothing of a decimal mark, so one with points between groups is a decimal.
  const isWhole = fraction === 0 && !(grouped && grouping === '.');
  const parse = {
    ...(!isWhole && decimal !== '.' && { decimal }),
    ...(grouped && grouping !== undefined && { grouping }),
  };
  const marks = [
    ...(parse.decimal === undefined ? [] : [`"${decimal}" before the fraction`]),
    ...(parse.grouping === undefined ? [] : [`"${grouping ?? ''}" between groups`]),
  ];
  const found = isWhole ? integerOf(profile, whole) : decimalOf(profile, whole, fraction);
  if (!found || 'questions' in found) return found;
  return { inferred: { ...found.inferred, parse, notes: [...found.inferred.notes, ...marks] } };
}

/** Spellings by which the values are different numbers, each with what they come to. */
function readingsOf(profile: ColumnProfile): (readonly [NumberSpelling, SeenNumbers])[] {
  const readings = [...profile.numbers].filter(
    ([{ decimal, grouping }, { grouped }]) =>
      (grouped || grouping === undefined) && !(profile.hasJsonFraction && decimal !== '.'),
  );
  const meaning = ([{ decimal, grouping }, { fraction, grouped }]: (typeof readings)[number]): string =>
    `${fraction > 0 ? decimal : ''}|${grouped ? (grouping ?? '') : ''}`;
  return readings.filter(
    (reading, index) => readings.findIndex((other) => meaning(other) === meaning(reading)) === index,
  );
}

function ambiguous(
  profile: ColumnProfile,
  readings: readonly (readonly [NumberSpelling, SeenNumbers])[],
): Finding {
  const [, { text, line }] = readings[0] ?? [undefined, { text: '', line: 1 }];
  const says = readings.map(
    ([spelling]) =>
      `${numberOf(text, spelling)?.plain ?? ''} where "${spelling.decimal}" stands before a fraction`,
  );
  return {
    questions: [
      question(
        profile,
        'decimal',
        `"${profile.name}": "${text}" is ${says.join(', and ')}`,
        readings.map(([{ decimal }]) => `--decimal '${profile.name}=${decimal}'`).join(' or '),
        readings.map(([{ decimal }]) => decimal),
        line,
      ),
    ],
  };
}

/** Whole numbers of eight figures that are all days of a calendar: nobody but the source knows which they are. */
function mayBeDays(profile: ColumnProfile, decisions: Decisions): Finding | undefined {
  const example = profile.times.example.get('yyyyMMdd');
  if (!profile.times.dates.includes('yyyyMMdd') || !example) return undefined;
  if (decisions.formats[profile.name] === 'number') return undefined;
  const { text, day } = example;
  if (day.year < 1900 || day.year > 2100) return undefined;
  const { name } = profile;
  return {
    questions: [
      question(
        profile,
        'format',
        `"${name}": "${text}" is a day of ${day.year}, or the number ${text}`,
        `--format '${name}=yyyyMMdd' or --format '${name}=number'`,
        ['yyyyMMdd', 'number', 'text'],
      ),
    ],
  };
}

function integerOf(profile: ColumnProfile, figures = 0): Finding | undefined {
  const whole = Math.max(profile.wholeFigures, figures);
  const isBigint =
    whole <= usualFigures ||
    (whole === 19 && figures < 19 && profile.largest < 1n << 63n && profile.smallest >= -(1n << 63n));
  if (isBigint) return { inferred: { type: 'bigint', parse: {}, notes: [] } };
  if (whole > mostFigures) return undefined;
  const notes = [`up to ${whole} figures, more than a bigint holds`];
  return { inferred: { type: `decimal(${mostFigures},0)`, parse: {}, notes } };
}

function decimalOf(profile: ColumnProfile, marked: number, scale: number): Finding | undefined {
  const whole = Math.max(profile.wholeFigures, marked);
  if (whole + scale > mostFigures) return undefined;
  const precision = whole + scale <= usualFigures && scale <= 6 ? usualFigures : mostFigures;
  const notes = [`up to ${whole} figures before the point and ${scale} behind it`];
  return { inferred: { type: `decimal(${precision},${scale})`, parse: {}, notes } };
}

/** What programs write as floating point. `12E4` alone may be a code, so a point must come among the values. */
function floatingOf(profile: ColumnProfile): Finding | undefined {
  return profile.isFloating && profile.hasExponents && profile.hasPoint
    ? { inferred: { type: 'double', parse: {}, notes: ['with exponents'] } }
    : undefined;
}
