import { expect } from 'chai';
import { connect } from 'node:net';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { EndpointStatus } from '../../../src/local/status.js';
import { account, region, StartedEndpoint } from '../started-endpoint.js';

interface Answer {
  readonly status: number;
  readonly body: string;
}

const server = fileURLToPath(new URL('../../../src/local/server.js', import.meta.url));

describe('The gateway of the local endpoint', function () {
  const endpoint = new StartedEndpoint();
  before(() => endpoint.up());
  after(() => endpoint.end());

  const signed = (service: string): string =>
    `AWS4-HMAC-SHA256 Credential=${account}/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=x`;

  /** Sends a request exactly as given; `path` may be in absolute form. */
  function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const asked = request(
        { host: '127.0.0.1', port: endpoint.port, path, method, headers, agent: false },
        (answer) => {
          let body = '';
          answer.on('data', (chunk: Buffer) => (body += chunk.toString()));
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
        },
      );
      asked.on('error', reject);
      asked.end();
    });
  }

  it('says what it is and what it only simulates', async () => {
    const { status, body } = await ask('/_dataplat/health');
    expect(status).to.equal(200);
    const said = JSON.parse(body) as EndpointStatus;
    expect(said).to.include({ phase: 'ready', port: endpoint.port, account, region });
    expect(said.pid).to.equal(endpoint.processes()['endpoint']);
    expect(said.instance?.began).to.equal('new');
    expect(said.services.ours).to.include.members(['lakeformation', 'airflow']);
    expect(said.services.moto).to.deep.equal(['ec2', 'monitoring']);
    // Moto comes with the first request for what it serves.
    expect(said.emulators.map(({ name }) => name)).to.deep.equal(['ministack']);
    expect(said.simulated['access control']).to.contain('refuse nobody');
  });

  it('listens on the loopback address alone', async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
      .map(({ address }) => address);
    // Any address of 127.0.0.0/8 is this machine's own, and even there only the one is listened on.
    for (const host of ['127.0.0.2', ...others]) {
      const outcome = await new Promise<string>((resolve) => {
        const socket = connect({ host, port: endpoint.port, timeout: 2000 }, () => resolve('connected'));
        socket.on('error', () => resolve('refused'));
        socket.on('timeout', () => resolve('no answer'));
      });
      expect(outcome, host).not.to.equal('connected');
    }
  });

  it('cannot be told to listen elsewhere', () => {
    const settings = join(endpoint.project, 'wide-open.json');
    const known = JSON.parse(readFileSync(join(endpoint.directory, 'settings.json'), 'utf8')) as object;
    writeFileSync(settings, JSON.stringify({ ...known, address: '0.0.0.0', directory: endpoint.project }));
    const run = spawnSync(process.execPath, [server, settings], { encoding: 'utf8', timeout: 20_000 });
    expect(run.status).to.equal(1);
    expect(run.stdout).to.contain('loopback address alone').and.to.contain('0.0.0.0');
  });

  it('answers nobody who addresses it by another name than this machine’s', async () => {
    const named = await ask('/_dataplat/status', { host: 'rebound.example.com' });
    expect(named.status).to.equal(403);
    const page = await ask('/', { authorization: signed('s3'), origin: 'https://example.com' });
    expect(page.status).to.equal(403);
  });

  it('is no proxy for anything but itself', async () => {
    expect((await ask('http://example.com/', { host: 'example.com' })).status).to.equal(403);
    const other = `api.127.0.0.1:${endpoint.port + 1}`;
    expect((await ask(`http://${other}/environments`, { host: other })).status).to.equal(403);
    const status = await new Promise<string>((resolve) => {
      const socket = connect(endpoint.port, '127.0.0.1', () => {
        socket.write('CONNECT example.com:443 HTTP/1.1\r\nhost: example.com:443\r\n\r\n');
      });
      socket.once('data', (data) => resolve(data.toString().split('\r\n')[0] ?? ''));
    });
    expect(status).to.equal('HTTP/1.1 405 Method Not Allowed');
  });

  it('stops only when asked in a way that a web page cannot ask', async () => {
    expect((await ask('/_dataplat/stop', {}, 'POST')).status).to.equal(403);
    expect((await ask('/_dataplat/stop', { 'x-dataplat-stop': 'yes' })).status).to.equal(404);
    const page = await ask(
      '/_dataplat/stop',
      { 'x-dataplat-stop': 'yes', origin: 'https://example.com' },
      'POST',
    );
    expect(page.status).to.equal(403);
    expect((await ask('/_dataplat/health')).status).to.equal(200);
  });

  it('tells whoever does not sign what is missing', async () => {
    const { status, body } = await ask('/', { 'x-amz-target': 'AWSGlue.GetDatabases' }, 'POST');
    expect(status).to.equal(403);
    expect(body).to.contain('not signed');
  });

  it('passes big uploads and downloads through unchanged, in parts and presigned', async () => {
    const file = join(endpoint.project, 'upload');
    const content = randomBytes(20 * 1024 * 1024);
    writeFileSync(file, content);
    await endpoint.call('s3', 'create_bucket', {
      Bucket: 'uploads',
      CreateBucketConfiguration: { LocationConstraint: region },
    });
    const { localPython } = await endpoint.request();
    const script = `
import boto3, sys, urllib.request, hashlib
s3 = boto3.client('s3')
s3.upload_file(sys.argv[1], 'uploads', 'big')
url = s3.generate_presigned_url('get_object', Params={'Bucket': 'uploads', 'Key': 'big'})
print(hashlib.sha256(urllib.request.urlopen(url).read()).hexdigest())
`;
    const run = spawnSync(localPython, ['-c', script, file], {
      encoding: 'utf8',
      env: endpoint.environment,
    });
    expect(run.stderr).to.equal('');
    expect(run.stdout.trim()).to.equal(createHash('sha256').update(content).digest('hex'));
  });

  it('lets public objects be read without a signature', async () => {
    await endpoint.call('s3', 'create_bucket', {
      Bucket: 'public',
      CreateBucketConfiguration: { LocationConstraint: region },
    });
    await endpoint.call('s3', 'put_object', { Bucket: 'public', Key: 'hello.txt', Body: 'hello' });
    expect(await ask('/public/hello.txt')).to.deep.equal({ status: 200, body: 'hello' });
  });

  it('keeps the tags of crawlers, jobs and connections', async () => {
    const Tags = { team: 'data' };
    const role = `arn:aws:iam::${account}:role/glue`;
    await endpoint.call('glue', 'create_job', {
      Name: 'job',
      Role: role,
      Command: { Name: 'glueetl', ScriptLocation: 's3://uploads/job.py' },
      Tags,
    });
    await endpoint.call('glue', 'create_crawler', {
      Name: 'crawler',
      Role: role,
      Targets: { S3Targets: [{ Path: 's3://uploads/' }] },
      Tags,
    });
    await endpoint.call('glue', 'create_connection', {
      ConnectionInput: {
        Name: 'connection',
        ConnectionType: 'NETWORK',
        ConnectionProperties: {},
      },
      Tags,
    });
    for (const resource of ['job/job', 'crawler/crawler', 'connection/connection']) {
      const answer = await endpoint.call('glue', 'get_tags', {
        ResourceArn: `arn:aws:glue:${region}:${account}:${resource}`,
      });
      expect(answer, resource).to.deep.equal({ Tags });
    }
  });
});
