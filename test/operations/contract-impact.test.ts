import { expect } from 'chai';
import type { Column, Dataset } from '../../src/model/dataset.js';
import type { Platform } from '../../src/model/platform.js';
import { contractImpact, type Impact } from '../../src/operations/contract-impact.js';
import { loadPlatform } from '../../src/project/load-platform.js';
import { namedQueries } from '../../src/project/named-queries.js';
import { smallPlatform } from '../small-platform.js';
import { projectFiles } from '../../src/project/project-files.js';
import { findSqlParser } from '../../src/toolchain/locate-toolchain.js';
import { readQueries } from '../../src/toolchain/query-reader.js';

const platform = loadPlatform(smallPlatform, 'prod', {}, {});
const queries = namedQueries(projectFiles(smallPlatform));

async function impact(
  after: Platform,
  before: Platform | undefined,
  asked: readonly { name: string; sql: string }[] = queries,
): Promise<Impact> {
  const python = await findSqlParser();
  if (python === undefined) throw new Error('not set up');
  return contractImpact(after, before, asked, (tables, read) => readQueries(python, tables, read));
}

async function problemsOf(sql: string): Promise<string[]> {
  const { problems } = await impact(platform, undefined, [{ name: 'asked', sql }]);
  return problems.map(({ location, message, hint }) =>
    [`${location.line}:${location.column} ${message}`, ...(hint === undefined ? [] : [hint])].join('; '),
  );
}

/** The platform with another contract of a dataset. */
function changed(id: string, change: (columns: readonly Column[]) => readonly Column[]): Platform {
  const datasets = platform.datasets.map((one): Dataset =>
    one.id === id ? { ...one, columns: change(one.columns) } : one,
  );
  return { ...platform, datasets };
}

const without =
  (name: string) =>
  (columns: readonly Column[]): Column[] =>
    columns.filter((column) => column.name !== name);

const edited =
  (name: string, edit: (column: Column) => Column) =>
  (columns: readonly Column[]): Column[] =>
    columns.map((column) => (column.name === name ? edit(column) : column));

describe('what queries read', function () {
  // A process each time.
  it('is declared, in every query of the project', async () => {
    expect(queries).to.have.length(2);
    expect((await impact(platform, undefined)).problems).to.deep.equal([]);
  });

  it('is followed by the syntax: aliases, subqueries, correlated ones, WITH, and columns of a result', async () => {
    const sql = `WITH active AS (
        SELECT a.shop_id AS id, a.country AS land, count(*) OVER (PARTITION BY a.country) AS others
        FROM shops AS a WHERE a.is_open
      )
      SELECT land, max(others) AS most, 'gone_column' AS text -- gone_column
      FROM active
      WHERE EXISTS (SELECT 1 FROM members c WHERE c.shop_id = active.id AND land <> '')
      GROUP BY land HAVING max(others) > 1 ORDER BY most DESC`;
    expect(await problemsOf(sql)).to.deep.equal([]);
  });

  it('is named with its place where no contract declares it, and the nearest name', async () => {
    expect(await problemsOf('SELECT country,\n  a.yearli_rent\nFROM shops a')).to.deep.equal([
      '2:5 reads a column "yearli_rent", which bronze.shops has not; did you mean yearly_rent?',
    ]);
    expect((await problemsOf('SELECT 1 FROM shps'))[0]).to.match(
      /^1:15 reads a table "shps" that no contract declares; did you mean shops/,
    );
    expect(await problemsOf('SELECT x.nothing FROM (SELECT country FROM shops) x')).to.have.length(1);
    expect(await problemsOf('SELECT country FROM shops WHERE id IN (SELECT 1)')).to.have.length(1);
  });

  it('keeps its place behind a {{parameter}}', async () => {
    const [problem] = await problemsOf(
      'SELECT country FROM shops WHERE ingest_date = DATE {{date}} AND country = {{ land:text }} AND gone = 1',
    );
    expect(problem).to.match(/^1:95 reads a column "gone"/);
  });

  it('must be SQL', async () => {
    expect((await problemsOf('SELECT country FRM shops WHERE ('))[0]).to.contain(
      'is no SQL that Athena takes',
    );
  });

  it('is told of where it is nested without end', async () => {
    const deep = `SELECT country FROM shops WHERE ${'('.repeat(3000)}1${')'.repeat(3000)} = 1`;
    expect(await problemsOf(deep)).to.deep.equal(['1:1 is nested too deeply to be read']);
  });

  it('must be UTF-8: saved in another encoding it is called that', async () => {
    const saved = Buffer.from('\ufeffSELECT country FROM shops', 'utf16le').toString('utf8');
    expect(await problemsOf(saved)).to.deep.equal(['1:1 this is no UTF-8; save the file as UTF-8']);
  });
});

