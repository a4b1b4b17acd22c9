import pLimit from 'p-limit';
import type { Copies } from '../../aws/object-copies.js';
import type { Environment } from '../../model/environment.js';
import { DataplatError } from '../../model/errors.js';
import { names } from '../../model/names.js';
import { newestLog, UnreadableTable } from '../../model/snapshots/delta-log.js';
import {
  listingsOf,
  snapshotKeys,
  tableFolder,
  type Manifest,
  type SnapshotTable,
} from '../../model/snapshots/manifest.js';
import type { AccountAccess } from '../account-access.js';
import { step, type Operation, type Steps } from '../events.js';
import { rowsOf } from '../query.js';
import { problemOf, type PlacedFile } from './check-files.js';
import { seeTable } from './lake-tables.js';
import {
  documentText,
  findSnapshot,
  keptFiles,
  notWhole,
  storeOf,
  type ChosenSnapshot,
  type SnapshotStore,
} from './store.js';

export interface VerifyOptions extends ChosenSnapshot {
  /** Compare the tables of the environment that is open with the snapshot, not what the snapshot has. Default: false. */
  readonly restored?: boolean;
}

export interface VerifyResult {
  readonly snapshot: string;
  /** Whose tables were compared; undefined for the snapshot itself. */
  readonly environment?: string;
  readonly tables: number;
  readonly files: number;
  readonly bytes: number;
  /** Tables whose rows were counted by Athena and are as many. */
  readonly counted: number;
}

/** Files that are read side by side. */
const atOnce = 16;

/**
 * Reads every file and compares it with what was copied; of restored tables also their version, and the number of their
 * rows as Athena counts them.
 * @throws DataplatError DP9001, DP9003 where the snapshot is not whole, DP9006 where restored tables are not the same
 */
export async function* verifySnapshot(options: VerifyOptions): Operation<VerifyResult> {
  const { access, restored = false } = options;
  const { environment } = access.platform;
  const store = storeOf(options);
  const manifest = await findSnapshot(store, options.snapshot);
  const counts = restored
    ? yield* verifyRestored(options, store, manifest)
    : yield* verifyKept(options, store, manifest);
  yield {
    type: 'result',
    result: {
      snapshot: manifest.id,
      ...(restored && { environment: environment.name }),
      tables: manifest.tables.length,
      ...counts,
    },
  };
}

type Counts = Pick<VerifyResult, 'files' | 'bytes' | 'counted'>;

async function* verifyKept(
  { signal }: VerifyOptions,
  store: SnapshotStore,
  manifest: Manifest,
): Steps<Counts> {
  const { bucket, environment, copies } = store;
  const { placed, problems } = yield* step('documents', 'Read what is in it', async () => {
    const wrong: string[] = [];
    const files: PlacedFile[] = [];
    const noting = async (work: () => Promise<void>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        if (!(error instanceof DataplatError) || error.code !== 'DP9003') throw error;
        wrong.push(...(error.details.excerpt ?? []));
      }
    };
    for (const hash of Object.values(manifest.documents)) {
      await noting(async () => void (await documentText(store, manifest.id, hash)));
    }
    for (const [listing, { folder, id }] of listingsOf([manifest])) {
      await noting(async () => {
        for (const file of await keptFiles(store, id, listing)) {
          files.push({ place: { bucket, key: snapshotKeys.file(environment, folder, file) }, file });
        }
      });
    }
    return { placed: files, problems: wrong };
  });
  const found = [...problems, ...(yield* compare(placed, copies, signal))];
  if (found.length > 0) throw notWhole(manifest.id, [...new Set(found)]);
  return { ...sizes(placed), counted: 0 };
}

