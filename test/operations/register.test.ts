import { expect } from 'chai';
import { catalogTable, quarantineCatalogTable, type CatalogTable } from '../../src/model/catalog-table.js';
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
const quarantine = quarantineCatalogTable(environment, accounts);

describe('glue register', () => {
  let catalog: MemoryCatalog;
  let objects: MemoryObjects;
  beforeEach(() => {
    catalog = new MemoryCatalog();
    for (const layer of layers) catalog.databases.set(names.database(environment, layer), new Map());
    objects = new MemoryObjects();
    // There are rejected rows.
    objects.stored.set(
      `${names.bucket(environment, 'bronze')}/shops__quarantine/_delta_log/00000000000000000000.json`,
      Buffer.from('{}'),
    );
  });
  const run = async (options: RegisterOptions = {}): Promise<RegisterResult> =>
    (await collect(register(platform, { catalog, objects }, options))).result;

  it('makes what is missing, and then has nothing to do', async () => {
    expect(await run()).to.include({ created: 2, updated: 0, unchanged: 0 });
    expect(catalog.changes).to.deep.equal(['create shops', 'create shops__quarantine']);
    expect(await run()).to.include({ created: 0, updated: 0, unchanged: 2 });
    expect(catalog.changes).to.have.length(2);
  });

  it('says of what it makes that its tags are missing, and nothing of what was there', async () => {
    const said = async (): Promise<string[]> => {
      const { events } = await collect(register(platform, { catalog, objects }));
      return events.flatMap((event) => (event.type === 'message' ? [event.text] : []));
    };
    const [warned, ...more] = await said();
    expect(warned).to.contain('dataplat lf seed-tags --env local');
    expect(more).to.deep.equal([]);
    expect(await said()).to.deep.equal([]);
  });

  it('only says what it would do with --dry-run, in the same words', async () => {
    const said = await run({ dryRun: true });
    expect(catalog.changes).to.deep.equal([]);
    const done = await run();
    expect(said.tables).to.deep.equal(done.tables);
  });

  it('adds a column, keeps what others noted on the table, and names the version it looked at', async () => {
    const without = declared.columns.filter(({ name }) => name !== 'roast');
    catalog.put(quarantine);
    catalog.put({ ...declared, columns: without, parameters: { ...declared.parameters, foreign: 'x' } }, '7');
    const { updated, tables } = await run();
    expect(updated).to.equal(1);
    expect(tables[0]?.why).to.include('adds roast string');
    expect(catalog.changes).to.deep.equal(['update shops at 7']);
    const table = catalog.table(declared);
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
      '  instead: leave fax and let it be null until nothing reads it; a table without it is a dataset of another name',
    ]);
    expect(catalog.changes).to.deep.equal([]);
  });

  it('leaves a table alone that somebody else made', async () => {
    catalog.put({ ...declared, parameters: {} });
    expect(await failureOf(run())).to.have.property('code', 'DP7003');
    expect((await run({ dryRun: true })).tables[0]?.action).to.equal('refused');
  });

  it('has a table for rejected rows where there are any: what was delivered, and why it was not taken', async () => {
    await run();
    const table = catalog.table(quarantine);
    expect(table?.location).to.equal(`s3://${names.bucket(environment, 'bronze')}/shops__quarantine/`);
    expect(table?.columns.map(({ name, type }) => `${name} ${type}`)).to.deep.equal([
      '_raw map<string,string>',
      '_reasons array<string>',
      '_source_file string',
      'ingest_date date',
    ]);
  });

  it('looks again where somebody else changes a table at the same moment, and writes over nobody', async () => {
    catalog.put(quarantine);
    catalog.put({ ...declared, description: 'before' }, '7');
    // Between the look and the update another one adds a note.
    catalog.meanwhile = () =>
      catalog.put(
        { ...declared, description: 'before', parameters: { ...declared.parameters, note: 'theirs' } },
        '8',
      );
    expect(await run()).to.include({ updated: 1 });
    expect(catalog.changes).to.deep.equal(['update shops at 8']);
    expect(catalog.table(declared)?.parameters).to.include({ note: 'theirs' });
    expect(catalog.table(declared)?.description).to.equal(declared.description);
  });

  it('takes a table that somebody else has just made as declared for done', async () => {
    catalog.meanwhile = () => catalog.put(declared);
    expect(await run()).to.include({ created: 0, unchanged: 2 });
    expect(catalog.changes).to.deep.equal(['create shops__quarantine']);
  });

  it('gives up where a table changes whenever it is looked at, and says whose doing it is', async () => {
    let version = 7;
    const note = (): void => {
      version += 1;
      catalog.put({ ...declared, description: `note ${version}` }, String(version));
      catalog.meanwhile = note;
    };
    note();
    const error = await failureOf(run());
    expect(error).to.have.property('code', 'DP7007');
    expect((error as DataplatError).message).to.contain('roastery_local_bronze.shops');
    expect(catalog.table(declared)?.description).to.equal(`note ${version}`);
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
    catalog.put(quarantine);
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

  it('sees a column of another name in the place of one of its type as renamed, and says what to do instead', () => {
    const { refused } = evolve([column('phone', 'string')], [column('telephone', 'string')], () => true);
    expect(refused).to.deep.equal([
      {
        column: 'phone',
        change: 'renames phone to telephone',
        migration:
          'leave phone, add telephone as a nullable column beside it, fill both, and move readers over',
      },
    ]);
  });

  it('sees a drop where something else was added elsewhere, and a narrower type', () => {
    const has = [column('id', 'string'), column('fax', 'string'), column('amount', 'decimal(18,2)')];
    const wants = [column('id', 'string'), column('amount', 'decimal(10,2)'), column('site', 'string')];
    const { allowed, refused } = evolve(has, wants, () => true);
    expect(allowed).to.deep.equal(['adds site string']);
    expect(refused.map(({ change }) => change)).to.deep.equal([
      'changes amount from decimal(18,2) to decimal(10,2), which not every value fits',
      'drops fax string',
    ]);
    expect(refused[0]?.migration).to.contain('add a nullable amount_decimal decimal(10,2) beside it');
  });
});
