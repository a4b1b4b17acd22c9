import { expect } from 'chai';
import { stackKinds } from '../../src/model/names.js';
import { airflowFiles } from '../../src/project/airflow-files.js';
import { namedQueries } from '../../src/project/named-queries.js';
import { projectFiles } from '../../src/project/project-files.js';
import { smallPlatform } from '../small-platform.js';
import { environmentNames } from './environments.js';
import { compareWithGolden, goldenNames, readable, unlike } from './golden.js';
import { platformOf, synthesized } from './synthesized.js';

describe('what the small platform synthesizes', () => {
  const queries = namedQueries(projectFiles(smallPlatform));
  const airflow = airflowFiles(smallPlatform);
  const whole = 'prod';
  const others = environmentNames.filter((name) => name !== whole);
  /** The texts of an environment by kind of stack, with the names and the account of production. */
  const textsOf = (name: string) => {
    const { platform, texts } = synthesized(platformOf(name), queries, airflow);
    const { environment } = platform;
    const production = platformOf(whole).environment;
    return (kind: (typeof stackKinds)[number]) =>
      readable(texts[kind])
        .replaceAll(environment.account, production.account)
        .replaceAll(environment.prefix, production.prefix)
        .replaceAll(environment.prefix.replace('-', '_'), production.prefix.replace('-', '_'))
        .replaceAll(`/dataplat/${name}/`, `/dataplat/${whole}/`);
  };

  it(`for ${whole} is what was reviewed`, () => {
    const text = textsOf(whole);
    for (const kind of stackKinds) compareWithGolden(`${whole}/${kind}.yaml`, text(kind));
  });

  for (const environment of others) {
    it(`for ${environment} differs from ${whole} as was reviewed`, () => {
      const [text, production] = [textsOf(environment), textsOf(whole)];
      for (const kind of stackKinds) {
        compareWithGolden(`${environment}/${kind}.diff`, unlike(production(kind), text(kind)));
      }
    });
  }

  it('has no golden text of a stack that is gone', () => {
    expect(goldenNames()).to.have.members(
      environmentNames.flatMap((environment) =>
        stackKinds.map((kind) => `${environment}/${kind}.${environment === whole ? 'yaml' : 'diff'}`),
      ),
    );
  });
});
