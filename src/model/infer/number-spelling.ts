/** How numbers may be spelled: what stands before the fraction, and what between groups of three figures. */
export interface NumberSpelling {
  readonly decimal: string;
  readonly grouping?: string;
}

const groups = [',', '.', "'", '’', ' ', '\u00a0', '\u202f'];

/** Every spelling that a text may be looked at by. */
export const numberSpellings: readonly NumberSpelling[] = ['.', ','].flatMap((decimal) => [
  { decimal },
  ...groups.filter((grouping) => grouping !== decimal).map((grouping) => ({ decimal, grouping })),
]);

export interface NumberParts {
  /** Figures before and behind the point, without zeros that say nothing at the front. */
  readonly whole: number;
  readonly fraction: number;
  readonly grouped: boolean;
  /** The number without groups and with a point. */
  readonly plain: string;
}

const literally = (letter: string): string => letter.replace(/[.'’]/, (mark) => `\\${mark}`);
const patterns = new Map(
  numberSpellings.map((spelling) => {
    const { decimal, grouping } = spelling;
    const between =
      grouping === undefined
        ? ''
        : `|[1-9]\\d{0,2}(?:${literally(grouping).replace('\\’', '’').replace("\\'", "'")}\\d{3})+`;
    return [spelling, new RegExp(`^-?(0|[1-9]\\d*${between})(?:${literally(decimal)}(\\d+))?$`, 'u')];
  }),
);

/**
 * What a text is as a number of a spelling, or undefined. A zero or a plus in front means that it is no number but a code:
 * it would be lost.
 */
export function numberOf(text: string, spelling: NumberSpelling): NumberParts | undefined {
  const found = patterns.get(spelling)?.exec(text);
  if (!found) return undefined;
  const [, written = '', fraction = ''] = found;
  const whole = spelling.grouping === undefined ? written : written.replaceAll(spelling.grouping, '');
  const plain = `${text.startsWith('-') ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
  return {
    whole: whole === '0' ? 0 : whole.length,
    fraction: fraction.length,
    grouped: whole !== written,
    plain,
  };
}

/** A number with an exponent, as programs write floating point. */
export const floating = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$/;
