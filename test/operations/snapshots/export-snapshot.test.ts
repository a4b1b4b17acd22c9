import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { exportSnapshot, type ExportResult } from '../../../src/operations/snapshots/export-snapshot.js';
import { collect } from '../collect.js';
import { take } from './drill.js';
import { MemoryLake } from './memory-lake.js';

describe('an exported snapshot', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dataplat-export-'));
  const directory = join(folder, 'out');
  after(() => rmSync(folder, { recursive: true }));

  it('has tables, documents and the sums of all, and fetches nothing twice but what was damaged', async () => {
    const lake = new MemoryLake(folder);
    lake.commit('bronze', 'members', 0, { 'b0.parquet': 3 });
    await take(lake);
    const write = async (): Promise<ExportResult> => {
      const { access, store } = lake;
      return (await collect(exportSnapshot({ access, store, snapshot: 'latest', directory }))).result;
    };
    // A file of rows, a commit, and the one file of the release.
    expect(await write()).to.deep.include({ files: 3, fetched: 3 });
    const row = join(directory, 'tables/bronze/members/b0.parquet');
    expect(readFileSync(row, 'utf8')).to.equal('b0.parquet: 3 rows');
    expect(existsSync(join(directory, 'catalog.json'))).to.equal(true);
    const sums = readFileSync(join(directory, 'SHA256SUMS'), 'utf8').trim().split('\n');
    for (const line of sums) {
      const [sum, path = ''] = line.split('  ');
      const content = readFileSync(join(directory, path));
      expect(createHash('sha256').update(content).digest('hex'), path).to.equal(sum);
    }
    expect((await write()).fetched).to.equal(0);
    writeFileSync(row, 'b0.parquet: 9 rows');
    expect((await write()).fetched).to.equal(1);
    expect(readFileSync(row, 'utf8')).to.equal('b0.parquet: 3 rows');
  });
});
