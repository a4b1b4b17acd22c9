import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { listedIn, restoreInto, take } from './drill.js';
import { MemoryLake } from './memory-lake.js';
import type { DataplatError } from '../../../src/model/errors.js';
import { failureOf } from '../collect.js';

const folder = mkdtempSync(join(tmpdir(), 'dataplat-documents-'));
after(() => rmSync(folder, { recursive: true }));

const database = 'roastery_local_bronze';
const grant = {
  principal: 'arn:aws:iam::123456789012:role/auditor',
  on: { kind: 'database' as const, database },
  permissions: ['DESCRIBE'],
};

/** A lake with what nothing declares: a table, a tag and a grant of somebody's own, variables of Airflow. */
function lakeOfOthers(): MemoryLake {
  const lake = new MemoryLake(folder);
  lake.definitions.set(database, [{ Name: 'scratch', TableType: 'EXTERNAL_TABLE' }]);
  lake.tags.keys.set('retention', ['long', 'short']);
  lake.tags.bear({ database, key: 'retention', value: 'long' });
  lake.tags.held = [grant, { ...grant, principal: 'arn:aws:iam::999999999999:role/of-another-account' }];
  lake.variables = new Map([
    ['region_of_shops', 'emea'],
    ['crm_password', 'open sesame'],
  ]);
  return lake;
}

/** The same environment, made anew: with what is declared, and nothing of others. */
function emptied(lake: MemoryLake): void {
  lake.definitions.clear();
  lake.tags.keys.clear();
  for (const thing of lake.tags.things.values()) thing.clear();
  lake.tags.held = [];
  lake.variables = new Map();
  lake.secrets = [];
}

describe('what a snapshot has beside tables', () => {
  it('is asked for side by side', async () => {
    const lake = lakeOfOthers();
    const { secrets, definitions, airflow } = lake.access.aws;
    const asked = new Set<string>();
    let together: () => void = () => undefined;
    const all = new Promise<void>((resolve) => (together = resolve));
    // Each is answered when the others have been asked for too.
    const meet = async (who: string): Promise<void> => {
      if (asked.add(who).size === 3) together();
      await all;
    };
    const before = { secrets: { ...secrets }, definitions: { ...definitions }, airflow: { ...airflow } };
    Object.assign(secrets, {
      names: (prefix: string) => meet('secrets').then(() => before.secrets.names(prefix)),
    });
    Object.assign(definitions, {
      of: (name: string) => meet('catalog').then(() => before.definitions.of(name)),
    });
    Object.assign(airflow, {
      call: (...call: Parameters<typeof airflow.call>) =>
        meet('Airflow').then(() => before.airflow.call(...call)),
    });
    await take(lake);
    const [manifest] = await listedIn(lake);
    expect(Object.keys(manifest?.documents ?? {})).to.have.members([
      ...['catalog', 'tags', 'secrets', 'states', 'release', 'airflow'],
    ]);
  });

  it('has all been looked at before somebody is told that a part of it could not be', async () => {
    const lake = lakeOfOthers();
    let over = false;
    Object.assign(lake.access.aws.secrets, { names: () => Promise.reject(new Error('no secrets')) });
    Object.assign(lake.access.aws.definitions, {
      of: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        over = true;
        return [];
      },
    });
    expect(await failureOf(take(lake))).to.have.property('message', 'no secrets');
    expect(over).to.equal(true);
  });

  it('is given back: tables, tags and grants of others, variables of Airflow', async () => {
    const lake = lakeOfOthers();
    await take(lake);
    emptied(lake);
    const restored = await restoreInto(lake);
    expect(restored.definitions).to.deep.equal([`${database}.scratch`]);
    expect(lake.definitions.get(database)?.map(({ Name }) => Name)).to.deep.equal(['scratch']);
    expect(lake.tags.keys.get('retention')).to.deep.equal(['long', 'short']);
    expect([...(lake.tags.things.get(database)?.values() ?? [])]).to.deep.include({
      database,
      key: 'retention',
      value: 'long',
    });
    // Nobody knows who a principal of another account would be.
    expect(lake.tags.held).to.deep.equal([grant]);
    expect([...(lake.variables ?? [])]).to.deep.equal([['region_of_shops', 'emea']]);
    expect(restored.byHand).to.deep.equal([
      'secret roastery-local/queue: it is not there, and no snapshot has its value',
      'Airflow variable crm_password: its name says that it is a secret, and no snapshot has it',
      'Airflow connection warehouse (postgres): no snapshot has what opens it',
    ]);
    const again = await restoreInto(lake);
    expect([again.definitions, again.tags, again.variables]).to.deep.equal([[], [], []]);
  });

  it('has every variable, and sets none that is there, however many there are', async () => {
    const lake = lakeOfOthers();
    lake.variables = new Map(Array.from({ length: 250 }, (_, index) => [`v${index}`, String(index)]));
    await take(lake);
    expect((await restoreInto(lake)).variables).to.deep.equal([]);
    lake.variables.delete('v249');
    expect((await restoreInto(lake)).variables).to.deep.equal(['v249']);
  });

  it('holds no secret', async () => {
    const lake = lakeOfOthers();
    await take(lake);
    const kept = [...lake.objects.stored].filter(([key]) => key.startsWith('snapshots/'));
    expect(kept).not.to.be.empty;
    for (const [key, content] of kept) expect(content.includes('open sesame'), key).to.equal(false);
    const [manifest] = await listedIn(lake);
    expect(manifest?.missing.join()).not.to.contain('Airflow');
  });

  it('is left alone where somebody wants some tables, or does not agree', async () => {
    const lake = lakeOfOthers();
    lake.commit('bronze', 'members', 0, { 'b0.parquet': 3 });
    await take(lake);
    emptied(lake);
    const refused = await failureOf(restoreInto(lake, { consent: () => Promise.resolve(false) }));
    expect((refused as DataplatError).code).to.equal('DP5004');
    await restoreInto(lake, { tables: ['bronze/members'] });
    expect(lake.tags.keys.size).to.equal(0);
    expect(lake.definitions.size).to.equal(0);
  });
});
