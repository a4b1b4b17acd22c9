import { expect } from 'chai';
import { publishDags } from '../../../src/operations/release/release-dags.js';
import { planRelease } from '../../../src/operations/release/release.js';
import { loadPlatform } from '../../../src/project/load-platform.js';
import { madeBy } from '../collect.js';
import { smallPlatform } from '../../small-platform.js';
import { MemoryObjects } from '../memory-objects.js';

const { environment } = loadPlatform(smallPlatform, 'local', {}, {});
const bucket = `${environment.lake.bucketPrefix}-artifacts`;
const file = (path: string, text: string) => ({ path, content: Buffer.from(text) });

const first = planRelease([
  file('jobs/ingest/orders_ingest.py', 'pass'),
  file('config/shared/lineage.yaml', 'jobs: []'),
  file('config/airflow/requirements.txt', 'x==1'),
  file('dags/daily_dag.py', 'daily'),
  file('dags/old_dag.py', 'old'),
  file('dags/utils/factory.py', 'factory'),
]);
const second = planRelease([
  file('config/shared/lineage.yaml', 'jobs: []'),
  file('dags/daily_dag.py', 'DAILY'),
  file('dags/production/new_dag.py', 'new'),
  file('dags/utils/factory.py', 'factory'),
]);

/** What Airflow would find, by path in its folder. */
function folder(objects: MemoryObjects): Record<string, string> {
  const start = `${bucket}/dags/`;
  return Object.fromEntries(
    [...objects.stored]
      .filter(([name]) => name.startsWith(start))
      .map(([name, content]): [string, string] => [name.slice(start.length), content.toString('utf8')])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

async function publish(release: typeof first, objects: MemoryObjects): Promise<boolean> {
  return (await madeBy(publishDags(release, environment, objects))).changed;
}

const secondFolder = {
  'daily_dag.py': 'DAILY',
  'dataplat/config/shared/lineage.yaml': 'jobs: []',
  'dataplat/release.json': `{"release":"${second.id}","environment":"local"}\n`,
  'production/new_dag.py': 'new',
  'utils/factory.py': 'factory',
};

describe("Airflow's folder of DAGs", () => {
  it('holds the DAGs of the release and the declaration that they read, at one fixed place', async () => {
    const objects = new MemoryObjects();
    expect(await publish(first, objects)).to.equal(true);
    expect(folder(objects)).to.deep.equal({
      'daily_dag.py': 'daily',
      'dataplat/config/shared/lineage.yaml': 'jobs: []',
      'dataplat/release.json': `{"release":"${first.id}","environment":"local"}\n`,
      'old_dag.py': 'old',
      'utils/factory.py': 'factory',
    });
  });

  it('loses what the next release does not have, and gets what changed and nothing else', async () => {
    const objects = new MemoryObjects();
    await publish(first, objects);
    objects.calls.length = 0;
    expect(await publish(second, objects)).to.equal(true);
    expect(folder(objects)).to.deep.equal(secondFolder);
    const puts = objects.calls.filter((call) => call.startsWith(`put ${bucket}/dags/`));
    expect(puts.map((call) => call.slice(`put ${bucket}/dags/`.length)).sort()).to.deep.equal([
      'daily_dag.py',
      'dataplat/release.json',
      'production/new_dag.py',
    ]);
  });

  it('is left alone where it is the release’s already', async () => {
    const objects = new MemoryObjects();
    await publish(second, objects);
    objects.calls.length = 0;
    expect(await publish(second, objects)).to.equal(false);
    expect(objects.calls.filter((call) => call.startsWith('put'))).to.deep.equal([]);
  });

  it('gets what DAGs import before the DAGs, and its record last', async () => {
    const objects = new MemoryObjects();
    await publish(first, objects);
    const puts = objects.calls.filter((call) => call.startsWith('put')).map((call) => call.split('/').at(-1));
    expect(puts.indexOf('factory.py')).to.be.lessThan(puts.indexOf('daily_dag.py'));
    expect(puts.indexOf('lineage.yaml')).to.be.lessThan(puts.indexOf('daily_dag.py'));
    expect(puts.at(-1)).to.equal('dags.json');
  });

  it('is made whole after a deploy that was broken off, back to the release before it, too', async () => {
    for (const putsThatWork of [1, 2, 3]) {
      const objects = new MemoryObjects();
      await publish(second, objects);
      const { put } = objects;
      let puts = 0;
      objects.put = (place, body) => {
        puts += 1;
        return puts > putsThatWork ? Promise.reject(new Error('cut off')) : put(place, body);
      };
      let failed = false;
      await publish(first, objects).catch(() => (failed = true));
      expect(failed).to.equal(true);
      objects.put = put;
      expect(await publish(second, objects)).to.equal(true);
      expect(folder(objects)).to.deep.equal(secondFolder);
    }
  });

  it('is mended where somebody has put a file there or taken one away', async () => {
    const objects = new MemoryObjects();
    await publish(second, objects);
    objects.stored.delete(`${bucket}/dags/utils/factory.py`);
    objects.stored.set(`${bucket}/dags/by_hand_dag.py`, Buffer.from('by hand'));
    expect(await publish(second, objects)).to.equal(true);
    expect(folder(objects)).to.deep.equal(secondFolder);
  });
});
