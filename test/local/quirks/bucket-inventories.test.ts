import {
  DeleteBucketInventoryConfigurationCommand,
  GetBucketInventoryConfigurationCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketInventoryConfigurationsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { reservePort } from '../../../src/local/ports.js';
import { Gateway } from '../../../src/local/gateway.js';
import { BucketInventories, isBucketInventory } from '../../../src/local/quirks/bucket-inventories.js';
import { account, awsCli, clientEnvironment, region } from '../aws-clients.js';

describe('inventories of a bucket', function () {
  const home = mkdtempSync(join(tmpdir(), 'dataplat-inventories-'));
  const file = join(home, 'inventories.json');
  let gateway: Gateway;
  let environment: NodeJS.ProcessEnv;
  let s3: S3Client;
  /** Requests that are none about inventories. */
  let passedOn: string[];

  async function start(): Promise<void> {
    const port = await reservePort();
    const inventories = new BucketInventories(file);
    passedOn = [];
    gateway = new Gateway({
      port,
      account,
      region,
      log: () => undefined,
      control: () => false,
      backends: () => ({
        services: new Map(),
        emulate: async (exchange) => {
          if (isBucketInventory(exchange)) return inventories.answer(exchange);
          passedOn.push(exchange.target);
          exchange.response.writeHead(200).end();
        },
      }),
    });
    await gateway.listen();
    const endpoint = `http://127.0.0.1:${port}`;
    environment = clientEnvironment(endpoint, home);
    const credentials = { accessKeyId: account, secretAccessKey: 'local' };
    s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 });
  }

  async function stop(): Promise<void> {
    s3.destroy();
    await gateway.close();
  }

  before(start);
  after(async () => {
    await stop();
    rmSync(home, { recursive: true });
  });

  const Bucket = 'lake-gold';
  const call = <Answer>(operation: string, ...words: string[]): Promise<Answer> =>
    awsCli<Answer>(['s3api', operation, '--bucket', Bucket, ...words], environment);

  const configuration = {
    Id: 'everything',
    IsEnabled: true,
    IncludedObjectVersions: 'All',
    Schedule: { Frequency: 'Weekly' },
    OptionalFields: ['Size', 'StorageClass'],
    Destination: {
      S3BucketDestination: { Bucket: 'arn:aws:s3:::lake-logs', Format: 'Parquet', Prefix: 'inventory' },
    },
  };

  it('are given back as they were set, to each client and after a restart', async () => {
    await call(
      'put-bucket-inventory-configuration',
      '--id',
      'everything',
      '--inventory-configuration',
      JSON.stringify(configuration),
    );
    expect(await call('get-bucket-inventory-configuration', '--id', 'everything')).to.deep.equal({
      InventoryConfiguration: configuration,
    });
    await stop();
    await start();
    const listed = await s3.send(new ListBucketInventoryConfigurationsCommand({ Bucket }));
    expect(listed).to.deep.include({ InventoryConfigurationList: [configuration], IsTruncated: false });
  });

  it('are gone when they are deleted', async () => {
    const everything = { Bucket, Id: 'everything' };
    await s3.send(new DeleteBucketInventoryConfigurationCommand(everything));
    const refused = await s3.send(new GetBucketInventoryConfigurationCommand(everything)).catch(String);
    expect(refused).to.contain('NoSuchConfiguration');
  });

  it('are the only requests that are answered so: an object may be called inventory', async () => {
    await s3.send(new HeadObjectCommand({ Bucket, Key: 'inventory' }));
    await s3.send(new HeadBucketCommand({ Bucket }));
    expect(passedOn).to.deep.equal(['/lake-gold/inventory', '/lake-gold/']);
  });
});
