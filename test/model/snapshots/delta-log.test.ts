import { expect } from 'chai';
import { isOfVersion, newestLog, UnreadableTable } from '../../../src/model/snapshots/delta-log.js';

const numbered = (version: number): string => String(version).padStart(20, '0');
const commit = (version: number): string => `${numbered(version)}.json`;
const checkpoint = (version: number): string => `${numbered(version)}.checkpoint.parquet`;
const part = (version: number, one: number, of: number): string =>
  `${numbered(version)}.checkpoint.${String(one).padStart(10, '0')}.${String(of).padStart(10, '0')}.parquet`;

describe('the newest version in a Delta log', () => {
  it('is told by all commits where there is no checkpoint', () => {
    expect(newestLog([commit(1), commit(0), '.part.tmp'])).to.deep.equal({
      version: 1,
      checkpoint: [],
      commits: [commit(0), commit(1)],
    });
  });

  it('is told by the newest checkpoint and the commits behind it, whatever was cleaned away before', () => {
    expect(newestLog([commit(9), checkpoint(10), commit(10), commit(11), commit(12)])).to.deep.equal({
      version: 12,
      checkpoint: [checkpoint(10)],
      commits: [commit(11), commit(12)],
    });
  });

  it('takes no checkpoint of which a part is missing', () => {
    const files = [commit(0), commit(1), commit(2), part(1, 1, 2), part(2, 1, 2), part(2, 2, 2)];
    expect(newestLog(files).checkpoint).to.deep.equal([part(2, 1, 2), part(2, 2, 2)]);
    expect(newestLog(files.slice(0, -1)).commits).to.deep.equal([commit(0), commit(1), commit(2)]);
  });

  it('is told by a checkpoint alone, where the commit of its version was cleaned away', () => {
    expect(newestLog([checkpoint(10)])).to.deep.equal({
      version: 10,
      checkpoint: [checkpoint(10)],
      commits: [],
    });
  });

  it('is not told where a commit is missing, or nothing is there', () => {
    expect(() => newestLog([commit(0), commit(2)])).to.throw(UnreadableTable, 'commit 1');
    expect(() => newestLog(['_last_checkpoint'])).to.throw(UnreadableTable, 'no commit');
  });
});

describe('the files of a log up to a version', () => {
  it('are all that tell that version or one before it', () => {
    const files = [
      commit(9),
      checkpoint(10),
      commit(11),
      `${numbered(10)}.crc`,
      `${numbered(3)}.${numbered(10)}.compacted.json`,
      `${numbered(3)}.${numbered(11)}.compacted.json`,
      '_last_checkpoint',
      '_sidecars/of-it.parquet',
    ];
    expect(files.filter((name) => isOfVersion(name, 10))).to.deep.equal([
      commit(9),
      checkpoint(10),
      `${numbered(10)}.crc`,
      `${numbered(3)}.${numbered(10)}.compacted.json`,
      '_sidecars/of-it.parquet',
    ]);
  });
});
