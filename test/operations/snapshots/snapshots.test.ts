import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { DataplatError } from '../../../src/model/errors.js';
import { thisHolder } from '../../../src/operations/state/holder.js';
import { listedIn, restoreInto, take, verify } from './drill.js';
import { Killed, MemoryLake } from './memory-lake.js';
import { failureOf } from '../collect.js';

const folder = mkdtempSync(join(tmpdir(), 'dataplat-snapshots-'));
after(() => rmSync(folder, { recursive: true }));

/** Members in bronze and silver; silver was made of the first version of bronze. */
function lakeOfTwoTables(): MemoryLake {
  const lake = new MemoryLake(folder);
  lake.commit('bronze', 'members', 0, { 'b0.parquet': 3 });
  lake.commit('bronze', 'members', 1, { 'b1.parquet': 2 }, ['b0.parquet']);
  lake.commit('silver', 'members', 0, { 's0.parquet': 2 });
  lake.counts.set('roastery_local_bronze.members', 2).set('roastery_local_silver.members', 2);
  return lake;
}

async function errorOf(promise: Promise<unknown>): Promise<DataplatError> {
  const error = await failureOf(promise);
  expect(error).to.be.instanceOf(DataplatError);
  return error as DataplatError;
}

describe('a snapshot', () => {
  it('has every table at its version: the files that it needs, its log, and no others', async () => {
    const lake = lakeOfTwoTables();
    const taken = await take(lake);
    expect(taken.tables).to.equal(2);
    // Of bronze the file that is current and two commits, of silver a file and a commit.
    expect(taken.files).to.equal(5);
    const [manifest] = await listedIn(lake);
    expect(
      manifest?.tables.map(({ layer, name, version, rows }) => [layer, name, version, rows]),
    ).to.deep.equal([
      ['bronze', 'members', 1, 2],
      ['silver', 'members', 0, 2],
    ]);
    expect(manifest?.missing.join()).to.contain('bronze/scratch is no Delta table');
    expect(manifest?.missing.join()).to.contain('Airflow does not run');
  });

  it('copies again nothing that an earlier one has', async () => {
    const lake = lakeOfTwoTables();
    await take(lake);
    lake.commit('bronze', 'members', 2, { 'b2.parquet': 1 });
    const second = await take(lake);
    expect(second.copied).to.equal(2);
    expect((await take(lake)).copied).to.equal(0);
    expect(await verify(lake)).to.deep.include({ tables: 2, files: 8 });
  });

  it('never has a table that was made of rows which it lacks, however much is written meanwhile', async () => {
    const lake = lakeOfTwoTables();
    let version = 1;
    // Before each call both move on: bronze first, then what is made of it.
    lake.meanwhile = (call) => {
      if (call !== 'list' || version > 30) return;
      version += 1;
      lake.commit('bronze', 'members', version, { [`b${version}.parquet`]: 1 });
      lake.commit('silver', 'members', version - 1, { [`s${version}.parquet`]: 1 });
    };
    await take(lake);
    const [manifest] = await listedIn(lake);
    const versions = new Map(manifest?.tables.map(({ layer, version: at }) => [layer, at]));
    expect(versions.get('bronze')).to.be.at.least((versions.get('silver') ?? 0) + 1);
    lake.meanwhile = () => undefined;
    await verify(lake);
  });

  it('looks at the tables again where one was cleaned up under it', async () => {
    const lake = lakeOfTwoTables();
    let cleaned = false;
    lake.meanwhile = (call) => {
      if (call !== 'copy' || cleaned) return;
      cleaned = true;
      lake.commit('bronze', 'members', 2, { 'compact.parquet': 2 }, ['b1.parquet']);
      lake.remove('bronze', 'members', 'b1.parquet');
    };
    await take(lake);
    const [manifest] = await listedIn(lake);
    expect(manifest?.tables[0]?.version).to.equal(2);
    await verify(lake);
  });

  it('is not made of a table that is not whole; the table can be left out by name', async () => {
    const lake = lakeOfTwoTables();
    lake.remove('bronze', 'members', 'b1.parquet');
    const error = await errorOf(take(lake));
    expect(error.code).to.equal('DP9004');
    expect(error.message).to.contain('bronze/members').and.to.contain('b1.parquet');
    const taken = await take(lake, { without: ['bronze/members'] });
    expect(taken.missing).to.include('bronze/members was left out, as asked');
    expect((await errorOf(take(lake, { without: ['bronze/member'] }))).code).to.equal('DP1001');
  });

  it('is not taken while somebody else takes one', async () => {
    const lake = lakeOfTwoTables();
    const holder = thisHolder('somebody', 'arn:aws:iam::123456789012:user/else', 'dataplat dr snapshot');
    await lake.store.records.create('local/lock.json', JSON.stringify(holder));
    const error = await errorOf(take(lake));
    expect(error.code).to.equal('DP9005');
    expect(error.details.excerpt?.join('\n')).to.contain('user/else');
  });

  it('is kept as long as it is asked for, with all that it has', async () => {
    const lake = lakeOfTwoTables();
    // The small platform keeps the last three.
    const first = await take(lake);
    lake.commit('bronze', 'members', 2, { 'b2.parquet': 1 }, ['b1.parquet']);
    for (let turn = 0; turn < 3; turn += 1) await take(lake);
    const ids = (await listedIn(lake)).map(({ id }) => id);
    expect(ids).to.have.length(3).and.not.to.include(first.snapshot);
    const files = (): string[] =>
      [...lake.objects.stored.keys()].filter((key) => key.includes('/files/bronze/'));
    expect(files().join()).to.contain('b1.parquet');
    // What nobody needs goes a day later, for somebody may be about to need it.
    lake.objects.modified = new Date(Date.now() - 2 * 86_400_000);
    await take(lake);
    expect(files().join()).to.contain('b2.parquet').and.not.to.contain('b1.parquet');
    for (const { id } of await listedIn(lake)) await verify(lake, id);
  });

  it('tells of one flipped bit, and of a file that is gone', async () => {
    const lake = lakeOfTwoTables();
    await take(lake);
    const [key] = [...lake.objects.stored.keys()].filter((one) =>
      one.includes('/files/bronze/members/b1.parquet/'),
    );
    const content = lake.objects.stored.get(key ?? '') ?? Buffer.alloc(0);
    content[3] = (content[3] ?? 0) ^ 1;
    const damaged = await errorOf(verify(lake));
    expect(damaged.code).to.equal('DP9003');
    expect(damaged.details.excerpt).to.have.length(1);
    expect(damaged.details.excerpt?.[0]).to.contain('b1.parquet').and.to.contain('checksum');
    lake.objects.stored.delete(key ?? '');
    expect((await errorOf(verify(lake))).details.excerpt?.[0]).to.contain('is not there');
    // What the lake still has mends the older one too.
    const [older] = await listedIn(lake);
    await take(lake, { full: true });
    await verify(lake, older?.id);
  });

  it('is not listed as good where its manifest was cut short or changed', async () => {
    const lake = lakeOfTwoTables();
    await take(lake);
    const [key] = [...lake.objects.stored.keys()].filter((one) => one.includes('/snapshots/'));
    lake.objects.stored.set(
      key ?? '',
      lake.objects.stored.get(key ?? '')?.subarray(0, 100) ?? Buffer.alloc(0),
    );
    expect(await listedIn(lake)).to.deep.equal([]);
    expect((await errorOf(verify(lake))).code).to.equal('DP9001');
  });
});

