import type { Parse } from '../parse.js';
import type { ColumnProfile } from './column-profile.js';
import type { Question } from './decisions.js';

/** What a column is found to be. */
export interface Inferred {
  /** As Spark SQL spells it. */
  readonly type: string;
  readonly parse: Parse;
  /** What was seen, in words. */
  readonly notes: readonly string[];
}

export type Finding = { readonly inferred: Inferred } | { readonly questions: readonly Question[] };

export function question(
  profile: ColumnProfile,
  about: Question['about'],
  message: string,
  hint: string,
  answers: readonly string[] = [],
  line = profile.firstLine,
): Question {
  return { about, column: profile.name, line, message, hint, answers };
}
