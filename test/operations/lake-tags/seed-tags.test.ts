import { expect } from 'chai';
import type { DataplatError } from '../../../src/model/errors.js';
import { names } from '../../../src/model/names.js';
import { declaredTags, targetName, type Grant } from '../../../src/model/tag-declaration.js';
import {
  seedTags,
  type SeedTagsOptions,
  type SeedTagsResult,
} from '../../../src/operations/lake-tags/seed-tags.js';
import { loadPlatform } from '../../../src/project/load-platform.js';
import { smallPlatform } from '../../small-platform.js';
import { collect, failureOf } from '../collect.js';
import { MemoryTags } from './memory-tags.js';

const platform = loadPlatform(smallPlatform, 'prod', {}, {});
const declared = declaredTags(platform);
const bronze = names.database(platform.environment, 'bronze');
const analyst = declared.grants.find(({ on }) => on.kind === 'tags')?.principal ?? '';

describe('lf seed-tags', () => {
  let tags: MemoryTags;
  let waited: number;
  beforeEach(() => {
    waited = 0;
    tags = new MemoryTags();
    for (const { database, table } of declared.assignments) {
      const thing = targetName({ database, ...(table !== undefined && { table }) });
      if (!tags.things.has(thing)) tags.put(thing);
    }
  });
  const pause = (): Promise<void> => {
    waited += 1;
    return Promise.resolve();
  };
  const run = async (options: SeedTagsOptions = {}): Promise<SeedTagsResult> =>
    (await collect(seedTags(platform, { tags }, { pause, ...options }))).result;
  const changed = async (options: SeedTagsOptions = {}): Promise<string[]> =>
    (await run(options)).changes.map(({ action, of, text }) => `${action} ${of} ${text}`);
  const assigned = (thing: string): string[] =>
    [...(tags.things.get(thing)?.values() ?? [])]
      .map((one) => `${targetName(one)} ${one.key}=${one.value}`)
      .sort();

  it('makes all that is declared where there is nothing, a tag before what bears it, and then has nothing to do', async () => {
    const { changes } = await run();
    expect([...tags.keys]).to.have.deep.members([...declared.ontology]);
    expect([...tags.things.values()].flatMap((thing) => [...thing.values()])).to.have.deep.members(
      declared.assignments,
    );
    expect(tags.held).to.have.length(declared.grants.length);
    const order = tags.calls.map((call) => call.split(' ')[0] ?? '');
    expect(order.lastIndexOf('create')).to.be.lessThan(order.indexOf('assign'));
    expect(order.lastIndexOf('assign')).to.be.lessThan(order.indexOf('grant'));
    // Together what can be: the tags of a table in one call, and twenty grants.
    expect(tags.calls.length).to.be.lessThan(changes.length / 2);
    const calls = tags.calls.length;
    expect(await changed()).to.deep.equal([]);
    expect(tags.calls).to.have.length(calls);
  });

  it('tags several tables at a time, and each of them by one call after another', async () => {
    const { assign } = tags;
    const [underWay, met] = [new Set<string>(), new Set<string>()];
    let most = 0;
    tags.assign = async (to, given) => {
      const { database, table } = to;
      const thing = targetName({ database, ...(table !== undefined && { table }) });
      if (underWay.has(thing)) met.add(thing);
      underWay.add(thing);
      most = Math.max(most, underWay.size);
      await new Promise(setImmediate);
      underWay.delete(thing);
      return assign(to, given);
    };
    await run();
    expect([...met]).to.deep.equal([]);
    expect(most).to.equal(8);
  });

  it('ends where a call fails, with none that it began left under way and none begun after', async () => {
    const { assign } = tags;
    let [begun, ended] = [0, 0];
    tags.assign = async (to, given) => {
      begun += 1;
      const first = begun === 1;
      await new Promise(setImmediate);
      ended += 1;
      if (first) throw new Error('the network is gone');
      return assign(to, given);
    };
    expect(((await failureOf(run())) as Error).message).to.equal('the network is gone');
    expect(ended).to.equal(begun);
    const things = new Set(
      declared.assignments.map(({ database, table }) =>
        targetName({ database, ...(table !== undefined && { table }) }),
      ),
    );
    expect(begun).to.be.lessThan(things.size);
  });

  it('only says what it would do with --dry-run, in the same words', async () => {
    const said = await changed({ dryRun: true });
    expect(tags.calls).to.deep.equal([]);
    expect(await changed()).to.deep.equal(said);
  });

  it('puts right what differs, and nothing else', async () => {
    await run();
    tags.keys.set('sensitivity', [...(tags.keys.get('sensitivity') ?? []), 'secret']);
    const [one] = declared.assignments.filter(
      ({ table, column }) => table === 'shops' && column === undefined,
    );
    if (!one) throw new Error('shops bear no tag');
    tags.bear({ ...one, value: 'secret' });
    tags.held = tags.held.map((grant) =>
      grant.principal === analyst && grant.permissions.includes('SELECT')
        ? { ...grant, permissions: ['DESCRIBE'] }
        : grant,
    );
    const changes = await changed();
    expect(changes).to.include(`assign ${bronze}.shops ${one.key}=${one.value}, secret so far`);
    expect(changes.filter((change) => change.startsWith(`grant ${analyst} SELECT on`))).to.have.length(1);
    expect(changes).to.have.length(2);
  });

  /** What others have: a key, a value, a table that bears it, a grant on a table of theirs and one of a stranger. */
  const withOthers = (): void => {
    tags.keys.set('cost-centre', ['7']);
    tags.keys.set('layer', [...(tags.keys.get('layer') ?? []), 'platinum']);
    tags.put('theirs', 'theirs.plans');
    tags.bear({ database: 'theirs', table: 'plans', key: 'layer', value: 'platinum' });
    tags.bear({ database: bronze, table: 'shops', key: 'cost-centre', value: '7' });
    const theirs = { kind: 'table', database: 'theirs', table: 'plans' } as const;
    tags.held.push({ principal: analyst, on: theirs, permissions: ['SELECT'] });
    tags.held.push({
      principal: 'arn:aws:iam::111122223333:role/stranger',
      on: { kind: 'table', database: bronze, table: 'shops' },
      permissions: ['SELECT'],
    });
  };

  it('leaves what others made, also with --prune', async () => {
    await run();
    withOthers();
    const before = structuredClone(tags.held);
    const { events } = await collect(seedTags(platform, { tags }, { pause, prune: true }));
    expect(events.flatMap((event) => ('text' in event ? [event.text] : []))).to.deep.equal([
      'layer=platinum stays: something that is not of prod bears it',
    ]);
    expect(tags.held).to.deep.equal(before);
    expect(tags.keys.get('cost-centre')).to.deep.equal(['7']);
    expect(tags.keys.get('layer')).to.include('platinum');
    expect(assigned(`${bronze}.shops`)).to.include(`${bronze}.shops cost-centre=7`);
  });

  it('takes from our own what nobody declares with --prune alone', async () => {
    await run();
    const surplus: Grant = {
      principal: analyst,
      on: { kind: 'table', database: bronze, table: 'shops' },
      permissions: ['SELECT'],
    };
    tags.held.push(surplus);
    tags.keys.set('sensitivity', [...(tags.keys.get('sensitivity') ?? []), 'secret']);
    tags.bear({ database: bronze, table: 'shops', column: 'city', key: 'sensitivity', value: 'secret' });
    expect(await changed()).to.deep.equal([]);
    expect(await changed({ prune: true })).to.deep.equal([
      `revoke ${analyst} SELECT on ${bronze}.shops`,
      `take away ${bronze}.shops (city) sensitivity=secret`,
      'remove values sensitivity secret',
    ]);
    expect(tags.held).not.to.deep.include(surplus);
    expect(await changed({ prune: true })).to.deep.equal([]);
  });

  it('waits until tags are known that it has just made, and for others who are at work', async () => {
    tags.late = 3;
    tags.conflicts = 2;
    await run();
    expect(waited).to.equal(5);
    expect(await changed()).to.deep.equal([]);
  });

  it('gives up where it waits in vain', async () => {
    tags.conflicts = 1000;
    expect(await failureOf(run())).to.have.property('code', 'DP4003');
    expect(waited).to.be.lessThan(20);
  });

  it('does the rest where Lake Formation refuses a part, and names the part', async () => {
    tags.unknown.add(analyst);
    const failure = (await failureOf(run())) as DataplatError;
    expect(failure.code).to.equal('DP4003');
    const refused = declared.grants.filter(({ principal }) => principal === analyst).length;
    expect(failure.message).to.match(new RegExp(`^Lake Formation refused ${refused} of \\d+ changes$`));
    expect(failure.details.excerpt?.[0]).to.match(/InvalidInputException: Invalid principal$/);
    expect(tags.held).to.have.length(declared.grants.length - refused);
    expect(waited).to.equal(0);
  });

  it('names the tables that are not there, and gives the others theirs', async () => {
    tags.things.delete(`${bronze}.shops`);
    const { missing, changes } = await run();
    expect(missing).to.deep.equal([`${bronze}.shops`]);
    expect(changes.filter(({ of, text }) => `${of} ${text}`.includes(`${bronze}.shops `))).to.deep.equal([]);
    expect(assigned(`${bronze}.members`)).not.to.deep.equal([]);
  });

  it('says how to deploy where nothing is there', async () => {
    tags.things.clear();
    expect(await failureOf(run())).to.have.property('code', 'DP4004');
  });
});