describe('restoring a snapshot', () => {
  it('gives back every table as it was, and nothing of it twice', async () => {
    const lake = lakeOfTwoTables();
    const before = [lake.table('bronze', 'members'), lake.table('silver', 'members')];
    delete before[0]?.['b0.parquet'];
    await take(lake);
    lake.empty();
    const restored = await restoreInto(lake);
    expect(restored.copied).to.equal(5);
    expect([lake.table('bronze', 'members'), lake.table('silver', 'members')]).to.deep.equal(before);
    expect(await verify(lake, 'latest', { restored: true })).to.deep.include({
      tables: 2,
      files: 5,
      counted: 2,
    });
    const again = await restoreInto(lake);
    expect(again.copied).to.equal(0);
    expect(again.tables.map(({ action }) => action)).to.deep.equal(['there', 'there']);
  });

  it('writes over a table that has gone on only where that is agreed to, and copies what is not there', async () => {
    const lake = lakeOfTwoTables();
    await take(lake);
    lake.commit('bronze', 'members', 2, { 'b2.parquet': 1 }, ['b1.parquet']);
    const refused = await errorOf(restoreInto(lake));
    expect(refused.code).to.equal('DP5006');
    expect(refused.details.excerpt).to.deep.equal(['bronze/members  is at version 2, the snapshot has 1']);
    const restored = await restoreInto(lake, { allowDataLoss: true });
    // The file of rows was never gone; the log is written anew.
    expect(restored.copied).to.equal(2);
    expect(Object.keys(lake.table('bronze', 'members'))).to.include('b1.parquet');
    expect(Object.keys(lake.table('bronze', 'members')).join()).not.to.contain('00002.json');
    await verify(lake, 'latest', { restored: true });
  });

  it('tells restored tables that are not the same', async () => {
    const lake = lakeOfTwoTables();
    await take(lake);
    lake.write('silver', 'members', 's0.parquet', 's0.parquet: 9 rows');
    lake.commit('bronze', 'members', 2, {});
    lake.counts.set('roastery_local_silver.members', 9);
    const error = await errorOf(verify(lake, 'latest', { restored: true }));
    expect(error.code).to.equal('DP9006');
    expect(error.details.excerpt?.join('\n')).to.contain('s0.parquet').and.to.contain('bronze/members  is 2');
  });

  it('takes some tables alone, and knows their names', async () => {
    const lake = lakeOfTwoTables();
    await take(lake);
    lake.empty();
    await restoreInto(lake, { tables: ['silver/members'] });
    expect(lake.table('bronze', 'members')).to.deep.equal({});
    expect(Object.keys(lake.table('silver', 'members'))).to.have.length(2);
    expect((await errorOf(restoreInto(lake, { tables: ['gold/none'] }))).code).to.equal('DP1001');
  });

  it('does not give back a file that was damaged', async () => {
    const lake = lakeOfTwoTables();
    await take(lake);
    lake.empty();
    const [key] = [...lake.objects.stored.keys()].filter((one) =>
      one.includes('/files/silver/members/s0.parquet/'),
    );
    lake.objects.stored.set(key ?? '', Buffer.from('s0.parquet: 7 rows'));
    const error = await errorOf(restoreInto(lake));
    expect(error.code).to.equal('DP9003');
    // Nobody can read what is not whole: the log has no beginning.
    expect(Object.keys(lake.table('silver', 'members')).join()).not.to.contain('_delta_log/');
  });
});

