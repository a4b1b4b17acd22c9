import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { ObjectStore, S3Place } from '../emr-serverless/object-store.js';
import { readJson, writeWhole } from '../files.js';

/**
 * A folder on this machine that is kept equal to a place in the bucket, as MWAA keeps it for its schedulers and workers.
 * A file that changes there is replaced whole; one that is gone there goes here, too.
 */
export class DagFolder {
  readonly directory: string;
  readonly #store: ObjectStore;
  readonly #index: string;

  constructor(store: ObjectStore, directory: string) {
    this.#store = store;
    this.directory = directory;
    this.#index = `${directory}.json`;
  }

  /** Rejects where the bucket cannot be read. */
  async follow(from: S3Place): Promise<void> {
    const prefix = from.key === '' || from.key.endsWith('/') ? from.key : `${from.key}/`;
    const have = readJson<Record<string, string>>(this.#index) ?? {};
    const found = await this.#store.list({ bucket: from.bucket, key: prefix });
    const wanted = new Map<string, string>();
    mkdirSync(this.directory, { recursive: true });
    for (const [key, tag] of found) {
      const relative = key.slice(prefix.length);
      const parts = relative.split('/');
      // Markers of folders, and keys that would lead out of here.
      if (parts.some((part) => part === '' || part === '.' || part === '..')) continue;
      wanted.set(relative, tag);
      if (have[relative] === tag) continue;
      await this.#store.download({ bucket: from.bucket, key }, path.join(this.directory, relative));
    }
    for (const relative of Object.keys(have)) {
      if (!wanted.has(relative)) rmSync(path.join(this.directory, relative), { force: true });
    }
    writeWhole(this.#index, JSON.stringify(Object.fromEntries(wanted)));
  }
}
