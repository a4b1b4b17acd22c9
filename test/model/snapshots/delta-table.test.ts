import { expect } from 'chai';
import { UnknownTable } from '../../../src/model/snapshots/delta-log.js';
import { TableReplay, type LogAction, type TableState } from '../../../src/model/snapshots/delta-table.js';

function after(...actions: LogAction[]): TableState {
  const replay = new TableReplay();
  for (const action of actions) replay.take(action);
  return replay.state;
}

const rows = (count: number): string => JSON.stringify({ numRecords: count });

describe('a Delta table that its log is followed to', () => {
  it('has what was added and not removed', () => {
    const state = after(
      { metaData: { id: 'table-1' } },
      { add: { path: 'a.parquet', stats: rows(3) } },
      { add: { path: 'b.parquet', stats: rows(4) } },
      { remove: { path: 'a.parquet' } },
    );
    expect(state).to.deep.equal({ id: 'table-1', files: ['b.parquet'], rows: 4 });
  });

  it('has files by their names on disk, of which the log escapes what has a meaning in addresses', () => {
    expect(after({ add: { path: 'day=2026-01-05%2012%253A00/a.parquet' } }).files).to.deep.equal([
      'day=2026-01-05 12%3A00/a.parquet',
    ]);
  });

  it('has the file of deleted rows too, and not those rows', () => {
    // The example of the protocol's own description of deletion vectors.
    const deletionVector = {
      storageType: 'u',
      pathOrInlineDv: 'ab^-aqEH.-t@S}K{vb[*k^',
      offset: 4,
      cardinality: 6,
    };
    const state = after(
      { add: { path: 'a.parquet', stats: rows(10) } },
      { remove: { path: 'a.parquet' } },
      { add: { path: 'a.parquet', stats: rows(10), deletionVector } },
    );
    expect(state.files).to.deep.equal([
      'a.parquet',
      'ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin',
    ]);
    expect(state.rows).to.equal(4);
  });

  it('does not know how many rows it has where a file does not say', () => {
    expect(after({ add: { path: 'a', stats: rows(1) } }, { add: { path: 'b' } }).rows).to.equal(undefined);
  });

  it('is refused where it needs what is not known here, or the files of another table', () => {
    const feature = { protocol: { readerFeatures: ['deletionVectors', 'catalogManaged'] } };
    expect(() => after(feature)).to.throw(UnknownTable, 'catalogManaged');
    for (const path of ['s3://other/table/a.parquet', '/other/table/a.parquet']) {
      expect(() => after({ add: { path } })).to.throw(UnknownTable, 'clone');
    }
  });
});
