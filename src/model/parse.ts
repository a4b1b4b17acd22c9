/** How the texts of a column come, where they do not as the contract spells them; `jobs/common/parse.py` reads them so. */
export interface Parse {
  /** What the source calls it. */
  readonly from?: string;
  /** Of dates and times, tried in this order. */
  readonly formats?: readonly string[];
  /** The zone of times that come without one. */
  readonly timezone?: string;
  /** Which moment a time is that came twice, for clocks were set back. */
  readonly overlap?: 'earlier' | 'later';
  readonly decimal?: string;
  readonly grouping?: string;
  readonly true?: readonly string[];
  readonly false?: readonly string[];
  readonly trim?: boolean;
  readonly nulls?: readonly string[];
}

const texts = { type: 'array', minItems: 1, items: { type: 'string' }, uniqueItems: true } as const;

/** What it must be, as a JSON Schema: a part of a contract's. */
export const parseSchema = {
  type: 'object',
  description:
    'how the source spells it, where not as usual; what is declared counts alone, and any other text is quarantined',
  properties: {
    from: {
      type: 'string',
      minLength: 1,
      description: "what the source calls it (default: the column's name)",
    },
    formats: {
      ...texts,
      description:
        "of dates and times, tried in this order: dd.MM.yyyy, yyyy-MM-dd'T'HH:mm:ss[.SSS]X, d-MMM-yy h:mm a; iso (the usual spelling), epoch (seconds), epochMillis",
    },
    timezone: {
      type: 'string',
      description: 'the zone of times that come without one, by its name in the IANA list: Europe/Berlin',
    },
    overlap: {
      enum: ['earlier', 'later'],
      description:
        'which of both a time is that came twice, as clocks were set back (default: none, it is quarantined)',
    },
    decimal: {
      type: 'string',
      pattern: '^[^0-9A-Za-z+\\s-]$',
      description: 'what stands before the fraction of a number (default: a point)',
    },
    grouping: {
      type: 'string',
      pattern: '^[^0-9A-Za-z+\\t\\r\\n-]$',
      description: 'what may stand between groups of three figures (default: nothing may)',
    },
    true: { ...texts, description: 'what stands for true, letter by letter' },
    false: { ...texts, description: 'what stands for false, letter by letter' },
    trim: {
      type: 'boolean',
      description: 'whether white space of any script around a text is no part of it',
    },
    nulls: { ...texts, description: "what stands for a missing value, besides the source's own nulls" },
  },
  additionalProperties: false,
} as const;
