import fc from 'fast-check';
import { findSqlParser } from '../../src/toolchain/locate-toolchain.js';
import { readQueries } from '../../src/toolchain/query-reader.js';
import { linesEndAsDocumented } from './command-lines.js';
import { damageIsTold } from './declarations.js';
import { mutations } from './mutations.js';
import { readDamagedQueries } from './queries.js';

// The same cases every day; `fuzz.heavy.test.ts` has others each time.
const seed = 20260105;

describe('whatever somebody does', () => {
  it('to a declaration ends in a platform, or in problems at places that are there', async () => {
    await damageIsTold({ seed, numRuns: 250 }, 25);
  });

  it('to queries ends in problems at places that are there', async () => {
    const python = (await findSqlParser()) ?? '';
    await readDamagedQueries(fc.sample(mutations, { seed, numRuns: 60 }), (tables, asked) =>
      readQueries(python, tables, asked),
    );
  });

  it('types ends with a code of docs/CLI.md, with a word where it fails, and without a stack trace', async () => {
    await linesEndAsDocumented({ seed, numRuns: 190 });
  });
});
