import type { ColumnProfile } from './column-profile.js';
import type { Decisions } from './decisions.js';
import { question, type Finding, type Inferred } from './finding.js';
import { numbersOf } from './infer-numbers.js';
import { timesOf } from './infer-times.js';
import { inferTypedColumn } from './infer-typed.js';

const yesAndNo: readonly (readonly [string, string])[] = [
  ['yes', 'no'],
  ['y', 'n'],
  ['ja', 'nein'],
  ['j', 'n'],
  ['oui', 'non'],
  ['t', 'f'],
  ['wahr', 'falsch'],
  ['on', 'off'],
];

/** The narrowest type that every value of a column allows, or what somebody has to decide before. */
export function inferColumn(profile: ColumnProfile, decisions: Decisions): Finding {
  return profile.typed && profile.typed.kind !== 'text'
    ? inferTypedColumn(profile, profile.typed, decisions)
    : inferText(profile, decisions);
}

function inferText(profile: ColumnProfile, decisions: Decisions): Finding {
  const asked = decisions.formats[profile.name];
  if (asked === 'text') return { inferred: textOf(profile, 'declared as text') };
  if (profile.present === 0) {
    const note = profile.likelyNulls.size > 0 ? 'no other values' : 'always empty';
    return { inferred: textOf(profile, note) };
  }
  if (profile.nested > 0) return { inferred: textOf(profile, 'objects or lists of JSON, kept as text') };
  const found =
    booleanOf(profile) ??
    (asked === undefined || asked === 'number' ? numbersOf(profile, decisions) : undefined) ??
    (asked === 'number' ? undefined : timesOf(profile, decisions));
  if (!found) return unfitting(profile, asked) ?? { inferred: textOf(profile, ...codeNote(profile)) };
  if ('questions' in found) return found;
  return { inferred: withNulls(profile, found.inferred) };
}

/** Where it was declared what a column is and it cannot be that. */
function unfitting(profile: ColumnProfile, asked: string | undefined): Finding | undefined {
  if (asked === undefined) return undefined;
  const message = `"${profile.name}" has values that are not spelled as ${asked}`;
  const hint = `--format '${profile.name}=text' keeps them as they come`;
  return { questions: [question(profile, 'format', message, hint, ['text'])] };
}

function booleanOf({ words }: ColumnProfile): Finding | undefined {
  if (!words) return undefined;
  const lower = [...new Set([...words.keys()].map((word) => word.toLowerCase()))];
  if (lower.every((word) => word === 'true' || word === 'false'))
    return { inferred: { type: 'boolean', parse: {}, notes: [] } };
  const pair = yesAndNo.find((each) => lower.length === 2 && lower.every((word) => each.includes(word)));
  if (!pair) return undefined;
  const spelled = (meaning: string): string[] =>
    [...words.keys()].filter((word) => word.toLowerCase() === meaning);
  const parse = { true: spelled(pair[0]), false: spelled(pair[1]) };
  return {
    inferred: { type: 'boolean', parse, notes: [`spelled ${[...parse.true, ...parse.false].join(', ')}`] },
  };
}

function textOf({ likelyNulls }: ColumnProfile, ...notes: readonly string[]): Inferred {
  const marks = [...likelyNulls].map(([mark, count]) => `"${mark}" (${count})`);
  const kept = marks.length > 0 ? [`${marks.join(', ')} may stand for nothing and is kept as text`] : [];
  return { type: 'string', parse: {}, notes: [...notes, ...kept] };
}

function codeNote({ codes, present }: ColumnProfile): string[] {
  return codes > 0
    ? [`${codes} of ${present} begin with a zero or a plus, which a number would lose: kept as text`]
    : [];
}

/** Among numbers and the like, a mark that may stand for nothing does. */
function withNulls({ likelyNulls }: ColumnProfile, inferred: Inferred): Inferred {
  if (likelyNulls.size === 0) return inferred;
  const marks = [...likelyNulls].map(([mark, count]) => `"${mark}" (${count})`);
  return {
    ...inferred,
    parse: { ...inferred.parse, nulls: [...likelyNulls.keys()] },
    notes: [...inferred.notes, `${marks.join(', ')} read as empty`],
  };
}
