import { join } from 'node:path';
import { stackKinds } from '../../../src/model/names.js';
import { airflowFiles } from '../../../src/project/airflow-files.js';
import { namedQueries } from '../../../src/project/named-queries.js';
import { packageDirectory } from '../../../src/project/project-directory.js';
import { projectFiles } from '../../../src/project/project-files.js';
import { environmentNames } from '../../stacks/environments.js';
import { compareWithGolden } from '../../stacks/golden.js';
import { synthesized } from '../../stacks/synthesized.js';
import { product } from '../declared.js';

/** A line a resource, so that a change of the declaration shows what it adds and what it takes away. */
describe('the inventory', () => {
  const folder = join(packageDirectory, 'test', 'product', 'stacks', 'inventory');
  const queries = namedQueries(projectFiles(packageDirectory));
  for (const environment of environmentNames) {
    it(`of ${environment} is what was reviewed`, () => {
      const { stacks } = synthesized(product(environment), queries, airflowFiles(packageDirectory));
      const addresses = stackKinds.flatMap((kind) =>
        Object.entries(stacks[kind].resource).flatMap(([type, resources]) =>
          Object.keys(resources).map((name) => `${kind} ${type}.${name}\n`),
        ),
      );
      compareWithGolden(`${environment}.txt`, addresses.sort().join(''), folder);
    });
  }
});