describe('a kill at any call', () => {
  it('of a snapshot leaves the list as it was, or with a whole one more; the next one finds what was copied', async () => {
    const whole = lakeOfTwoTables();
    await take(whole);
    // The last call gives the lock back, without which it was taken all the same.
    const calls = whole.calls - 1;
    for (let at = 0; at < calls; at += 1) {
      const lake = lakeOfTwoTables();
      lake.callsLeft = at;
      expect(await failureOf(take(lake)), `after ${at} calls`).to.be.instanceOf(Killed);
      await lake.revive();
      for (const { id } of await listedIn(lake)) await verify(lake, id);
      await take(lake);
      for (const { id } of await listedIn(lake)) await verify(lake, id);
      expect((await listedIn(lake)).length).to.be.at.least(1);
    }
  });

  it('of a restore leaves no table that reads as another, and the next one ends as if there had been none', async () => {
    const whole = lakeOfTwoTables();
    const before = [whole.table('bronze', 'members'), whole.table('silver', 'members')];
    delete before[0]?.['b0.parquet'];
    await take(whole);
    whole.empty();
    const begun = whole.calls;
    await restoreInto(whole);
    const calls = whole.calls - begun;
    for (let at = 0; at < calls; at += 1) {
      const lake = lakeOfTwoTables();
      await take(lake);
      lake.empty();
      lake.callsLeft = at;
      expect(await failureOf(restoreInto(lake)), `after ${at} calls`).to.be.instanceOf(Killed);
      await lake.revive();
      // What a log begins with is there only when all else is.
      for (const [layer, files] of [
        ['bronze', 3],
        ['silver', 2],
      ] as const) {
        const there = Object.keys(lake.table(layer, 'members')).filter((path) => path !== '_restoring.json');
        if (there.includes('_delta_log/00000000000000000000.json')) expect(there).to.have.length(files);
      }
      await restoreInto(lake);
      expect([lake.table('bronze', 'members'), lake.table('silver', 'members')]).to.deep.equal(before);
    }
  });
});
