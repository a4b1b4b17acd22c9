import { expect } from 'chai';
import { downstreamFirst, type LakeTable } from '../../../src/model/snapshots/order.js';
import { loadPlatform } from '../../../src/project/load-platform.js';
import { smallPlatform } from '../../small-platform.js';

describe('the order in which tables are looked at', () => {
  it('is against the flow: what is made of others first, with its rejected rows; what nothing declares last', () => {
    const platform = loadPlatform(smallPlatform, 'local', {}, {});
    const tables: LakeTable[] = [
      { layer: 'bronze', name: 'scratch' },
      { layer: 'bronze', name: 'members' },
      { layer: 'silver', name: 'members' },
      { layer: 'silver', name: 'members__quarantine' },
      { layer: 'bronze', name: 'shops' },
    ];
    expect(
      downstreamFirst(platform, tables).map((group) => group.map(({ layer, name }) => `${layer}/${name}`)),
    ).to.deep.equal([
      ['silver/members', 'silver/members__quarantine'],
      ['bronze/members', 'bronze/shops'],
      ['bronze/scratch'],
    ]);
  });
});
