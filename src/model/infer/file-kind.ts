/** How a delivered file is read: as text, or by one of the formats that have a mark of their own. */
export type FileKind = 'text' | 'parquet' | 'avro' | 'xlsx';

export type KindOfFile =
  | { readonly kind: FileKind }
  /** Why it cannot be read, and what to do about it. */
  | { readonly why: string; readonly next: string };

const names: Readonly<Record<FileKind, string>> = {
  text: 'text',
  parquet: 'Parquet',
  avro: 'Avro',
  xlsx: 'a workbook (.xlsx)',
};
const marks: readonly (readonly [string, FileKind])[] = [
  ['PAR1', 'parquet'],
  ['Obj\u0001', 'avro'],
  ['PK\u0003\u0004', 'xlsx'],
];
const endings: Readonly<Record<string, FileKind>> = {
  parquet: 'parquet',
  pq: 'parquet',
  avro: 'avro',
  xlsx: 'xlsx',
  xlsm: 'xlsx',
  csv: 'text',
  tsv: 'text',
  txt: 'text',
  json: 'text',
  jsonl: 'text',
  ndjson: 'text',
};
const asXlsx = 'save it as an Excel workbook (.xlsx) without a password';

/** What a file is by its first bytes; its ending must not say otherwise. */
export function kindOfFile(path: string, begin: Uint8Array): KindOfFile {
  const letters = String.fromCharCode(...begin.subarray(0, 512));
  const ending = /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
  const packed = /\.(parquet|pq|avro|xlsx)\.gz$/i.exec(path)?.[1]?.toLowerCase();
  if (packed !== undefined)
    return {
      why: `it is packed as a whole, and a run reads ${names[endings[packed] ?? 'text']} as it is`,
      next: `gunzip ${path}  # such files are packed within`,
    };
  if (letters.startsWith('PARE')) return encrypted;
  if (letters.startsWith('\u00d0\u00cf\u0011\u00e0\u00a1\u00b1\u001a\u00e1'))
    return { why: 'it is protected by a password, or of Excel before 2007', next: asXlsx };
  if (['xls', 'xlsb', 'ods'].includes(ending))
    return { why: `of workbooks a run reads .xlsx, and no .${ending}`, next: asXlsx };
  const kind = marks.find(([mark]) => letters.startsWith(mark))?.[1] ?? 'text';
  if (kind === 'text' && (ending === 'xml' || /^(?:\u00ef\u00bb\u00bf)?\s*<\?xml/.test(letters)))
    return {
      why: 'it is XML, in which nothing says what a row is: a run reads it by a job of your own alone',
      next: 'deliver it as CSV, JSON lines, Parquet, Avro or .xlsx; or write a job, and a source with format: xml',
    };
  const said = endings[ending];
  if (said !== undefined && said !== kind && begin.length > 0)
    return {
      why:
        kind === 'text'
          ? `its ending says ${names[said]}, and it does not begin as that does`
          : `its ending says .${ending}, and it is ${names[kind]}`,
      next:
        kind === 'text'
          ? 'deliver it again, or give it the ending of what it is'
          : `mv ${path} ${path.slice(0, -ending.length)}${kind}`,
    };
  return { kind };
}

export const encrypted = {
  why: 'it is encrypted, and a run has no key of it',
  next: 'deliver it without encryption of its own: the landing bucket encrypts what is in it',
};
