import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { awsClients, type AwsClients } from '../../src/aws/clients.js';
import { isAws } from '../../src/aws/failures.js';
import { emrJobRuns } from '../../src/aws/job-runs.js';
import { s3Objects } from '../../src/aws/objects.js';
import { quotaInForce } from '../../src/aws/service-quotas.js';
import { awsSettings } from '../../src/aws/settings.js';
import { DataplatError } from '../../src/model/errors.js';
import { failureOf } from '../operations/collect.js';

describe('the SDK clients of an environment with an endpoint of its own', () => {
  let server: Server;
  let clients: AwsClients;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const asked: IncomingMessage[] = [];

  beforeEach(async () => {
    asked.length = 0;
    server = createServer((request, response) => {
      asked.push(request);
      request.resume().on('end', () => answer(request, response));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    clients = awsClients(
      awsSettings({ region: 'eu-central-1', account: '123456789012', endpoint: { port } }, 'ignored'),
    );
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('sign with the account as access key and put the bucket into the path', async () => {
    answer = (_request, response) => response.end('content');
    expect(String(await s3Objects(clients).get({ bucket: 'lake', key: 'a b/c' }))).to.equal('content');
    expect(asked[0]?.url).to.match(/^\/lake\/a%20b\/c/);
    expect(asked[0]?.headers.authorization).to.match(/Credential=123456789012\/\d{8}\/eu-central-1\/s3\//);
  });

  it('take an object that is not there for none, and name what else AWS says with operation and request', async () => {
    const xml = (code: string): string => `<Error><Code>${code}</Code><Message>words</Message></Error>`;
    answer = (_request, response) => response.writeHead(404).end(xml('NoSuchKey'));
    expect(await s3Objects(clients).get({ bucket: 'lake', key: 'x' })).to.equal(undefined);
    answer = (_request, response) =>
      response.writeHead(403, { 'x-amz-request-id': 'REQ1' }).end(xml('AccessDenied'));
    const error = await failureOf(s3Objects(clients).get({ bucket: 'lake', key: 'x' }));
    expect(error).to.be.instanceOf(DataplatError).with.property('code', 'DP4003');
    expect((error as DataplatError).message).to.equal('S3 GetObject: AccessDenied: words (request REQ1)');
    expect(isAws(error, 'AccessDenied')).to.be.true;
    expect(isAws(error, 'NoSuchKey')).to.be.false;
  });

  it('find the application of a name on a later page, and none that is terminated', async () => {
    const page = (applications: object[], nextToken?: string) => JSON.stringify({ applications, nextToken });
    answer = (request, response) => {
      const later = request.url?.includes('nextToken=2');
      response
        .setHeader('content-type', 'application/json')
        .end(
          later
            ? page([{ id: 'new', name: 'lake', state: 'STARTED' }])
            : page([{ id: 'old', name: 'lake', state: 'TERMINATED' }], '2'),
        );
    };
    const runs = emrJobRuns(clients);
    expect(await runs.findApplication('lake')).to.deep.equal({ id: 'new', name: 'lake', state: 'STARTED' });
    expect(await runs.findApplication('other')).to.equal(undefined);
  });

  it('know what an account is granted, what every account has where nothing is, and that nobody knows it', async () => {
    const asking = (...answers: readonly (readonly [number, object])[]): Promise<number | undefined> => {
      const left = [...answers];
      answer = (_request, response) => {
        const [status, body] = left.shift() ?? [500, {}];
        response
          .writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
          .end(JSON.stringify(body));
      };
      return quotaInForce(clients, { service: 'emr-serverless', code: 'L-D05C8A75' });
    };
    const unknown = [400, { __type: 'NoSuchResourceException', message: 'no such quota' }] as const;
    expect(await asking([200, { Quota: { Value: 400 } }])).to.equal(400);
    expect(asked[0]?.headers['x-amz-target']).to.equal('ServiceQuotasV20190624.GetServiceQuota');
    expect(await asking(unknown, [200, { Quota: { Value: 16 } }])).to.equal(16);
    expect(await asking(unknown, unknown)).to.equal(undefined);
    const refused = [400, { __type: 'AccessDeniedException', message: 'no' }] as const;
    expect(await failureOf(asking(refused))).to.have.property('code', 'DP4003');
  });

  it('say that it was not AWS who answered, and what was said, where the SDK makes nothing of it', async () => {
    answer = (_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Please log in</body></html>');
    const error = await failureOf(emrJobRuns(clients).findApplication('lake'));
    expect(error).to.be.instanceOf(DataplatError).with.property('code', 'DP4003');
    const { message, details } = error as DataplatError;
    expect(message).to.match(
      /^\S.* \w+: what answers at http:\S+ is not the local endpoint \(HTTP 200, text\/html\)$/,
    );
    expect(details.excerpt?.join()).to.contain('<html>');
  });

  it('say of an endpoint that does not answer how to start it', async () => {
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const error = await failureOf(s3Objects(clients).get({ bucket: 'lake', key: 'x' }));
    expect(error).to.have.property('code', 'DP3004');
    expect((error as DataplatError).message).to.contain(`http://127.0.0.1:${port}`);
    expect((error as DataplatError).details.next).to.deep.equal(['dataplat local up']);
  });
});
