import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { catalogTable, quarantineCatalogTable, type CatalogTable } from '../../src/model/catalog-table.js';
import { reachChanges, reachOf, type Reach } from '../../src/model/reach.js';
import { declaredTags, type TagDeclaration } from '../../src/model/tag-declaration.js';
import { loadPlatform } from '../../src/project/load-platform.js';
import { packageDirectory } from '../../src/project/project-directory.js';

interface Contract {
  readonly $id: string;
  readonly properties: Record<string, { 'x-dataplat'?: { tags?: Record<string, string> } }>;
  readonly 'x-dataplat': { readonly tags: Record<string, string> };
}

const folder = join(packageDirectory, 'config', 'schemas');
const contracts = readdirSync(folder).map(
  (file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Contract,
);

function reach(tags: TagDeclaration, { database, name, columns }: CatalogTable): Reach[] {
  return reachOf(tags, { database, table: name, columns: columns.map((column) => column.name) });
}

describe('who reads what', () => {
  for (const environment of ['local', 'dev', 'prod']) {
    const platform = loadPlatform(packageDirectory, environment, {}, {});
    const tags = declaredTags(platform);
    const personas = Object.entries(platform.environment.access.personas);

    it(`in ${environment}: nobody without that grant reaches a column that is personal data`, () => {
      let personal = 0;
      for (const contract of contracts) {
        const dataset = platform.datasets.find(({ id }) => id === contract.$id);
        if (!dataset) throw new Error(`no dataset ${contract.$id}`);
        const read = reach(tags, catalogTable(platform.environment, dataset));
        for (const [column, { 'x-dataplat': own }] of Object.entries(contract.properties)) {
          const sensitivity = own?.tags?.['sensitivity'] ?? contract['x-dataplat'].tags['sensitivity'] ?? '';
          if (sensitivity === 'pii') personal += 1;
          for (const [, { principals, reads }] of personas) {
            const may = reads.sensitivity.includes(sensitivity) && reads.layer.includes(dataset.layer);
            for (const principal of principals) {
              const does = read.some((one) => one.principal === principal && one.columns.includes(column));
              expect(does, `${principal} reads ${contract.$id}.${column}`).to.equal(may);
            }
          }
        }
      }
      // Else nothing would have been shown.
      expect(personal).to.be.greaterThan(5);
    });

    it(`in ${environment}: rejected rows are for those alone who may read personal data`, () => {
      for (const dataset of platform.datasets) {
        const read = reach(tags, quarantineCatalogTable(platform.environment, dataset));
        for (const { principal } of read) {
          const persona = personas.find(([, { principals }]) => principals.includes(principal))?.[1];
          expect(persona?.reads.sensitivity, principal).to.include('pii');
        }
      }
    });
  }

  const pages: CatalogTable['columns'] = ['id', 'email'].map((name) => ({
    name,
    type: 'string',
    comment: '',
  }));
  const table = { database: 'silver', table: 'people', columns: pages.map(({ name }) => name) };
  const on = { database: 'silver', table: 'people' };
  const base: TagDeclaration = {
    ontology: new Map(),
    assignments: [
      { database: 'silver', key: 'layer', value: 'silver' },
      { ...on, key: 'sensitivity', value: 'internal' },
      { ...on, column: 'email', key: 'sensitivity', value: 'pii' },
    ],
    grants: [
      {
        principal: 'reader',
        on: {
          kind: 'tags',
          resourceType: 'TABLE',
          expression: [
            { key: 'layer', values: ['silver'] },
            { key: 'sensitivity', values: ['internal'] },
          ],
        },
        permissions: ['SELECT'],
      },
    ],
  };

  it('is decided by every key of an expression, and by the nearest tag of a column', () => {
    expect(reachOf(base, table)).to.deep.equal([{ principal: 'reader', columns: ['id'] }]);
    const elsewhere = base.assignments.map((one) => ({
      ...one,
      ...(one.key === 'layer' && { value: 'gold' }),
    }));
    expect(reachOf({ ...base, assignments: elsewhere }, table)).to.deep.equal([]);
  });

  it('is the whole table for whom it is granted by name, and nothing for DESCRIBE alone', () => {
    const named = (permissions: string[]) => ({
      ...base,
      grants: [{ principal: 'job', on: { kind: 'table' as const, ...on }, permissions }],
    });
    expect(reachOf(named(['SELECT']), table)).to.deep.equal([{ principal: 'job', columns: ['id', 'email'] }]);
    expect(reachOf(named(['DESCRIBE']), table)).to.deep.equal([]);
  });

  it('tells what a change gives and takes', () => {
    const open = base.assignments.filter(({ column }) => column === undefined);
    const after = reachOf({ ...base, assignments: open }, table);
    expect(reachChanges(reachOf(base, table), after)).to.deep.equal([
      { principal: 'reader', gains: ['email'], loses: [] },
    ]);
    expect(reachChanges(after, [])).to.deep.equal([
      { principal: 'reader', gains: [], loses: ['id', 'email'] },
    ]);
  });
});
