import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { AirflowAnswer, AirflowCall } from '../../../src/aws/airflow.js';
import type { TableDefinition, TableDefinitions } from '../../../src/aws/table-definitions.js';
import type { Queries } from '../../../src/aws/queries.js';
import { ObjectChanged, type Copies } from '../../../src/aws/object-copies.js';
import { uriOf } from '../../../src/aws/objects.js';
import type { Layer } from '../../../src/model/layers.js';
import { names } from '../../../src/model/names.js';
import { snapshotKeys } from '../../../src/model/snapshots/manifest.js';
import type { EnvironmentAccess } from '../../../src/operations/environment-access.js';
import type { SnapshotStore } from '../../../src/operations/snapshots/store.js';
import { loadPlatform } from '../../../src/project/load-platform.js';
import { smallPlatform } from '../../small-platform.js';
import { MemoryCatalog } from '../memory-catalog.js';
import { etagOf, MemoryObjects } from '../memory-objects.js';
import { MemoryRecords } from '../memory-records.js';
import { MemoryTags } from '../lake-tags/memory-tags.js';

export const platform = loadPlatform(smallPlatform, 'local', {}, {});
const { environment } = platform;

/** A lake and a bucket of snapshots in memory, which somebody may write to, and which may die at any call. */
export class MemoryLake {
  readonly objects = new MemoryObjects();
  readonly catalog = new MemoryCatalog();
  readonly tags = new MemoryTags();
  readonly store: SnapshotStore;
  readonly access: EnvironmentAccess;
  readonly definitions = new Map<string, TableDefinition[]>();
  secrets: string[] = ['roastery-local/queue'];
  /** Variables of Airflow by key, with their values; undefined while it does not run. */
  variables: Map<string, string> | undefined;
  /** How many rows Athena counts in a table, by database and name. */
  readonly counts = new Map<string, number>();
  /** How many more calls there are before everything stops, as in a process that is killed. */
  callsLeft = Infinity;
  calls = 0;
  /** What somebody else does before a call; told what is called. */
  meanwhile: (call: string) => void = () => undefined;

  /** @param folder for the lock of the environment; nothing was ever applied from there */
  constructor(folder: string) {
    const dying = <Gateway extends object>(gateway: Gateway): Gateway =>
      new Proxy(gateway, {
        get: (target, name) => {
          const member = Reflect.get(target, name) as unknown;
          if (typeof member !== 'function') return member;
          return (...input: unknown[]) => {
            if (this.callsLeft <= 0) return Promise.reject(new Killed());
            this.callsLeft -= 1;
            this.calls += 1;
            this.meanwhile(String(name));
            return (member as (...all: unknown[]) => unknown).apply(target, input);
          };
        },
      });
    const objects = dying(this.objects);
    const copies = dying(new MemoryCopies(this.objects));
    this.store = {
      environment: environment.name,
      bucket: 'snapshots',
      objects,
      copies,
      records: dying(new MemoryRecords()),
    };
    for (const layer of ['bronze', 'silver', 'gold'] as const) {
      this.write(layer, 'scratch', 'a file that is no table', 'x');
      this.catalog.databases.set(names.database(environment, layer), new Map());
      this.tags.put(names.database(environment, layer));
    }
    this.write('artifacts', 'releases', 'current.json', JSON.stringify({ release: '0123456789abcdef' }));
    this.write('artifacts', 'releases/0123456789abcdef', 'jobs/one.py', 'pass');
    this.objects.stored.set('snapshots/other', Buffer.from(''));
    const aws = {
      objects,
      copies,
      catalog: dying(this.catalog),
      definitions: dying({
        of: (database) => Promise.resolve(this.definitions.get(database) ?? []),
        make: (database, definition) => {
          this.definitions.set(database, [...(this.definitions.get(database) ?? []), definition]);
          return Promise.resolve();
        },
      } satisfies TableDefinitions),
      tags: dying(this.tags),
      secrets: { get: () => Promise.resolve(''), names: () => Promise.resolve(this.secrets) },
      airflow: { call: (_: string, call: AirflowCall) => Promise.resolve(this.airflow(call)) },
      runs: { findApplication: () => Promise.resolve(undefined) },
      queries: {
        start: ({ sql, database }) => Promise.resolve(`${database}.${/"(\w+)"/.exec(sql)?.[1] ?? ''}`),
        status: () => Promise.resolve({ state: 'SUCCEEDED', reason: '', scannedBytes: 0, milliseconds: 1 }),
        page: (table) =>
          Promise.resolve({
            columns: [{ name: '_col0', type: 'bigint' }],
            rows: [['_col0'], [String(this.counts.get(table))]],
          }),
        stop: () => Promise.resolve(),
      } satisfies Queries,
    };
    this.access = {
      platform,
      aws: aws as unknown as EnvironmentAccess['aws'],
      caller: 'arn:aws:iam::123456789012:user/somebody',
      projectDirectory: smallPlatform,
      terraformDirectory: folder,
    } as EnvironmentAccess;
  }

