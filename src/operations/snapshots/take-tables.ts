import pLimit from 'p-limit';
import { s3Connections } from '../../aws/clients.js';
import { ObjectChanged } from '../../aws/object-copies.js';
import { DataplatError } from '../../model/errors.js';
import { UnknownTable, UnreadableTable } from '../../model/snapshots/delta-log.js';
import { tableFolder, type Manifest, type SnapshotTable } from '../../model/snapshots/manifest.js';
import { downstreamFirst, type LakeTable } from '../../model/snapshots/order.js';
import type { AccountAccess } from '../account-access.js';
import { step, warning, type Steps } from '../events.js';
import { backoff, pause, type Pause } from '../waiting.js';
import { keepFiles, type Copying } from './copy-files.js';
import { lakeFolders, resolveTable, seeTable, type NeededFile, type SeenTable } from './lake-tables.js';
import { keptFiles, putDocument, type SnapshotStore } from './store.js';

export interface TablesRequest {
  readonly access: Pick<AccountAccess, 'platform' | 'aws'>;
  /** Tables that are left out, as `layer/name`. */
  readonly without?: readonly string[];
  /** Waits before a table that changed is looked at again. Tests hand in one that does not wait. */
  readonly pause?: Pause;
}

/** A table of this snapshot. */
interface TakenTable {
  readonly table: Omit<SnapshotTable, 'listing'>;
  /** Of one that has not changed since the last snapshot: its files are known by that. */
  readonly listing?: string;
  readonly files: readonly NeededFile[];
}

/** A table that was written or cleaned up while it was looked at or copied. */
class Unsettled extends Error {
  constructor(
    readonly table: LakeTable,
    cause: Error,
  ) {
    super(cause instanceof ObjectChanged ? `${cause.message} is gone` : cause.message, { cause });
  }
}

const mostTries = 5;

/**
 * Copies every table at one version. All are looked at anew as often as one of them changes under the copying, for a
 * table alone would no longer fit those that are made of it.
 * @throws DataplatError DP9004, DP1008
 */
export async function* takeTables(
  request: TablesRequest,
  store: SnapshotStore,
  last: Manifest | undefined,
  copying: Copying,
): Steps<{ tables: SnapshotTable[]; missing: string[] }> {
  const waits = backoff(500, 10_000, 2);
  for (let tries = 1; ; tries += 1) {
    try {
      const { taken, missing } = yield* step(`look-${tries}`, 'Look at the tables', () =>
        lookAtTables(request, last),
      );
      const tables = yield* step(`copy-${tries}`, 'Copy what is new', () =>
        copyTables(store, last, taken, copying),
      );
      return { tables, missing };
    } catch (error) {
      if (!(error instanceof Unsettled)) throw error;
      const { table, message, cause } = error;
      if (cause instanceof UnknownTable || tries === mostTries) throw cannotBeTaken(table, message);
      yield warning(
        `${tableFolder(table)} changes while it is read (${message}): all tables are looked at again`,
      );
      await (request.pause ?? pause)(waits.next().value, copying.signal);
    }
  }
}

async function lookAtTables(
  { access: { platform, aws }, without = [] }: TablesRequest,
  last: Manifest | undefined,
): Promise<{ taken: TakenTable[]; missing: string[] }> {
  const { environment } = platform;
  const folders = await lakeFolders(environment, aws.objects);
  requireKnown(without, folders);
  const wanted = folders.filter((table) => !without.includes(tableFolder(table)));
  const limit = pLimit(s3Connections);
  const seen: SeenTable[] = [];
  const missing = without.map((folder) => `${folder} was left out, as asked`);
  for (const group of downstreamFirst(platform, wanted)) {
    const found = await Promise.all(
      group.map((table) => limit(() => seeTable(environment, table, aws.objects))),
    );
    seen.push(...found.filter((table) => table !== undefined));
    missing.push(
      ...group.filter((_, index) => !found[index]).map((table) => `${tableFolder(table)} is no Delta table`),
    );
  }
  const before = new Map(last?.tables.map((table) => [tableFolder(table), table]));
  const taken = await Promise.all(
    seen.map((table) =>
      limit(async (): Promise<TakenTable> => {
        const same = before.get(tableFolder(table));
        if (same?.log === table.hash) {
          const { listing, ...unchanged } = same;
          return { table: unchanged, listing, files: [] };
        }
        return settled(table, async () => {
          const { rows, files, ...resolved } = await resolveTable(table, aws.objects);
          const bytes = files.reduce((sum, { size }) => sum + size, 0);
          return {
            table: { ...resolved, rows: rows ?? null, files: files.length, bytes, log: table.hash },
            files,
          };
        });
      }),
    ),
  );
  return { taken, missing };
}

async function* copyTables(
  store: SnapshotStore,
  last: Manifest | undefined,
  taken: readonly TakenTable[],
  copying: Copying,
): AsyncGenerator<{ detail: string; done: number; total: number }, SnapshotTable[], void> {
  const { count, signal } = copying;
  const before = new Map(last?.tables.map((table) => [tableFolder(table), table.listing]));
  const total = taken.reduce((sum, { files }) => sum + files.length, 0);
  const copies = taken.map(async ({ table, listing, files }): Promise<SnapshotTable> => {
    if (listing !== undefined) return { ...table, listing };
    const folder = tableFolder(table);
    const earlier = before.get(folder);
    const known = earlier === undefined || !last ? [] : await keptFiles(store, last.id, earlier);
    const kept = await settled(table, () =>
      keepFiles(store, folder, files, new Map(known.map((file) => [file.path, file])), copying),
    );
    return { ...table, listing: await putDocument(store, kept) };
  });
  // All of them end, well or not, before anything else is done: none must go on behind the back of a second look.
  const settling = Promise.allSettled(copies);
  for (let over = false; !over;) {
    over = await Promise.race([settling.then(() => true), ticked(200)]);
    const done = Math.min(count.copied + count.reused, total);
    yield { detail: `${count.copied} copied, ${count.reused} there before`, done, total };
  }
  const ended = await settling;
  if (signal?.aborted) throw interrupted();
  const failed = ended.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason as Error;
  return ended.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

/** Whoever fails for a table that changes is told which. */
async function settled<Made>(table: LakeTable, work: () => Promise<Made>): Promise<Made> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ObjectChanged || error instanceof UnreadableTable) throw new Unsettled(table, error);
    throw error;
  }
}

function requireKnown(without: readonly string[], folders: readonly LakeTable[]): void {
  const there = folders.map(tableFolder);
  const unknown = without.filter((folder) => !there.includes(folder));
  if (unknown.length > 0) {
    throw new DataplatError(
      'DP1001',
      `no table ${unknown.join(', ')} in the lake; there is: ${there.join(', ')}`,
    );
  }
}

export function interrupted(): DataplatError {
  return new DataplatError('DP1008', 'interrupted', {
    left: 'no snapshot was made; what was copied so far is found by the next',
    next: ['dataplat dr snapshot'],
  });
}

function cannotBeTaken(table: LakeTable, why: string): DataplatError {
  const folder = tableFolder(table);
  return new DataplatError('DP9004', `the table ${folder} cannot be taken: ${why}`, {
    left: 'no snapshot was made; those that were made before are as they were',
    next: [
      'the same command again, when nobody cleans the table up',
      `dataplat dr snapshot --without-table ${folder}, which leaves it out and says so`,
    ],
  });
}

/** Keeps no program waiting that has nothing else to do. */
function ticked(milliseconds: number): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), milliseconds).unref());
}
