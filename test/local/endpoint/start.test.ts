import { expect } from 'chai';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { DataplatError } from '../../../src/model/errors.js';
import { localReset, localStatus, localUp } from '../../../src/operations/local-endpoint.js';
import { collect, failureOf } from '../../operations/collect.js';
import { StartedEndpoint } from '../started-endpoint.js';

describe('Starting the local endpoint', function () {
  const endpoint = new StartedEndpoint();
  after(() => endpoint.end());

  it('refuses every address but loopback, and starts nothing', async () => {
    for (const address of ['0.0.0.0', '192.168.1.10', '::', 'example.com', '127.0.0.1.example.com']) {
      const error = await failureOf(collect(localUp({ ...(await endpoint.request()), address })));
      expect(error, address).to.be.instanceOf(DataplatError).with.property('code', 'DP3007');
    }
    expect(existsSync(endpoint.directory)).to.equal(false);
  });

  it('names the process that holds the port, and what to do', async () => {
    const request = await endpoint.request();
    const other = createServer((_request, response) => response.end('something else'));
    await new Promise<void>((resolve) => other.listen(request.port, '127.0.0.1', resolve));
    try {
      const error = (await failureOf(collect(localUp(request)))) as DataplatError;
      expect(error.code).to.equal('DP3002');
      expect(error.message).to.contain(String(request.port));
      expect(error.details.data).to.include({ port: request.port, pid: process.pid });
      expect(error.details.next?.join('\n'))
        .to.contain('DATAPLAT_LOCAL_PORT')
        .and.to.contain('config/environments/local.yaml');
    } finally {
      other.close();
    }
  });

  it('shows the end of the log when it does not come up, and leaves nothing running', async () => {
    const request = { ...(await endpoint.request()), localPython: '/no/such/python' };
    const error = (await failureOf(collect(localUp(request)))) as DataplatError;
    expect(error.code).to.equal('DP3003');
    expect(error.details.excerpt?.join('\n')).to.contain('/no/such/python');
    expect(await localStatus({ projectDirectory: endpoint.project })).to.include({ running: false });
  });

  it('starts one endpoint where two are asked for at once', async () => {
    const [one, other] = await Promise.all([endpoint.up(), endpoint.up()]);
    expect(one?.instanceId).to.equal(other?.instanceId);
    expect([one?.began, other?.began].sort()).to.deep.equal(['new', 'running']);
    expect(readdirSync(join(endpoint.directory, 'instances'))).to.have.length(1);
  });

  it('says of a port that another project’s endpoint has it', async () => {
    const neighbour = new StartedEndpoint();
    neighbour.port = endpoint.port;
    try {
      const error = (await failureOf(neighbour.up())) as DataplatError;
      expect(error.code).to.equal('DP3002');
      expect(error.message).to.contain('another project');
      expect(error.details.excerpt?.join()).to.contain(endpoint.directory);
    } finally {
      await neighbour.end();
    }
  });

  it('forgets everything when it is reset', async () => {
    const before = await endpoint.up();
    await endpoint.call('ssm', 'put_parameter', { Name: '/x', Value: 'y', Type: 'String' });
    const { result } = await collect(localReset({ projectDirectory: endpoint.project }));
    expect(result).to.deep.equal({ removed: true, instanceId: before.instanceId });
    expect(existsSync(join(endpoint.directory, 'instances'))).to.equal(false);
    const again = await endpoint.up();
    expect(again.began).to.equal('new');
    expect(again.note).to.equal(undefined);
    expect(await endpoint.refusal('ssm', 'get_parameter', { Name: '/x' })).to.equal('ParameterNotFound');
  });
});