  private airflow({ method, path, query, body }: AirflowCall): AirflowAnswer {
    if (!this.variables) return { status: 503, body: {} };
    if (method === 'POST') {
      const { key, value } = body as { key: string; value: string };
      this.variables.set(key, value);
      return { status: 201, body };
    }
    const variables = [...this.variables].map(([key, value]) => ({ key, value, description: null }));
    // However many are asked for, it tells of a hundred.
    const from = Number(query?.['offset'] ?? 0);
    const connections = [
      { connection_id: 'warehouse', conn_type: 'postgres', host: 'db', password: 'open sesame' },
    ];
    return path === '/variables'
      ? {
          status: 200,
          body: { variables: variables.slice(from, from + 100), total_entries: variables.length },
        }
      : { status: 200, body: { connections, total_entries: 1 } };
  }

  write(kind: Layer | 'artifacts', table: string, path: string, content: string): void {
    this.objects.stored.set(`${names.bucket(environment, kind)}/${table}/${path}`, Buffer.from(content));
  }

  /** Commits a version: files of so many rows, and the paths of files that go. */
  commit(
    layer: Layer,
    table: string,
    version: number,
    add: Record<string, number>,
    remove: string[] = [],
  ): void {
    for (const [path, rows] of Object.entries(add)) this.write(layer, table, path, `${path}: ${rows} rows`);
    const actions = [
      ...(version === 0 ? [{ protocol: {} }, { metaData: { id: `id of ${table}` } }] : []),
      ...remove.map((path) => ({ remove: { path } })),
      ...Object.entries(add).map(([path, numRecords]) => ({
        add: { path, stats: JSON.stringify({ numRecords }) },
      })),
    ];
    const name = `_delta_log/${String(version).padStart(20, '0')}.json`;
    this.write(layer, table, name, actions.map((action) => JSON.stringify(action)).join('\n'));
  }

  remove(layer: Layer, table: string, path: string): void {
    this.objects.stored.delete(`${names.bucket(environment, layer)}/${table}/${path}`);
  }

  /** All that is in a table's folder, by path. */
  table(layer: Layer, table: string): Record<string, string> {
    const prefix = `${names.bucket(environment, layer)}/${table}/`;
    return Object.fromEntries(
      [...this.objects.stored]
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, content]): [string, string] => [key.slice(prefix.length), content.toString()])
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  }

  /** Goes on after it was killed: who held the lock of snapshots is no process any more. */
  async revive(): Promise<void> {
    this.callsLeft = Infinity;
    const name = snapshotKeys.lock(environment.name);
    const found = await this.store.records.read(name);
    if (!found) return;
    const holder = JSON.parse(found.text) as { process: object };
    const dead = { ...holder, process: { ...holder.process, processStart: 'long ago' } };
    await this.store.records.replace(name, JSON.stringify(dead), found.version);
  }

  empty(): void {
    for (const layer of ['bronze', 'silver', 'gold'] as const) {
      for (const key of this.objects.stored.keys()) {
        if (key.startsWith(`${names.bucket(environment, layer)}/`) && !key.includes('/scratch/')) {
          this.objects.stored.delete(key);
        }
      }
    }
  }
}

/** What a process that was killed would have gone on with does not happen. */
export class Killed extends Error {}

class MemoryCopies implements Copies {
  constructor(private readonly objects: MemoryObjects) {}

  copy: Copies['copy'] = (from, to) => {
    const found = this.objects.stored.get(`${from.bucket}/${from.key}`);
    if (!found || (from.etag !== undefined && etagOf(found) !== from.etag)) {
      return Promise.reject(new ObjectChanged(uriOf(from)));
    }
    this.objects.stored.set(`${to.bucket}/${to.key}`, Buffer.from(found));
    return Promise.resolve({ sha256: sha256(found) });
  };

  checksum: Copies['checksum'] = ({ bucket, key }) => {
    const found = this.objects.stored.get(`${bucket}/${key}`);
    return Promise.resolve(found && { sha256: sha256(found) });
  };

  read: Copies['read'] = ({ bucket, key }) => {
    const found = this.objects.stored.get(`${bucket}/${key}`);
    return Promise.resolve(found && Readable.from([found]));
  };
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('base64');
}