describe('a changed contract', function () {
  it('that only gains a column that may be null breaks nobody', async () => {
    const more = changed('shops_bronze', (columns) => [
      ...columns,
      { name: 'phone', type: 'string', nullable: true, description: 'x', origin: 'source', tags: {} },
    ]);
    expect((await impact(more, platform)).breaches).to.deep.equal([]);
  });

  it('that drops a column names every query, job and reader of it, and no other', async () => {
    const { breaches, problems } = await impact(changed('shops_bronze', without('yearly_rent')), platform);
    expect(problems.map(({ location }) => location.file)).to.deep.equal(['queries/shops_by_country.sql']);
    expect(breaches).to.have.length(1);
    expect(breaches[0]).to.deep.include({
      dataset: 'shops_bronze',
      change: 'drops yearly_rent decimal(18,2)',
      queries: ['shops_by_country'],
      // Analysts read no bronze.
      grants: ['engineer', 'steward'],
    });
    expect(breaches[0]?.jobs).to.include.members(['shops', 'check_bronze']);
    expect(breaches[0]?.jobs).not.to.include('members');
  });

  it('that narrows a type names those as well, though every query still finds the column', async () => {
    const narrower = changed(
      'shops_bronze',
      edited('yearly_rent', (column) => ({ ...column, type: 'decimal(10,2)' })),
    );
    const { breaches, problems } = await impact(narrower, platform);
    expect(problems).to.deep.equal([]);
    expect(breaches.map(({ change, queries: read }) => [change, read])).to.deep.equal([
      [
        'changes yearly_rent from decimal(18,2) to decimal(10,2), which not every value fits',
        ['shops_by_country'],
      ],
    ]);
  });

  it('names the masking rule that a column had, and whom personal data becomes readable for', async () => {
    const dropped = await impact(changed('members_bronze', without('email')), platform);
    const rule = platform.datasets
      .find(({ id }) => id === 'members_bronze')
      ?.columns.find(({ name }) => name === 'email')?.masking?.rule;
    expect(dropped.breaches.map(({ masking }) => masking)).to.deep.equal([`email by ${rule ?? 'no rule'}`]);
    const open = changed(
      'members_bronze',
      edited('email', ({ name, type, nullable, description, origin }) => ({
        name,
        type,
        nullable,
        description,
        origin,
        tags: {},
      })),
    );
    const changes = (await impact(open, platform)).breaches.map(({ change }) => change);
    expect(changes).to.have.members(['masks email no more', 'lets engineer read email']);
  });

  it('that is deleted names all that reads the table', async () => {
    const gone = {
      ...platform,
      datasets: platform.datasets.filter(({ id }) => id !== 'members_bronze'),
    };
    const { breaches } = await impact(gone, platform);
    expect(breaches).to.have.length(1);
    expect(breaches[0]).to.include({ dataset: 'members_bronze', change: 'is declared no more' });
    expect(breaches[0]?.queries).to.deep.equal(['members_without_shop']);
  });
});
