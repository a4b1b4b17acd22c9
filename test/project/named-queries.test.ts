import { expect } from 'chai';
import { namedQueries } from '../../src/project/named-queries.js';

/** Of a project with these files in `queries/`. */
const queriesOf = (files: Record<string, string>): ReturnType<typeof namedQueries> =>
  namedQueries({
    list: () => Object.keys(files),
    read: (path) => files[path.slice('queries/'.length)],
  });

describe('named queries', () => {
  it('mean the layer that a line of their comment names, and bronze without one', () => {
    const found = queriesOf({
      'sales.sql': '-- What is sold?\n-- layer: gold\nSELECT 1',
      'accounts.sql': '-- Who is there?\nSELECT 1',
      'odd.sql': "-- layer: platinum\nSELECT '-- layer: gold'",
      'README.md': '-- layer: gold',
    });
    expect(Object.fromEntries(found.map(({ name, layer }) => [name, layer]))).to.deep.equal({
      sales: 'gold',
      accounts: 'bronze',
      odd: 'bronze',
    });
  });
});