async function* verifyRestored(
  { access, signal }: VerifyOptions,
  store: SnapshotStore,
  manifest: Manifest,
): Steps<Counts> {
  const { platform, aws } = access;
  const { environment } = platform;
  const problems: string[] = [];
  const placed = yield* step('tables', 'Look at the tables', async () => {
    const files: PlacedFile[] = [];
    for (const table of manifest.tables) {
      const bucket = names.bucket(environment, table.layer);
      for (const file of await keptFiles(store, manifest.id, table.listing)) {
        files.push({ place: { bucket, key: `${table.name}/${file.path}` }, file });
      }
      const version = await versionOf(environment, table, aws.objects);
      if (version !== table.version) {
        problems.push(`${tableFolder(table)}  is ${version}, the snapshot has version ${table.version}`);
      }
    }
    return files;
  });
  problems.push(...(yield* compare(placed, aws.copies, signal)));
  const { counted, different } = yield* countRows(access, manifest.tables, signal);
  problems.push(...different);
  if (problems.length > 0) throw differs(environment.name, manifest, problems);
  return { ...sizes(placed), counted };
}

async function versionOf(
  environment: Environment,
  table: SnapshotTable,
  objects: AccountAccess['aws']['objects'],
): Promise<number | string> {
  const seen = await seeTable(environment, table, objects);
  if (!seen) return 'not there';
  try {
    return newestLog(seen.log.map(({ key }) => key)).version;
  } catch (error) {
    if (error instanceof UnreadableTable) return `not whole: ${error.message}`;
    throw error;
  }
}

/** Counts the rows of each table that the catalog has and the snapshot knows the number of. */
async function* countRows(
  { platform, aws }: AccountAccess,
  tables: readonly SnapshotTable[],
  signal: AbortSignal | undefined,
): Steps<{ counted: number; different: string[] }> {
  const { environment } = platform;
  return yield* step('rows', 'Count rows', async function* () {
    const different: string[] = [];
    let counted = 0;
    const registered = new Set<string>();
    for (const layer of new Set(tables.map((table) => table.layer))) {
      const found = (await aws.catalog.tables(names.database(environment, layer))) ?? [];
      for (const { name, location } of found) registered.add(`${location} ${name}`);
    }
    for (const { layer, name, rows } of tables) {
      const location = `s3://${names.bucket(environment, layer)}/${name}/`;
      if (rows === null || !registered.has(`${location} ${name}`)) continue;
      yield { detail: `${layer}/${name}`, done: counted, total: tables.length };
      const database = names.database(environment, layer);
      try {
        const [[there] = []] = await rowsOf(environment, aws, {
          sql: `SELECT count(*) FROM "${name}"`,
          title: `rows of ${layer}/${name}`,
          database,
          ...(signal && { signal }),
        });
        counted += 1;
        if (there !== rows)
          different.push(`${layer}/${name}  has ${String(there)} rows, the snapshot ${rows}`);
      } catch (error) {
        if (!(error instanceof DataplatError) || error.code !== 'DP7001') throw error;
        different.push(`${layer}/${name}  cannot be read: ${error.message}`);
      }
    }
    return { counted, different };
  });
}

async function* compare(
  placed: readonly PlacedFile[],
  copies: Copies,
  signal: AbortSignal | undefined,
): Steps<string[]> {
  return yield* step('compare', 'Compare every file', async function* () {
    const limit = pLimit(atOnce);
    const problems: string[] = [];
    let done = 0;
    for (let begin = 0; begin < placed.length; begin += 500) {
      if (signal?.aborted) throw new DataplatError('DP1008', 'interrupted', { left: 'nothing was changed' });
      const found = await Promise.all(
        placed.slice(begin, begin + 500).map((one) => limit(() => problemOf(one, copies))),
      );
      problems.push(...found.filter((problem) => problem !== undefined));
      done += found.length;
      yield { detail: `${problems.length} not the same`, done, total: placed.length };
    }
    return problems;
  });
}

function sizes(placed: readonly PlacedFile[]): { files: number; bytes: number } {
  return { files: placed.length, bytes: placed.reduce((sum, { file }) => sum + file.size, 0) };
}

function differs(environment: string, { id }: Manifest, problems: readonly string[]): DataplatError {
  return new DataplatError(
    'DP9006',
    `${environment} is not as snapshot ${id} has it (${problems.length} differences)`,
    {
      excerpt: [
        ...problems.slice(0, 20),
        ...(problems.length > 20 ? [`and ${problems.length - 20} more`] : []),
      ],
      left: 'nothing was changed',
      next: [
        `dataplat dr restore ${id} --env ${environment} --dry-run`,
        `dataplat dr verify ${id}, of the snapshot itself`,
      ],
    },
  );
}
