import { expect } from 'chai';
import { openDataContract } from '../../src/model/open-data-contract.js';
import { loadPlatform } from '../../src/project/load-platform.js';
import { smallPlatform } from '../small-platform.js';

describe('a contract as a document of the Open Data Contract Standard', () => {
  const platform = loadPlatform(smallPlatform, 'local', {}, {});
  const dataset = platform.datasets.find(({ id }) => id === 'members_bronze');
  const document = openDataContract(platform, dataset ?? platform.datasets[0] ?? expect.fail('no dataset'));
  const [schema] = document['schema'] as { properties: Record<string, unknown>[] }[];
  const property = (name: string) => schema?.properties.find((one) => one['name'] === name);

  it('says where the table is', () => {
    expect(document['servers']).to.deep.equal([
      {
        server: 'local',
        type: 'glue',
        environment: 'local',
        account: '123456789012',
        database: 'roastery_local_bronze',
        location: 's3://roastery-local-123456789012-bronze/members/',
        format: 'delta',
      },
    ]);
  });

  it('says of columns what they hold, whether they are the key, and how secret they are', () => {
    expect(property('member_id')).to.deep.include({
      logicalType: 'string',
      required: true,
      primaryKey: true,
    });
    expect(property('born_on')).to.deep.include({
      logicalType: 'date',
      physicalType: 'date',
      classification: 'pii',
    });
    expect(property('wants_offers')).to.deep.include({ logicalType: 'boolean' });
    expect(property('ingest_date')).to.deep.include({ partitioned: true, partitionKeyPosition: 1 });
  });
});
