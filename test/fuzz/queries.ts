import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contractImpact, type ReadQueries } from '../../src/operations/contract-impact.js';
import { readPlatform } from '../../src/model/read-platform.js';
import { projectWith } from '../model/project.js';
import { smallPlatform } from '../small-platform.js';
import { expectSound } from './declarations.js';
import { mutated, type Mutation } from './mutations.js';

/** What is wrong with the queries of the small platform after all that happened to each; all are read at once. */
export async function readDamagedQueries(
  damage: readonly (readonly Mutation[])[],
  read: ReadQueries,
): Promise<void> {
  const queries = damage.flatMap((all, index) => {
    const name = index % 2 === 0 ? 'shops_by_country' : 'members_without_shop';
    const text = mutated(readFileSync(join(smallPlatform, 'queries', `${name}.sql`)), false, all);
    // One that is no UTF-8 is told of before any is read.
    const sql = text?.toString('utf8').replace(/^\ufeff/, '');
    return sql === undefined || /[\0\ufffd]/.test(sql) ? [] : [{ name: `query_${index}`, sql }];
  });
  const project = projectWith(
    Object.fromEntries(queries.map(({ name, sql }) => [`queries/${name}.sql`, sql])),
  );
  const { problems } = await contractImpact(readPlatform(project, 'dev'), undefined, queries, read);
  expectSound(problems, project);
}
