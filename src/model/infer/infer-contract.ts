import type { SourceOptions } from '../source-options.js';
import { columnNames } from './column-names.js';
import type { Decisions, Question } from './decisions.js';
import type { DeliveryProfile } from './delivery-profile.js';
import type { Inferred } from './finding.js';
import { inferColumn } from './inferred-column.js';
import type { KeyCandidate } from './likely-key.js';
import { personalDataNamed } from './personal-data.js';

/** A column of a file, with what it is found to be. */
export interface InferredColumn extends Inferred {
  readonly name: string;
  /** What it is called in the file. */
  readonly delivered: string;
  /** Rows without a value. */
  readonly missing: number;
  readonly isUnique: boolean;
  readonly isNullable: boolean;
  /** What it likely holds of persons. */
  readonly personal?: string;
}

export interface InferredColumns {
  readonly columns: readonly InferredColumn[];
  readonly questions: readonly Question[];
}

/** What each column is, and all that somebody has to decide before. */
export function inferColumns(delivery: DeliveryProfile, decisions: Decisions): InferredColumns {
  const names = columnNames([...delivery.columns.keys()]);
  const columns: InferredColumn[] = [];
  const questions: Question[] = [];
  for (const [delivered, { profile, unique }] of delivery.columns) {
    if (profile.typed?.kind === 'left out') continue;
    const name = names.get(delivered) ?? delivered;
    const finding = inferColumn(profile, byDeliveredName(decisions, name, delivered));
    if ('questions' in finding) {
      questions.push(...finding.questions);
      continue;
    }
    const { inferred } = finding;
    const keptAsText = inferred.type === 'string' ? sum(profile.likelyNulls.values()) : 0;
    const found = [...profile.personal].find(([, count]) => count * 2 >= profile.present);
    const personal = found?.[0] ?? namedPersonal(name, inferred.type);
    const missing = delivery.rows - profile.present - keptAsText;
    columns.push({
      ...inferred,
      notes: [
        ...inferred.notes,
        ...(profile.sureNulls.size > 0
          ? [
              `${[...profile.sureNulls].map(([mark, count]) => `"${mark}" (${count})`).join(', ')} read as empty`,
            ]
          : []),
      ],
      name,
      delivered,
      missing,
      // Where no row shows it, the file's own schema says it.
      isNullable: missing > 0 || (delivery.rows === 0 && profile.typed?.isNullable === true),
      isUnique: unique.isUnique && delivery.rows > 0,
      ...(personal !== undefined && { personal }),
    });
  }
  return { columns, questions };
}

function namedPersonal(name: string, type: string): string | undefined {
  const personal = personalDataNamed(name);
  if (personal === 'a date of birth') return type === 'boolean' ? undefined : personal;
  return ['string', 'bigint'].includes(type) || type.startsWith('decimal(38,0') ? personal : undefined;
}

/** Decisions name a column as the file does, or as the table does. */
function byDeliveredName(decisions: Decisions, name: string, delivered: string): Decisions {
  const of = (given: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
    const value = given[delivered] ?? given[name];
    return value === undefined ? given : { ...given, [delivered]: value };
  };
  return { ...decisions, formats: of(decisions.formats), decimals: of(decisions.decimals) };
}

export function keyCandidates(columns: readonly InferredColumn[]): KeyCandidate[] {
  return columns.map(({ name, type, isNullable, isUnique }) => ({
    name,
    type,
    isNullable,
    isUnique,
  }));
}

/** What the contract says of a file, besides its columns. */
export interface InferredTable {
  readonly table: string;
  readonly system: string;
  readonly owner: string;
  readonly key: readonly string[];
  readonly file: string;
  readonly rows: number;
  /** Columns that the contract does not know. */
  readonly leftOut?: readonly string[];
}

