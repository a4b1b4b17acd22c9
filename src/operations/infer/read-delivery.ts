import { closeSync, openSync, readSync } from 'node:fs';
import type { Decisions, Question } from '../../model/infer/decisions.js';
import type { DeliveredSource } from '../../model/infer/declared-files.js';
import type { DeliveryProfile, Row } from '../../model/infer/delivery-profile.js';
import { kindOfFile } from '../../model/infer/file-kind.js';
import type { SourceOptions } from '../../model/source-options.js';
import { unreadable } from './unreadable.js';

/** A delivered file, once every value of it was looked at. */
export interface Read {
  readonly format: DeliveredSource['format'];
  /** How it is written, as the options of a source say it; what stands for nothing in it is added later. */
  readonly options: SourceOptions;
  readonly encoding?: NonNullable<SourceOptions['encoding']>;
  readonly delivery: DeliveryProfile;
  /** Its rows once more, with the values of some columns at the least, and in parts. */
  readonly rows: (columns: readonly string[]) => AsyncIterable<Iterable<Row>>;
}

export type ReadOrAsked = Read | { readonly questions: readonly Question[] };

/**
 * Looks at a file by what it is. What reads a format is loaded where a file has it.
 *
 * @throws DataplatError DP2013, DP1001
 */
export async function readDelivery(path: string, decisions: Decisions): Promise<ReadOrAsked> {
  const begin = beginOf(path);
  if (begin.length === 0) throw unreadable(path, 'it is empty', 'deliver it again');
  const found = kindOfFile(path, begin);
  if ('why' in found) throw unreadable(path, found.why, found.next);
  switch (found.kind) {
    case 'text':
      return (await import('./read-text.js')).readText(path, decisions);
    case 'parquet':
      return (await import('./read-parquet.js')).readParquet(path);
    case 'xlsx':
      return (await import('./read-sheet.js')).readSheet(path, decisions);
    case 'avro':
      return (await import('./read-avro.js')).readAvro(path);
    default:
      return found.kind satisfies never;
  }
}

function beginOf(path: string): Uint8Array {
  try {
    const file = openSync(path, 'r');
    try {
      const begin = Buffer.alloc(512);
      return begin.subarray(0, readSync(file, begin));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw unreadable(path, error instanceof Error ? error.message : String(error), undefined, error);
  }
}
