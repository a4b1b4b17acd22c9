import { readFileSync, statSync } from 'node:fs';
import { headerOf } from '../../model/infer/csv-layout.js';
import type { Decisions, Question } from '../../model/infer/decisions.js';
import { DeliveryProfile, type Row } from '../../model/infer/delivery-profile.js';
import { cellText, type SheetCell } from '../../model/infer/sheet-cell.js';
import { DataplatError } from '../../model/errors.js';
import type { ReadOrAsked } from './read-delivery.js';
import { damaged, requireOneName, unreadable } from './unreadable.js';
import { NoWorkbook, Workbook, type SheetRow } from './workbook.js';

/** Bytes of a file, as `sheet_files.py` has it. */
const largest = 100 * 2 ** 20;
/** Rows that tell how a sheet is laid out. */
const sampled = 1000;

type ColumnType = 'date' | 'timestamp' | '';

/** Where the rows of a sheet are, and what their columns hold. */
interface Layout {
  readonly sheet: string;
  readonly skipped: number;
  readonly hasHeader: boolean;
  readonly names: readonly string[];
}

/**
 * A sheet of a workbook, by the rules of a run: every cell is a text, and of days the whole column says whether they are
 * moments.
 *
 * @throws DataplatError DP2013, DP1001
 */
export async function readSheet(path: string, decisions: Decisions): Promise<ReadOrAsked> {
  if (statSync(path).size > largest)
    throw unreadable(
      path,
      `it is larger than ${largest / 2 ** 20} MB, and a run reads a workbook as a whole`,
      'deliver it in parts, or as CSV or Parquet',
    );
  try {
    return await readIt(path, await Workbook.open(readFileSync(path)), decisions);
  } catch (error) {
    throw error instanceof NoWorkbook
      ? unreadable(path, error.message, 'save it as an Excel workbook (.xlsx) without a password', error)
      : damaged(path, error);
  }
}

async function readIt(path: string, book: Workbook, decisions: Decisions): Promise<ReadOrAsked> {
  const sheet = await sheetOf(path, book, decisions);
  if (typeof sheet !== 'string') return { questions: [sheet] };
  const layout = await layoutOf(path, book, sheet, decisions);
  if ('questions' in layout) return layout;
  const { names, skipped, hasHeader } = layout;
  requireOneName(path, names);
  const types = await columnTypes(book, layout);
  const delivery = new DeliveryProfile(names);
  for await (const rows of rowsOf(book, layout))
    for (const { row, cells } of rows) {
      if (isMalformed(cells, names.length)) {
        delivery.break(row);
        continue;
      }
      delivery.rows += 1;
      names.forEach((name, index) => {
        const cell = cells[index];
        if (cell) delivery.take(name, cellText(cell, types[index] ?? ''), row, kindOf(cell));
      });
    }
  return {
    format: 'xlsx',
    options: {
      ...((sheet !== book.sheets[0] || decisions.sheet !== undefined) && { sheet }),
      ...(skipped > 0 && { skipRows: skipped }),
      ...(!hasHeader && { header: false, columns: [...names] }),
    },
    delivery,
    rows: () => textsOf(book, layout, types),
  };
}

/** The one sheet that has a value, or which of several it is. */
async function sheetOf(path: string, book: Workbook, { sheet }: Decisions): Promise<string | Question> {
  const { sheets } = book;
  if (sheet !== undefined) {
    if (sheets.includes(sheet)) return sheet;
    throw unreadable(
      path,
      `it has no sheet "${sheet}"; it has ${sheets.join(', ')}`,
      '--sheet names one of them',
    );
  }
  const filled: string[] = [];
  for (const each of sheets) if (!(await isEmpty(book, each))) filled.push(each);
  const [only, other] = filled;
  if (only === undefined)
    throw unreadable(path, 'no sheet of it has a value', 'a contract is inferred from rows');
  if (other === undefined) return only;
  return {
    about: 'sheet',
    line: 1,
    message: `${filled.length} sheets have values: ${filled.join(', ')}; one is delivered`,
    hint: `--sheet '${only}'`,
    answers: filled,
  };
}

async function isEmpty(book: Workbook, sheet: string): Promise<boolean> {
  for await (const rows of book.rows(sheet)) if (rows.length > 0) return false;
  return true;
}

