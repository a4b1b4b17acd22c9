import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { awsClients, type AwsClients } from '../../src/aws/clients.js';
import { networkParts } from '../../src/aws/network-parts.js';
import { failureOf } from '../operations/collect.js';

type Tag = readonly [id: string, key: string, value: string];

/** As EC2 answers. Source: Amazon EC2 API Reference, DescribeTags, "Examples". */
function page(tags: readonly Tag[], next?: string): string {
  const items = tags.map(
    ([id, key, value]) =>
      `<item><resourceId>${id}</resourceId><resourceType>any</resourceType><key>${key}</key><value>${value}</value></item>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<DescribeTagsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
  <requestId>7a62c49f-347e-4fc4-9331-6e8eEXAMPLE</requestId>
  <tagSet>${items.join('\n')}</tagSet>${next === undefined ? '' : `<nextToken>${next}</nextToken>`}
</DescribeTagsResponse>`;
}

describe('the parts of a network', () => {
  let server: Server;
  let answers: { status: number; text: string }[];
  let asked: { form: URLSearchParams; signed: string }[];
  let clients: AwsClients;
  beforeEach(async () => {
    asked = [];
    server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        asked.push({ form: new URLSearchParams(body), signed: request.headers.authorization ?? '' });
        const { status, text } = answers.shift() ?? { status: 500, text: '' };
        response.writeHead(status, { 'content-type': 'text/xml' }).end(text);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const endpoint = `http://127.0.0.1:${port}`;
    clients = awsClients({ region: 'eu-west-1', account: '111122223333', endpoint });
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('are those that carry our tags and a name, whatever page their tags come on', async () => {
    answers = [
      {
        status: 200,
        text: page(
          [
            ['vpc-2', 'Name', 'dev &amp; more'],
            ['vpc-2', 'environment', 'dev'],
            ['vpc-1', 'Name', 'prod'],
            ['vpc-1', 'environment', 'prod'],
            ['subnet-1', 'environment', 'dev'],
            ['rtb-1', 'Name', 'by hand'],
            ['igw-1', 'environment', 'dev'],
          ],
          'go-on',
        ),
      },
      { status: 200, text: page([['igw-1', 'Name', 'dev']]) },
    ];
    expect(await networkParts(clients, { environment: 'dev' })).to.deep.equal([
      { id: 'igw-1', name: 'dev' },
      { id: 'vpc-2', name: 'dev & more' },
    ]);
    expect(asked.map(({ form }) => [form.get('Action'), form.get('NextToken')])).to.deep.equal([
      ['DescribeTags', null],
      ['DescribeTags', 'go-on'],
    ]);
    expect(asked[0]?.signed).to.match(/^AWS4-HMAC-SHA256 Credential=111122223333\/\d{8}\/eu-west-1\/ec2\//);
  });

  it('that may not be read are a failure in the words of AWS', async () => {
    const code = '<Error><Code>UnauthorizedOperation</Code><Message>You may not.</Message></Error>';
    answers = [{ status: 403, text: `<Response><Errors>${code}</Errors></Response>` }];
    const failure = await failureOf(networkParts(clients, {}));
    expect(failure).to.have.property('code', 'DP4003');
    expect(failure).to.have.property('message', 'EC2 DescribeTags: UnauthorizedOperation: You may not.');
  });
});
