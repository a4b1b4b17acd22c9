import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { account, region, StartedEndpoint } from '../started-endpoint.js';

interface Queue {
  readonly QueueUrl: string;
}

describe('addresses of queues', function () {
  const endpoint = new StartedEndpoint();
  const address = `https://sqs.${region}.amazonaws.com/${account}/late`;
  before(() => endpoint.up());
  after(() => endpoint.end());

  it('are AWS’s own, and messages go through the endpoint all the same', async () => {
    expect(await endpoint.call<Queue>('sqs', 'create_queue', { QueueName: 'late' })).to.deep.equal({
      QueueUrl: address,
    });
    await endpoint.call('sqs', 'send_message', { QueueUrl: address, MessageBody: 'kept' });
    // For queues this client overlooks AWS_ENDPOINT_URL.
    const attributes = await endpoint.aws<{ Attributes: Record<string, string> }>(
      ...['sqs', 'get-queue-attributes', '--queue-url', address, '--attribute-names', 'All'],
      ...['--endpoint-url', endpoint.url],
    );
    expect(attributes.Attributes).to.include({ ApproximateNumberOfMessages: '1' });
  });

  it('stay the same where the emulator starts anew, on another port', async () => {
    await endpoint.down();
    await endpoint.up();
    const listed = await endpoint.call<{ QueueUrls: string[] }>('sqs', 'list_queues');
    expect(listed.QueueUrls).to.deep.equal([address]);
    // It is the one that was there, not a second one of its name.
    expect(await endpoint.call<Queue>('sqs', 'create_queue', { QueueName: 'late' })).to.deep.equal({
      QueueUrl: address,
    });
    const { Messages } = await endpoint.call<{ Messages: { Body: string }[] }>('sqs', 'receive_message', {
      QueueUrl: address,
    });
    expect(Messages.map(({ Body }) => Body)).to.deep.equal(['kept']);
  });

  it('of EC2 and CloudWatch’s journal are left out: it is replayed at any port', async () => {
    const { instanceDirectory } = await endpoint.up();
    await endpoint.call('ec2', 'create_vpc', { CidrBlock: '10.7.0.0/16' });
    const journal = readFileSync(join(instanceDirectory, 'moto', 'journal.jsonl'), 'utf8');
    expect(journal).to.contain('"target"').and.not.to.contain(`:${endpoint.port}`);
  });
});
