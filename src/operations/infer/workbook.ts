import { crc32 } from 'node:zlib';
import { SaxesParser, type SaxesTagNS } from 'saxes';
import { fromBufferPromise, type Entry, type ZipFile } from 'yauzl';
import {
  DamagedSheet,
  sheetCell,
  shownBy,
  type CellContext,
  type SheetCell,
  type Shown,
} from '../../model/infer/sheet-cell.js';

/** What the parts of a workbook that are read may be in bytes, once unpacked: a file that is made to fill a machine has more. */
const mostUnpacked = 2 * 2 ** 30;
/** Of a sheet, as spreadsheets have them. */
const mostColumns = 16_384;
const mostRows = 1_048_576;

const transitional = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const strict = 'http://purl.oclc.org/ooxml/spreadsheetml/main';
const mainPart =
  /^application\/vnd\.(?:openxmlformats-officedocument\.spreadsheetml\.(?:sheet|template)|ms-excel\.(?:sheet|template)\.macroEnabled)\.main\+xml$/;
const stringsPart = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml';

export interface SheetRow {
  /** Counted from 1, as spreadsheets show it. */
  readonly row: number;
  /** By their columns; a cell without a value is undefined. */
  readonly cells: readonly (SheetCell | undefined)[];
}

/** A file that is a workbook of a kind that no run reads. */
export class NoWorkbook extends Error {}

type Attributes = Readonly<Record<string, string | undefined>>;
interface Handlers {
  readonly open?: (name: string, attributes: Attributes, path: readonly string[]) => void;
  readonly text?: (text: string, path: readonly string[]) => void;
  readonly close?: (name: string, path: readonly string[]) => void;
}

/** A workbook: values that were calculated, and nothing that is run. Parts are unpacked piece by piece. */
export class Workbook {
  private constructor(
    private readonly zip: ZipFile,
    private readonly parts: ReadonlyMap<string, Entry>,
    private readonly context: CellContext,
    private readonly styles: readonly (Shown | undefined)[],
    /** The parts of its sheets, by what these are called. */
    private readonly sheetParts: ReadonlyMap<string, string>,
  ) {}

  /**
   * @throws NoWorkbook where it is none that a run reads
   * @throws Error where it is damaged
   */
  static async open(content: Buffer): Promise<Workbook> {
    const zip = await fromBufferPromise(content, { lazyEntries: true });
    const parts = new Map<string, Entry>();
    let unpacked = 0;
    for await (const entry of zip.eachEntry()) {
      if (entry.isEncrypted()) throw new NoWorkbook('it is encrypted');
      parts.set(entry.fileName, entry);
      unpacked += /\.xml$|\.rels$/.test(entry.fileName) ? entry.uncompressedSize : 0;
    }
    if (unpacked > mostUnpacked)
      throw new NoWorkbook(
        `it is ${Math.round(unpacked / 2 ** 20)} MB once unpacked, more than ${mostUnpacked / 2 ** 20}`,
      );
    const types = await contentTypes(zip, parts);
    const main = [...types].find(([, type]) => mainPart.test(type))?.[0];
    if (main === undefined) throw new NoWorkbook('there is no workbook in it');
    const { sheets, is1904, uri } = await workbookOf(zip, parts, main);
    if (uri === strict) throw new NoWorkbook('it is of Strict Open XML, which a run does not read');
    const targets = await relationsOf(zip, parts, main);
    const strings = [...types].find(([, type]) => type === stringsPart)?.[0];
    return new Workbook(
      zip,
      parts,
      {
        strings: strings === undefined ? [] : await stringsOf(zip, parts, strings),
        epoch: is1904 ? 'of 1904' : 'of 1900',
      },
      await stylesOf(zip, parts),
      new Map(
        sheets.flatMap(({ name, relation }) => {
          const target = targets.get(relation);
          return target?.isSheet === true && parts.has(target.part) ? [[name, target.part] as const] : [];
        }),
      ),
    );
  }

  get sheets(): string[] {
    return [...this.sheetParts.keys()];
  }

