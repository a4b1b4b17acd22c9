import { expect } from 'chai';
import { catalogTable, type CatalogTable } from '../../src/model/catalog-table.js';
import type { DataplatError } from '../../src/model/errors.js';
import { findDataset } from '../../src/model/find.js';
import { layers } from '../../src/model/layers.js';
import { names } from '../../src/model/names.js';
import { register, type RegisterOptions, type RegisterResult } from '../../src/operations/register.js';
import { evolve, isWider } from '../../src/operations/schema-evolution.js';
import { loadPlatform } from '../../src/project/load-platform.js';
import { collect, failureOf } from './collect.js';
import { MemoryCatalog } from './memory-catalog.js';
import { MemoryObjects } from './memory-objects.js';
import { smallPlatform } from '../small-platform.js';

const loaded = loadPlatform(smallPlatform, 'local', {}, {});
const { environment } = loaded;
const accounts = findDataset(loaded, 'shops_bronze');
const platform = { ...loaded, datasets: [accounts] };
const declared = catalogTable(environment, accounts);

describe('glue register', () => {
  let catalog: MemoryCatalog;
  let objects: MemoryObjects;
  beforeEach(() => {
    catalog = new MemoryCatalog();
    for (const layer of layers) catalog.databases.set(names.database(environment, layer), new Map());
    objects = new MemoryObjects();
  });
  const run = async (options: RegisterOptions = {}): Promise<RegisterResult> =>
    (await collect(register(platform, { catalog, objects }, options))).result;

  it('makes what is missing, and then has nothing to do', async () => {
    expect(await run()).to.include({ created: 1, updated: 0, unchanged: 0 });
    expect(catalog.changes).to.deep.equal(['create shops']);
    expect(await run()).to.include({ created: 0, updated: 0, unchanged: 1 });
    expect(catalog.changes).to.have.length(1);
  });

  it('only says what it would do with --dry-run, in the same words', async () => {
    const said = await run({ dryRun: true });
    expect(catalog.changes).to.deep.equal([]);
    const done = await run();
    expect(said.tables).to.deep.equal(done.tables);
  });

  it('adds a column, keeps what others noted on the table, and names the version it looked at', async () => {
    const without = declared.columns.filter(({ name }) => name !== 'roast');
    catalog.put({ ...declared, columns: without, parameters: { ...declared.parameters, foreign: 'x' } }, '7');
    const { updated, tables } = await run();
    expect(updated).to.equal(1);
    expect(tables[0]?.why).to.include('adds roast string');
    expect(catalog.changes).to.deep.equal(['update shops at 7']);
    const [table] = (await catalog.tables(declared.database)) ?? [];
    expect(table?.parameters).to.deep.equal({ ...declared.parameters, foreign: 'x' });
    expect(table?.columns).to.deep.equal(declared.columns);
  });

  it('refuses everything where one table would lose a column, and says which', async () => {
    const more = [...declared.columns, { name: 'fax', type: 'string', comment: '' }];
    catalog.put({ ...declared, columns: more });
    const both = { ...loaded, datasets: [accounts, findDataset(loaded, 'members_bronze')] };
    const error = await failureOf(collect(register(both, { catalog, objects })));
    expect(error).to.have.property('code', 'DP7003');
    expect((error as DataplatError).details.excerpt).to.deep.equal([
      'roastery_local_bronze.shops  drops fax string',
    ]);
    expect(catalog.changes).to.deep.equal([]);
  });

  it('leaves a table alone that somebody else made', async () => {
    catalog.put({ ...declared, parameters: {} });
    expect(await failureOf(run())).to.have.property('code', 'DP7003');
    expect((await run({ dryRun: true })).tables[0]?.action).to.equal('refused');
  });

  it('registers the quarantine once there is one', async () => {
    const bucket = names.bucket(environment, 'bronze');
    objects.stored.set(`${bucket}/shops__quarantine/_delta_log/00000000000000000000.json`, Buffer.from('{}'));
    await run();
    expect(catalog.changes).to.have.members(['create shops', 'create shops__quarantine']);
    const table = (await catalog.tables(declared.database))?.find(({ name }) =>
      name.endsWith('__quarantine'),
    );
    expect(table?.location).to.equal(`s3://${bucket}/shops__quarantine/`);
    expect(table?.columns.map(({ name, type }) => `${name} ${type}`)).to.deep.equal([
      '_raw map<string,string>',
      '_reasons array<string>',
      '_source_file string',
      'ingest_date date',
    ]);
  });

  it('drops with --prune what no contract declares any more, of this environment alone', async () => {
    const other = (name: string, mark: string): CatalogTable => ({
      ...declared,
      name,
      parameters: { 'dataplat.environment': mark },
    });
    catalog.put(declared);
    catalog.put(other('old', 'local'));
    catalog.put(other('theirs', 'dev'));
    catalog.put(other('shops__quarantine', 'local'));
    await run();
    expect(catalog.changes).to.deep.equal([]);
    expect(await run({ prune: true })).to.include({ dropped: 1 });
    expect(catalog.changes).to.deep.equal(['drop old']);
  });

  it('says what to do where nothing is deployed', async () => {
    catalog.databases.clear();
    expect(await failureOf(run())).to.have.property('code', 'DP4004');
  });
});

describe('schema evolution', () => {
  const column = (name: string, type: string) => ({ name, type, comment: '' });

  it('takes a type that holds every value of the old one, and no other', () => {
    const yes = [
      'int>bigint',
      'tinyint>int',
      'float>double',
      'decimal(10,2)>decimal(12,2)',
      'decimal(10,2)>decimal(12,4)',
    ];
    const no = [
      'bigint>int',
      'double>float',
      'int>string',
      'decimal(10,2)>decimal(10,4)',
      'decimal(10,2)>decimal(12,1)',
      'date>timestamp',
    ];
    const judged = (pair: string): boolean => {
      const [from = '', to = ''] = pair.split('>');
      return isWider(from, to);
    };
    expect(yes.filter((pair) => !judged(pair))).to.deep.equal([]);
    expect(no.filter(judged)).to.deep.equal([]);
  });

  it('takes a new column only where old rows may go without a value', () => {
    const has = [column('id', 'string')];
    const wants = [column('id', 'string'), column('phone', 'string')];
    expect(evolve(has, wants, () => true)).to.deep.equal({ allowed: ['adds phone string'], refused: [] });
    expect(evolve(has, wants, () => false).refused).to.have.length(1);
  });

  it('sees a renamed column as one that is dropped', () => {
    const { refused } = evolve([column('phone', 'string')], [column('telephone', 'string')], () => true);
    expect(refused).to.deep.equal(['drops phone string']);
  });
});
