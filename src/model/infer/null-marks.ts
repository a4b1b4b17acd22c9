/** Texts that stand for a missing value wherever they come: nothing else is spelled so. */
const sure = ['\\N', 'NULL', '(null)', '<null>', 'N/A', 'n/a', '#N/A'];
/** Texts that stand for one among numbers, dates and the like; among texts they may mean what they say. */
const likely = [
  'null',
  'Null',
  'NA',
  'None',
  'none',
  'nil',
  'NaN',
  'nan',
  '-',
  '--',
  '?',
  'k.A.',
  '0000-00-00',
  '0000-00-00 00:00:00',
];

export function nullMark(text: string): 'sure' | 'likely' | undefined {
  if (text.length > 19) return undefined;
  return sure.includes(text) ? 'sure' : likely.includes(text) ? 'likely' : undefined;
}
