import { expect } from 'chai';
import { stackKinds } from '../../src/model/names.js';
import { airflowFiles } from '../../src/project/airflow-files.js';
import { namedQueries } from '../../src/project/named-queries.js';
import { packageDirectory } from '../../src/project/project-directory.js';
import { projectFiles } from '../../src/project/project-files.js';
import { environmentNames } from './environments.js';
import { compareWithGolden, goldenNames, readable } from './golden.js';
import { platformOf, synthesized } from './synthesized.js';

describe('what this repository synthesizes', () => {
  const queries = namedQueries(projectFiles(packageDirectory));
  for (const environment of environmentNames) {
    it(`for ${environment} is what was reviewed`, () => {
      const { texts } = synthesized(platformOf(environment), queries, airflowFiles(packageDirectory));
      for (const kind of stackKinds) compareWithGolden(`${environment}/${kind}.yaml`, readable(texts[kind]));
    });
  }

  it('has no golden text of a stack that is gone', () => {
    expect(goldenNames()).to.have.members(
      environmentNames.flatMap((environment) => stackKinds.map((kind) => `${environment}/${kind}.yaml`)),
    );
  });
});
