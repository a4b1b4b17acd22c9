/** How a column is masked. The same value becomes the same mask everywhere, so that what joined joins still. */
export interface Masking {
  readonly rule: 'hash' | 'partial' | 'date-shift' | 'null' | 'generalise';
  /** partial: how many letters stay. */
  readonly show?: number;
  /** partial: which of them; the end's where it does not say. */
  readonly from?: 'start' | 'end';
  /** date-shift: by how many days at the most, to either side. */
  readonly days?: number;
  /** date-shift: the column whose value decides how far; the primary key where it does not say. */
  readonly by?: string;
  /** generalise: of a date or a time. */
  readonly to?: 'month' | 'quarter' | 'year';
  /** generalise: of a number, the width of its steps. */
  readonly step?: number;
  /** generalise: of a text, how many letters of its beginning stay. */
  readonly letters?: number;
}

/** Where rows are masked in the table that they are in. */
export interface MaskInPlace {
  /** The column that says which columns of a row are masked, so that none is masked twice. */
  readonly markedBy: string;
  /** The date or time that tells a row's age. */
  readonly since?: string;
  /** How old a row is when it is masked; at once where it does not say. */
  readonly after?: string;
}
