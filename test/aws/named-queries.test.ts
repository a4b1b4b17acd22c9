import { expect } from 'chai';
import { awsClients } from '../../src/aws/clients.js';
import { keptQueries } from '../../src/aws/named-queries.js';
import { account, region, StartedEndpoint } from '../local/started-endpoint.js';

describe('the queries that a workgroup keeps', function () {
  const endpoint = new StartedEndpoint();
  before(() => endpoint.up());
  after(() => endpoint.end());

  it('are found with their ids, however many there are, and none of another workgroup', async () => {
    const clients = awsClients({ region, account, endpoint: endpoint.url });
    const athena = await clients.athena();
    for (const Name of ['ours', 'others']) await athena.createWorkGroup({ Name });
    const make = async (WorkGroup: string, Name: string): Promise<string | undefined> =>
      (await athena.createNamedQuery({ WorkGroup, Name, Database: 'gold', QueryString: 'SELECT 1' }))
        .NamedQueryId;
    const ids: (string | undefined)[] = [];
    // More than are told of in one call.
    for (let index = 0; index < 51; index += 1) ids.push(await make('ours', `query_${index}`));
    await make('others', 'query_0');
    const found = await keptQueries(clients, 'ours');
    expect(found.map(({ id }) => id)).to.have.members(ids);
    const tenth = { id: ids[10], name: 'query_10', database: 'gold' };
    expect(found.find(({ name }) => name === 'query_10')).to.deep.equal(tenth);
    expect(await keptQueries(clients, 'nobody')).to.deep.equal([]);
  });
});
