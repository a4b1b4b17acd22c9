import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { findSqlParser } from '../../src/toolchain/locate-toolchain.js';
import { readQueries } from '../../src/toolchain/query-reader.js';
import { linesEndAsDocumented } from './command-lines.js';
import { damageIsTold } from './declarations.js';
import { mutations } from './mutations.js';
import { readDamagedQueries } from './queries.js';

// DATAPLAT_FUZZ_SEED has the cases of a run before again.
const seed = Number(process.env['DATAPLAT_FUZZ_SEED'] ?? randomInt(2 ** 31));

describe(`whatever somebody does, 50,000 times (seed ${seed})`, function () {
  this.timeout(0);
  const began = performance.now();
  after(() => console.log(`      ${Math.round((performance.now() - began) / 1000)} s, seed ${seed}`));

  it('to a declaration ends in a platform, or in problems at places that are there', async () => {
    await damageIsTold({ seed, numRuns: 30_000 }, 25);
  });

  it('to queries ends in problems at places that are there', async () => {
    const python = (await findSqlParser()) ?? '';
    for (let part = 0; part < 25; part += 1)
      await readDamagedQueries(fc.sample(mutations, { seed: seed + part, numRuns: 200 }), (tables, asked) =>
        readQueries(python, tables, asked),
      );
  });

  it('types ends with a code of docs/CLI.md, with a word where it fails, and without a stack trace', async () => {
    await linesEndAsDocumented({ seed, numRuns: 15_000 });
  });
});
