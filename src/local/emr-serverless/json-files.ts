import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * A folder of records, a JSON file each. A record is written beside its file and renamed over it, so that a reader
 * finds the old one or the new one whole, even after the process was killed.
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
      .flatMap((name) => {
        try {
          return [JSON.parse(readFileSync(path.join(this.#directory, name), 'utf8')) as Item];
        } catch {
          return [];
        }
      });
  }

  write(id: string, item: Item): void {
    const file = path.join(this.#directory, `${id}.json`);
    writeFileSync(`${file}.tmp`, JSON.stringify(item));
    renameSync(`${file}.tmp`, file);
  }

  remove(id: string): void {
    rmSync(path.join(this.#directory, `${id}.json`), { force: true });
  }
}
