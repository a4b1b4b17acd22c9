import { expect } from 'chai';
import type { Platform } from '../../src/model/platform.js';
import { withManyJobs } from './many-jobs.js';
import { platformOf, synthesized } from './synthesized.js';

/** How often a synthesis looks into a dataset, a job or a source, of a platform with so many chains more. */
function looks(chains: number): number {
  let count = 0;
  const seen = new Map<object, object>();
  const watched = <Item extends object>(items: readonly Item[]): Item[] =>
    items.map((item) => {
      const known = seen.get(item) as Item | undefined;
      const made =
        known ??
        new Proxy(item, {
          get: (target, key): unknown => {
            count += 1;
            return Reflect.get(target, key);
          },
        });
      seen.set(item, made);
      return made;
    });
  const many: Platform = withManyJobs(platformOf('prod'), chains);
  synthesized({
    ...many,
    datasets: watched(many.datasets),
    sources: watched(many.sources),
    jobs: watched(many.jobs),
    graph: { ...many.graph, order: watched(many.graph.order) },
  });
  return count;
}

describe('a synthesis', function () {
  it('looks at each dataset and job as often in a large declaration as in a small one', () => {
    const [small, middle, large] = [looks(20), looks(60), looks(100)];
    const [first, second] = [middle - small, large - middle];
    // Forty chains more cost the same wherever they are added; something a pair of datasets or jobs would cost more each
    // time. What is left over is for sorting.
    expect(second / first).to.be.within(0.95, 1.1);
  });
});