async function layoutOf(
  path: string,
  book: Workbook,
  sheet: string,
  decisions: Decisions,
): Promise<Layout | { readonly questions: readonly Question[] }> {
  const { skipRows: skipped = 0, columns } = decisions;
  const [first, ...rows] = await beginOf(book, sheet, skipped);
  if (!first) throw unreadable(path, `the sheet "${sheet}" has no rows`, 'a contract is inferred from rows');
  const texts = ({ cells }: SheetRow): string[] =>
    cells.map((cell) => (cell ? cellText(cell, '').trim() : ''));
  const fields = texts(first);
  const wider = rows.filter(({ cells }) => cells.length > fields.length).length;
  if (decisions.header !== false && decisions.skipRows === undefined && wider * 10 > rows.length)
    return { questions: [whatStandsAbove(first, fields.length, wider, rows.length)] };
  const hasHeader = decisions.header ?? headerOf(fields, rows.map(texts));
  if (hasHeader === undefined)
    return {
      questions: [
        {
          about: 'header',
          line: first.row,
          message: `the first row (${fields.slice(0, 3).join(', ')}) may be a header or a row`,
          hint: '--header or --no-header',
          answers: ['header', 'no-header'],
        },
      ],
    };
  if (hasHeader)
    return {
      sheet,
      skipped,
      hasHeader,
      names: fields.map((name, index) => (name === '' ? `_column_${index + 1}` : name)),
    };
  const width = Math.max(...[first, ...rows].map(({ cells }) => cells.length));
  if (columns && columns.length < width)
    throw new DataplatError('DP1001', `--columns names ${columns.length} fields, and rows have ${width}`);
  const standIns = Array.from({ length: width }, (_, index) => `column_${index + 1}`);
  return { sheet, skipped, hasHeader, names: columns ?? standIns };
}

function whatStandsAbove({ row }: SheetRow, values: number, wider: number, below: number): Question {
  return {
    about: 'skip-rows',
    line: row,
    message: `row ${row} ends with column ${values}, and ${wider} of ${below} rows below go on behind it: it is a title, or a header that lacks names`,
    hint: '--skip-rows 2 passes over the rows above the header; 0 takes this row for it',
    answers: [],
  };
}

async function beginOf(book: Workbook, sheet: string, skipped: number): Promise<SheetRow[]> {
  const begin: SheetRow[] = [];
  for await (const rows of book.rows(sheet)) {
    begin.push(...rows.filter(({ row }) => row > skipped).map(withoutEnd));
    if (begin.length > sampled) break;
  }
  return begin.slice(0, sampled);
}

/** Which columns hold days alone, and which days with a time. */
async function columnTypes(book: Workbook, layout: Layout): Promise<ColumnType[]> {
  const types = layout.names.map((): ColumnType => '');
  for await (const rows of rowsOf(book, layout))
    for (const { cells } of rows)
      cells.forEach((cell, index) => {
        if (cell?.kind !== 'day') return;
        if (!cell.isMidnight) types[index] = 'timestamp';
        else if (types[index] === '') types[index] = 'date';
      });
  return types;
}

/** The rows below the header. */
async function* rowsOf(book: Workbook, { sheet, skipped, hasHeader }: Layout): AsyncGenerator<SheetRow[]> {
  let isHeader = hasHeader;
  for await (const part of book.rows(sheet)) {
    const rows = part.filter(({ row }) => row > skipped).map(withoutEnd);
    if (isHeader && rows.length > 0) {
      isHeader = false;
      rows.shift();
    }
    yield rows;
  }
}

async function* textsOf(book: Workbook, layout: Layout, types: readonly ColumnType[]): AsyncGenerator<Row[]> {
  const { names } = layout;
  for await (const rows of rowsOf(book, layout))
    yield rows.map(({ row, cells }) => ({
      line: row,
      values: isMalformed(cells, names.length)
        ? undefined
        : new Map(
            names.map((name, index) => {
              const cell = cells[index];
              return [name, cell ? cellText(cell, types[index] ?? '') : ''];
            }),
          ),
    }));
}

/** Cells behind the last that has something in it are none. */
function withoutEnd({ row, cells }: SheetRow): SheetRow {
  return { row, cells: cells.slice(0, cells.findLastIndex(Boolean) + 1) };
}

/** `#N/A` is what spreadsheets say of a value that is not there; any other error, and what nobody calculated, says nothing. */
function isMalformed(cells: readonly (SheetCell | undefined)[], columns: number): boolean {
  return (
    cells.length > columns ||
    cells.some((cell) => cell?.kind === 'uncalculated' || (cell?.kind === 'error' && cell.text !== '#N/A'))
  );
}

function kindOf({ kind }: SheetCell): 'text' | 'cell' | 'boolean' {
  return kind === 'number' ? 'cell' : kind === 'boolean' ? 'boolean' : 'text';
}
