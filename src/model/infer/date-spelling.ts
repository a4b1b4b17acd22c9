/** Formats of dates that delivered files are looked at by; of those that mean the same, the stricter one comes first. */
export const dateFormats = [
  'yyyy-MM-dd',
  'yyyy-M-d',
  'yyyy/MM/dd',
  'yyyy/M/d',
  'yyyy.MM.dd',
  'yyyyMMdd',
  'dd.MM.yyyy',
  'd.M.yyyy',
  'dd/MM/yyyy',
  'd/M/yyyy',
  'MM/dd/yyyy',
  'M/d/yyyy',
  'dd-MM-yyyy',
  'd-M-yyyy',
  'MM-dd-yyyy',
  'M-d-yyyy',
  'dd-MMM-yyyy',
  'd-MMM-yyyy',
  'dd MMM yyyy',
  'd MMM yyyy',
  'd MMMM yyyy',
  'MMM d, yyyy',
  'MMMM d, yyyy',
  'dd.MM.yy',
  'd.M.yy',
  'dd/MM/yy',
  'd/M/yy',
  'MM/dd/yy',
  'M/d/yy',
  'dd-MMM-yy',
  'd-MMM-yy',
] as const;

export type DateFormat = (typeof dateFormats)[number];

const months = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];
const letters: Readonly<Record<string, string>> = {
  yyyy: '(?<y>\\d{4})',
  yy: '(?<y>\\d{2})',
  MM: '(?<M>\\d{2})',
  M: '(?<M>\\d{1,2})',
  MMM: `(?<M>${months.map((name) => name.slice(0, 3)).join('|')})`,
  MMMM: `(?<M>${months.join('|')})`,
  dd: '(?<d>\\d{2})',
  d: '(?<d>\\d{1,2})',
};
const patterns = new Map(
  dateFormats.map((format) => {
    const pattern = format.replace(/([yMd])\1*|\./g, (part) => letters[part] ?? '\\.');
    return [format, new RegExp(`^${pattern}$`, 'i')];
  }),
);

export interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** The day that a text is by a format, or undefined where no calendar has it. */
export function dayOf(text: string, format: DateFormat): Day | undefined {
  const parts = patterns.get(format)?.exec(text)?.groups;
  if (!parts) return undefined;
  const { y = '', M = '', d = '' } = parts;
  const year = Number(y) + (y.length === 2 ? 2000 : 0);
  const named = months.findIndex((name) => name.startsWith(M.toLowerCase()));
  const month = /^\d/.test(M) ? Number(M) : named + 1;
  const day = Number(d);
  if (year < 1 || month < 1 || month > 12 || day < 1) return undefined;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const last = month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
  return day <= last ? { year, month, day } : undefined;
}

/** In which order a format has day, month and year: `dmy`, for example. */
export function orderOf(format: DateFormat): string {
  return format
    .replace(/[^yMd]/g, '')
    .replace(/(.)\1+/g, '$1')
    .toLowerCase();
}

/** A day in words, which can be read in one way alone. */
export function inWords({ year, month, day }: Day): string {
  const name = months[month - 1] ?? '';
  return `${day} ${name.slice(0, 1).toUpperCase()}${name.slice(1)} ${year}`;
}