/** The contract of a file's rows in bronze. */
export function contractOf(
  table: InferredTable,
  columns: readonly InferredColumn[],
): Record<string, unknown> {
  const required = columns
    .filter(({ name, isNullable }) => !isNullable || table.key.includes(name))
    .map(({ name }) => name);
  const { leftOut = [] } = table;
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `${table.table}_bronze`,
    title: `${table.table}, as delivered`,
    description: `Inferred from ${table.file}, ${table.rows} rows; key: ${table.key.join(', ')}. Rows are conformed to types and otherwise untouched.`,
    type: 'object',
    properties: {
      ...Object.fromEntries(
        columns.map((column) => [column.name, property(column, table.rows, required.includes(column.name))]),
      ),
      _source_file: {
        type: 'string',
        description: 'The landing object the row came from.',
        'x-dataplat': { origin: 'platform' },
      },
      _unmapped: {
        type: ['object', 'null'],
        additionalProperties: { type: 'string' },
        description: `Delivered columns that this contract does not know, by name${leftOut.length > 0 ? `: ${leftOut.join(', ')}` : ''}.`,
        'x-dataplat': { origin: 'platform' },
      },
      ingest_date: {
        type: 'string',
        format: 'date',
        description: 'The logical date of the delivery.',
        'x-dataplat': { origin: 'platform' },
      },
    },
    required: [...required, '_source_file', 'ingest_date'],
    additionalProperties: false,
    'x-dataplat': {
      layer: 'bronze',
      table: table.table,
      primaryKey: table.key,
      partitionedBy: ['ingest_date'],
      owner: table.owner,
      write: 'replace-partition',
      tags: { domain: table.system, sensitivity: 'internal' },
    },
  };
}

const jsonTypes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  bigint: { type: 'integer' },
  double: { type: 'number' },
  boolean: { type: 'boolean' },
  date: { type: 'string', format: 'date' },
  timestamp: { type: 'string', format: 'date-time' },
  string: { type: 'string' },
};

function property(column: InferredColumn, rows: number, isRequired: boolean): Record<string, unknown> {
  const { type, format } = jsonTypes[column.type] ?? { type: 'number' };
  const parse = {
    ...(column.delivered !== column.name && { from: column.delivered }),
    ...column.parse,
  };
  const extension = {
    ...(column.type.startsWith('decimal') && { type: column.type }),
    ...(column.personal !== undefined && { tags: { sensitivity: 'pii' } }),
    ...(Object.keys(parse).length > 0 && { parse }),
  };
  return {
    type: isRequired ? type : [type, 'null'],
    ...(format !== undefined && { format }),
    description: `${seenIn(column, rows)}.`,
    ...(Object.keys(extension).length > 0 && { 'x-dataplat': extension }),
  };
}

/** What was seen of a column, in words. */
export function seenIn(column: InferredColumn, rows: number): string {
  const empty =
    rows === 0
      ? `No row to see; the file says that it may ${column.isNullable ? '' : 'not '}be empty`
      : column.missing === 0
        ? 'Never empty'
        : `${column.missing} of ${rows} empty (${((100 * column.missing) / rows).toFixed(1)} %)`;
  const personal = column.personal === undefined ? [] : [`likely ${column.personal}`];
  return [empty, ...personal, ...column.notes].join('; ');
}

/** How a file is written, as far as not as usual. */
export function writtenAs(
  layout: { readonly delimiter?: string; readonly hasHeader?: boolean; readonly names?: readonly string[] },
  encoding: SourceOptions['encoding'] = 'utf-8',
): SourceOptions {
  return {
    ...(encoding !== 'utf-8' && { encoding }),
    ...(layout.delimiter !== undefined && layout.delimiter !== ',' && { delimiter: layout.delimiter }),
    ...(layout.hasHeader === false && { header: false, columns: [...(layout.names ?? [])] }),
  };
}

/** The marks that stand for nothing in a file. */
export function markedNulls(delivery: DeliveryProfile): SourceOptions {
  const nulls = new Set(
    [...delivery.columns.values()].flatMap(({ profile }) => [...profile.sureNulls.keys()]),
  );
  return nulls.size > 0 ? { nulls: [...nulls] } : {};
}

function sum(counts: Iterable<number>): number {
  return [...counts].reduce((total, count) => total + count, 0);
}