  /** The rows of a sheet that have a cell, as they are read. */
  async *rows(sheet: string): AsyncGenerator<readonly SheetRow[]> {
    const part = this.sheetParts.get(sheet) ?? '';
    let rows: SheetRow[] = [];
    let row = 0;
    let cells: (SheetCell | undefined)[] = [];
    let column = 0;
    let taken = 0;
    let attributes: Attributes = {};
    let [value, inline]: [string, string | undefined] = ['', undefined];
    let hasFormula = false;
    const handlers: Handlers = {
      open: (name, found, path) => {
        if (name === 'row' && path.at(-1) === 'sheetData') {
          row = found['r'] === undefined ? row + 1 : Number(found['r']);
          if (!(row >= 1 && row <= mostRows)) throw new DamagedSheet(`it has a row ${found['r'] ?? row}`);
          [cells, column] = [[], 0];
        } else if (name === 'c') {
          attributes = found;
          column = found['r'] === undefined ? column + 1 : columnOf(found['r']);
          if (!(column >= 1 && column <= mostColumns))
            throw new DamagedSheet(`it has a cell ${found['r'] ?? ''}`);
          [value, inline, hasFormula] = ['', undefined, false];
        } else if (name === 'f' && path.at(-1) === 'c') hasFormula = true;
      },
      text: (text, path) => {
        if (path.at(-1) === 'v') value += text;
        else if (path.at(-1) === 't' && isOfText(path, 'is')) inline = (inline ?? '') + text;
      },
      close: (name, path) => {
        if (name === 'c') {
          const type = attributes['t'] ?? 'n';
          cells[column - 1] = sheetCell(
            {
              type,
              value: type === 'inlineStr' ? '' : value,
              inline: type === 'inlineStr' ? inline : undefined,
              hasFormula,
              shown: this.styles[Number(attributes['s'] ?? 0)],
            },
            this.context,
          );
        } else if (name === 'row' && path.at(-1) === 'sheetData' && row > taken) {
          taken = row;
          if (cells.some(Boolean)) rows.push({ row, cells: Array.from(cells) });
        }
      },
    };
    for await (const _ of parse(this.zip, this.parts, part, handlers, transitional)) {
      if (rows.length === 0) continue;
      yield rows;
      rows = [];
    }
    if (rows.length > 0) yield rows;
  }
}

function columnOf(reference: string): number {
  const letters = /^([A-Z]{1,3})\d+$/.exec(reference)?.[1] ?? '';
  return Array.from(letters).reduce((column, letter) => column * 26 + letter.charCodeAt(0) - 64, 0);
}

/** Whether a text is one of the cell, and not how it is pronounced. */
function isOfText(path: readonly string[], root: string): boolean {
  const above = path.at(-2);
  return above === root || (above === 'r' && path.at(-3) === root);
}

