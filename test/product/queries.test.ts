import { expect } from 'chai';
import { namedQueries } from '../../src/project/named-queries.js';
import { packageDirectory } from '../../src/project/project-directory.js';
import { projectFiles } from '../../src/project/project-files.js';
import { findSqlParser } from '../../src/toolchain/locate-toolchain.js';
import { readQueries } from '../../src/toolchain/query-reader.js';
import { contractImpact } from '../../src/operations/contract-impact.js';
import { product } from './declared.js';

describe('named queries', () => {
  it('of this project name only tables that the layer has', () => {
    const { datasets } = product('local');
    const queries = namedQueries(projectFiles(packageDirectory));
    expect(queries.length).to.be.at.least(10);
    for (const { name, sql, layer } of queries) {
      const own = [...sql.matchAll(/(\w+) AS \(/g)].map(([, table]) => table);
      const read = [...sql.matchAll(/(?:FROM|JOIN) ([a-z]\w*)/g)].map(([, table]) => table);
      const known = datasets
        .filter((dataset) => dataset.layer === layer)
        .flatMap(({ table }) => [table, `${table}__quarantine`]);
      expect(read, name).to.not.be.empty;
      expect([...known, ...own], name).to.include.members(read);
    }
  });

  it('read only what contracts declare', async function () {
    // Another process reads them.
    const python = await findSqlParser();
    if (python === undefined) throw new Error('not set up');
    const queries = namedQueries(projectFiles(packageDirectory));
    const { problems } = await contractImpact(product('prod'), undefined, queries, (tables, read) =>
      readQueries(python, tables, read),
    );
    expect(problems).to.deep.equal([]);
  });
});
