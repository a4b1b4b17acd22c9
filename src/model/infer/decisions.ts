/** What the person at the keyboard has decided, by flags or by answers, where a file can be read in more than one way. */
export interface Decisions {
  readonly delimiter?: string;
  readonly header?: boolean;
  /** Names of the fields where a file has no header. */
  readonly columns?: readonly string[];
  /** By what a column is called there: a format of dates or times, `number` or `text`. */
  readonly formats: Readonly<Record<string, string>>;
  /** What stands before the fraction of a number, by column; under `''` that of all columns. */
  readonly decimals: Readonly<Record<string, string>>;
  readonly timezone?: string;
  readonly overlap?: 'earlier' | 'later';
  /** Which sheet of a workbook is delivered. */
  readonly sheet?: string;
  /** Rows of a sheet above its header. */
  readonly skipRows?: number;
  readonly key?: readonly string[];
  readonly owner?: string;
}

/** Something that a file does not tell, and which is not guessed. */
export interface Question {
  readonly about:
    | 'delimiter'
    | 'header'
    | 'format'
    | 'decimal'
    | 'timezone'
    | 'overlap'
    | 'sheet'
    | 'skip-rows'
    | 'key'
    | 'owner';
  /** What it is called in the file, where it is about one column. */
  readonly column?: string;
  /** The line of the file at which it shows. */
  readonly line: number;
  readonly message: string;
  /** Which flag answers it. */
  readonly hint: string;
  /** The answers that there are; none where anything may be typed. */
  readonly answers: readonly string[];
}

/** The decisions with an answer to a question. */
export function answered(decisions: Decisions, { about, column = '' }: Question, answer: string): Decisions {
  switch (about) {
    case 'delimiter':
      return { ...decisions, delimiter: answer };
    case 'header':
      return { ...decisions, header: answer === 'header' };
    case 'format':
      return { ...decisions, formats: { ...decisions.formats, [column]: answer } };
    case 'decimal':
      return { ...decisions, decimals: { ...decisions.decimals, [column]: answer } };
    case 'timezone':
      return { ...decisions, timezone: answer };
    case 'overlap':
      return { ...decisions, overlap: answer === 'later' ? 'later' : 'earlier' };
    case 'sheet':
      return { ...decisions, sheet: answer };
    case 'skip-rows':
      // What is no number leaves the question open.
      return /^\d+$/.test(answer) ? { ...decisions, skipRows: Number(answer) } : decisions;
    case 'key':
      return { ...decisions, key: answer.split(',').map((name) => name.trim()) };
    case 'owner':
      return { ...decisions, owner: answer };
    default:
      return about satisfies never;
  }
}