async function contentTypes(zip: ZipFile, parts: ReadonlyMap<string, Entry>): Promise<Map<string, string>> {
  const types = new Map<string, string>();
  await parseAll(zip, parts, '[Content_Types].xml', {
    open: (name, { PartName: part = '', ContentType: type = '' }) => {
      if (name === 'Override') types.set(part.replace(/^\//, ''), type);
      // Some programs say it of all parts alike.
      else if (name === 'Default' && mainPart.test(type)) types.set('xl/workbook.xml', type);
    },
  });
  return types;
}

async function workbookOf(
  zip: ZipFile,
  parts: ReadonlyMap<string, Entry>,
  part: string,
): Promise<{ sheets: { name: string; relation: string }[]; is1904: boolean; uri: string }> {
  const sheets: { name: string; relation: string }[] = [];
  let is1904 = false;
  let uri = '';
  await parseAll(zip, parts, part, {
    open: (name, attributes) => {
      if (name === 'workbook') uri = attributes['xmlns'] ?? attributes['xmlns:x'] ?? '';
      if (name === 'workbookPr') is1904 = ['1', 'true'].includes(attributes['date1904'] ?? '');
      if (name === 'sheet')
        sheets.push({
          name: attributes['name'] ?? '',
          relation: attributes['r:id'] ?? attributes['id'] ?? '',
        });
    },
  });
  return { sheets, is1904, uri };
}

async function relationsOf(
  zip: ZipFile,
  parts: ReadonlyMap<string, Entry>,
  part: string,
): Promise<Map<string, { part: string; isSheet: boolean }>> {
  const folder = part.slice(0, part.lastIndexOf('/') + 1);
  const found = new Map<string, { part: string; isSheet: boolean }>();
  await parseAll(zip, parts, `${folder}_rels/${part.slice(folder.length)}.rels`, {
    open: (name, { Id: id = '', Target: target = '', Type: type = '' }) => {
      if (name !== 'Relationship') return;
      const path = target.startsWith('/') ? target : `/${folder}${target}`;
      found.set(id, {
        part: new URL(path, 'file:///').pathname.slice(1),
        isSheet: type.endsWith('/worksheet'),
      });
    },
  });
  return found;
}

async function stringsOf(zip: ZipFile, parts: ReadonlyMap<string, Entry>, part: string): Promise<string[]> {
  const strings: string[] = [];
  let text = '';
  await parseAll(
    zip,
    parts,
    part,
    {
      open: (name) => {
        if (name === 'si') text = '';
      },
      text: (more, path) => {
        if (path.at(-1) === 't' && isOfText(path, 'si')) text += more;
      },
      close: (name) => {
        if (name === 'si') strings.push(text.replaceAll('x005F_', ''));
      },
    },
    transitional,
  );
  return strings;
}

/** How each style of cells shows numbers. */
async function stylesOf(zip: ZipFile, parts: ReadonlyMap<string, Entry>): Promise<(Shown | undefined)[]> {
  const codes = new Map<number, string>();
  const formats: number[] = [];
  if (!parts.has('xl/styles.xml')) return [];
  await parseAll(zip, parts, 'xl/styles.xml', {
    open: (name, { numFmtId: id = '0', formatCode: code }, path) => {
      if (name === 'numFmt' && code !== undefined) codes.set(Number(id), code);
      if (name === 'xf' && path.at(-1) === 'cellXfs') formats.push(Number(id));
    },
  });
  return formats.map((id) => shownBy(id, codes.get(id)));
}

async function parseAll(
  zip: ZipFile,
  parts: ReadonlyMap<string, Entry>,
  part: string,
  handlers: Handlers,
  uri?: string,
): Promise<void> {
  for await (const _ of parse(zip, parts, part, handlers, uri));
}

/**
 * Reads a part, and gives way after each piece of it. Entities of its own it may not have, so nothing grows in it.
 *
 * @param uri of which namespace elements are; others are passed over
 */
async function* parse(
  zip: ZipFile,
  parts: ReadonlyMap<string, Entry>,
  part: string,
  handlers: Handlers,
  uri?: string,
): AsyncGenerator<void> {
  const entry = parts.get(part);
  if (!entry) throw new DamagedSheet(`it has no ${part}`);
  const parser = new SaxesParser({ xmlns: true, fileName: part });
  const path: string[] = [];
  const isOf = (tag: SaxesTagNS): boolean => uri === undefined || tag.uri === uri;
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', (tag) => {
    const attributes = Object.fromEntries(
      Object.values(tag.attributes).map(({ name, value }) => [name, value]),
    );
    if (isOf(tag)) handlers.open?.(tag.local, attributes, path);
    path.push(tag.local);
  });
  parser.on('text', (text) => handlers.text?.(text, path));
  parser.on('cdata', (text) => handlers.text?.(text, path));
  parser.on('closetag', (tag) => {
    path.pop();
    if (isOf(tag)) handlers.close?.(tag.local, path);
  });
  const letters = new TextDecoder('utf-8', { fatal: true });
  let sum = 0;
  for await (const chunk of await zip.openReadStreamPromise(entry)) {
    const bytes = chunk as Buffer;
    sum = crc32(bytes, sum);
    parser.write(letters.decode(bytes, { stream: true }));
    yield;
  }
  if (sum !== entry.crc32) throw new DamagedSheet(`${part} is not what it was when it was packed`);
  parser.write(letters.decode()).close();
  yield;
}
