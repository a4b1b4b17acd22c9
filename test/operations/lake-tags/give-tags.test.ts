import { expect } from 'chai';
import { grantedText, type Grant } from '../../../src/model/tag-declaration.js';
import { giveTags } from '../../../src/operations/lake-tags/give-tags.js';
import { Patience } from '../../../src/operations/lake-tags/patience.js';
import { MemoryTags } from './memory-tags.js';

/** Fifty roles, each of which may look into the one database and read a table of its own. */
const grants = Array.from({ length: 50 }, (_, number): Grant[] => {
  const principal = `arn:aws:iam::111122223333:role/job-${number}`;
  return [
    { principal, on: { kind: 'database', database: 'bronze' }, permissions: ['DESCRIBE'] },
    {
      principal,
      on: { kind: 'table', database: 'bronze', table: `orders_${number}` },
      permissions: ['SELECT'],
    },
  ];
}).flat();

describe('the grants of many roles', () => {
  for (const action of ['grant', 'revoke'] as const) {
    it(`are asked for side by side, and those on one thing one after another: ${action}`, async () => {
      const tags = new MemoryTags();
      tags.held = action === 'revoke' ? [...grants] : [];
      const ask = tags[action];
      const [underWay, met] = [new Set<string>(), new Set<string>()];
      let [calls, most] = [0, 0];
      tags[action] = async (some) => {
        const things = new Set(some.map(({ on }) => grantedText(on)));
        for (const thing of things) {
          if (underWay.has(thing)) met.add(thing);
          underWay.add(thing);
        }
        calls += 1;
        most = Math.max(most, calls);
        await new Promise(setImmediate);
        calls -= 1;
        for (const thing of things) underWay.delete(thing);
        return ask(some);
      };
      const changes = grants.map((grant) => ({ action, grant }));
      const done: number[] = [];
      for await (const event of giveTags(changes, new Patience(tags, () => Promise.resolve()), 'prod')) {
        if ('done' in event) done.push(event.done);
      }
      expect([...met]).to.deep.equal([]);
      // A hundred in five calls of twenty: three are about the database, of these the last about tables too.
      expect(done).to.deep.equal([20, 40, 60, 80, 100]);
      expect(most).to.equal(3);
      expect(tags.held).to.have.length(action === 'grant' ? 100 : 0);
    });
  }
});
