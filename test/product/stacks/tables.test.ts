import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { packageDirectory } from '../../../src/project/project-directory.js';
import { environmentNames } from '../../stacks/environments.js';
import { resources, type Attributes } from '../../stacks/synthesized.js';
import { productStacks } from '../declared.js';

interface Column {
  readonly type: string | readonly string[];
  readonly format?: string;
  readonly description: string;
  readonly 'x-dataplat'?: { readonly type?: string };
}

interface Contract {
  readonly $id: string;
  readonly properties: Readonly<Record<string, Column>>;
  readonly 'x-dataplat': { readonly table: string; readonly owner: string };
}

/** Read again from the files: what the model makes of them is what is tested. */
const folder = join(packageDirectory, 'config', 'schemas');
const contracts = readdirSync(folder).map(
  (file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Contract,
);

describe('the Glue tables of each environment', () => {
  for (const environment of environmentNames) {
    it(`have the columns of the contracts in ${environment}, and a table for what is rejected`, () => {
      const tables = new Map(
        resources(productStacks(environment).stacks.data, 'aws_glue_catalog_table').map(([, table]) => {
          const { 'dataplat.dataset': dataset } = table['parameters'] as Record<string, string>;
          return [`${dataset}${String(table['name']).endsWith('__quarantine') ? ' rejected' : ''}`, table];
        }),
      );
      for (const { $id: id, properties, 'x-dataplat': block } of contracts) {
        const table = tables.get(id);
        expect(table, id).to.include({ name: block.table, owner: block.owner });
        const stored = table?.['storage_descriptor'] as
          | { readonly columns: readonly Attributes[] }
          | undefined;
        expect(stored?.columns.map(({ name, type, comment }) => [name, type, comment])).to.deep.equal(
          Object.entries(properties).map(([name, column]) => [name, glueType(column), column.description]),
        );
        expect(tables.has(`${id} rejected`), id).to.equal(true);
      }
    });
  }
});

/** The type of a column in Glue, by the decision on contracts. */
function glueType(column: Column): string {
  const named = column['x-dataplat']?.type;
  if (named !== undefined) return named.replaceAll(' ', '');
  const [kind = ''] = [column.type].flat().filter((one) => one !== 'null');
  const byFormat = { date: 'date', 'date-time': 'timestamp' }[column.format ?? ''];
  if (kind === 'string' && byFormat !== undefined) return byFormat;
  const byKind: Readonly<Record<string, string>> = {
    object: 'map<string,string>',
    string: 'string',
    integer: 'bigint',
    number: 'double',
    boolean: 'boolean',
  };
  return byKind[kind] ?? `no type for ${kind}`;
}
