import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, writeWhole } from './files.js';

/**
 * A folder of records, a JSON file each. A reader finds the old record or the new one whole, even after the process was
 * killed.
 */
export class JsonFiles<Item> {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true });
  }

  /** Every record; half-written ones (there are none but after a full disk) are left out. */
  all(): Item[] {
    return readdirSync(this.#directory)
      .filter((name) => name.endsWith('.json'))
      .sort()
      .flatMap((name) => readJson<Item>(join(this.#directory, name)) ?? []);
  }

  write(id: string, item: Item): void {
    writeWhole(join(this.#directory, `${id}.json`), JSON.stringify(item));
  }

  remove(id: string): void {
    rmSync(join(this.#directory, `${id}.json`), { force: true });
  }
}
