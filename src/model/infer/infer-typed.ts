import type { ColumnProfile } from './column-profile.js';
import type { Decisions } from './decisions.js';
import { question, type Finding } from './finding.js';
import { numbersOf } from './infer-numbers.js';
import { timesOf, zoneOf } from './infer-times.js';
import type { TypedColumn } from './typed-column.js';

/** What a column is that came with a type of its own; jobs make no text of it, and no other type that would lose something. */
export function inferTypedColumn(profile: ColumnProfile, typed: TypedColumn, decisions: Decisions): Finding {
  const asked = decisions.formats[profile.name];
  const isAsAsked =
    asked === undefined ||
    (asked === 'number' && !['date', 'timestamp', 'boolean'].includes(typed.type)) ||
    (typed.kind === 'integer' && asked === 'yyyyMMdd' && profile.times.dates.includes('yyyyMMdd'));
  if (!isAsAsked) {
    const message = `"${profile.name}" comes as ${typed.type}, and is not spelled as ${asked}`;
    return {
      questions: [question(profile, 'format', message, `leave out --format '${profile.name}=${asked}'`)],
    };
  }
  const notes = [
    ...(profile.present === 0 ? ['always empty'] : []),
    ...[...profile.unfit].map(([why, count]) => `${count} ${why}: quarantine`),
  ];
  if (typed.kind === 'integer' && profile.present > 0) {
    const found = asked === 'yyyyMMdd' ? timesOf(profile, decisions) : numbersOf(profile, decisions);
    if (found) return found;
  }
  if (typed.kind !== 'local time' || profile.present === 0)
    return { inferred: { type: typed.type, parse: {}, notes } };
  const zone = zoneOf(profile, 'yyyy-MM-dd', decisions);
  return 'questions' in zone
    ? zone
    : {
        inferred: {
          type: typed.type,
          parse: zone,
          notes: [...notes, `times without a zone are of ${zone.timezone}`],
        },
      };
}
