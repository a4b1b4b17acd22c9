import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { expect } from 'chai';
import { newestLog } from '../../../src/model/snapshots/delta-log.js';
import { readTable } from '../../../src/operations/snapshots/read-delta-log.js';
import { packageDirectory } from '../../../src/project/project-directory.js';

/** Logs that Spark has written, and what Spark says of the tables: `logs/make.py` made both. */
const logs = join(packageDirectory, 'test', 'operations', 'snapshots', 'logs');

interface SparkSays {
  readonly version: number;
  readonly id: string;
  readonly rows: number;
  readonly dataFiles: readonly string[];
  /** Files that say which rows are deleted; none was replaced by another. */
  readonly vectors: readonly string[];
}

const says = JSON.parse(readFileSync(join(logs, 'spark-says.json'), 'utf8')) as Record<string, SparkSays>;

/** Of one Spark has two files of deleted rows: an older one, and the one that counts. */
const current = (name: string, files: readonly string[], vectors: readonly string[]): string[] =>
  name === 'vectors' ? files.filter((file) => vectors.includes(file)) : [];

describe('the files of a Delta table, as Spark reads it', () => {
  for (const [name, told] of Object.entries(says)) {
    it(name, async () => {
      const folder = join(logs, name, '_delta_log');
      const files = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) =>
          join(entry.parentPath, entry.name)
            .slice(folder.length + 1)
            .split(sep)
            .join('/'),
        );
      const newest = newestLog(files);
      const table = await readTable(newest, (file) => Promise.resolve(readFileSync(join(folder, file))));
      expect(newest.version).to.equal(told.version);
      expect(table.id).to.equal(told.id);
      const vectors = current(name, table.files, told.vectors);
      expect(table.files.filter((file) => !vectors.includes(file))).to.deep.equal(told.dataFiles);
      expect(vectors.length > 0).to.equal(told.vectors.length > 0);
      expect(table.rows).to.equal(name === 'uncounted' ? undefined : told.rows);
    });
  }
});
