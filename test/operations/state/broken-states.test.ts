import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { awsClients } from '../../../src/aws/clients.js';
import { DataplatError } from '../../../src/model/errors.js';
import { stackKinds, type StackKind } from '../../../src/model/names.js';
import { writeCurrentRelease } from '../../../src/operations/release/current-release.js';
import { brokenStates, refuseBrokenStates } from '../../../src/operations/state/broken-states.js';
import { fileRecords } from '../../../src/operations/state/file-records.js';
import { putBack, setAside } from '../../../src/operations/state/set-aside.js';
import { stateRecords } from '../../../src/operations/state/state-records.js';
import { stateFault } from '../../../src/operations/state/state-fault.js';
import { account, region, StartedEndpoint } from '../../local/started-endpoint.js';
import { platformOf } from '../../stacks/synthesized.js';
import { failureOf } from '../collect.js';
import { MemoryObjects } from '../memory-objects.js';

/** What Terraform writes of a stack that holds nothing. */
const whole = JSON.stringify({
  version: 4,
  terraform_version: '1.11.4',
  serial: 3,
  lineage: 'a',
  outputs: {},
  resources: [],
});

describe('the text of a state', () => {
  it('is read where Terraform reads it, and else is called what it is', () => {
    expect(stateFault(whole)).to.equal(undefined);
    expect(stateFault('')).to.deep.equal({ kind: 'empty' });
    expect(stateFault('\n')).to.deep.equal({ kind: 'empty' });
    for (let length = 1; length < whole.length; length += 1) {
      expect(stateFault(whole.slice(0, length)), `cut at ${length}`).to.deep.equal({ kind: 'no-state' });
    }
    for (const text of ['<html></html>', 'null', '[]', '4', '{}', '{"version":"4"}']) {
      expect(stateFault(text), text).to.deep.equal({ kind: 'no-state' });
    }
    expect(stateFault('{"version":5,"terraform_version":"2.0.1"}')).to.deep.equal({
      kind: 'newer',
      format: 5,
      terraform: '2.0.1',
    });
  });
});

describe('the states of an environment', () => {
  let terraformDirectory: string;
  let objects: MemoryObjects;
  const platform = platformOf('local');
  const access = () => ({ platform, terraformDirectory, aws: { objects } as never });
  const stacks = (...applied: StackKind[]) =>
    stackKinds.map((kind) => ({ kind, name: `local-${kind}`, applied: applied.includes(kind) }));
  const file = (name: string) => join(terraformDirectory, name);

  beforeEach(() => {
    terraformDirectory = mkdtempSync(join(tmpdir(), 'dataplat-states-'));
    objects = new MemoryObjects();
  });
  afterEach(() => rmSync(terraformDirectory, { recursive: true }));

  it('are missing before the first deploy, and lost behind it', async () => {
    // Terraform makes an empty file when it locks a state that is not there.
    writeFileSync(file('data.tfstate'), '');
    expect(await brokenStates(access(), stacks())).to.deep.equal([]);
    const found = await brokenStates(access(), stacks('data', 'observability'));
    expect(found.map(({ stack, fault }) => [stack, fault.kind])).to.deep.equal([
      ['local-data', 'empty'],
      ['local-observability', 'gone'],
    ]);
  });

  it('are lost too where another machine has deployed: a release tells', async () => {
    writeFileSync(file('data.tfstate'), whole);
    writeFileSync(file('platform.tfstate'), whole);
    await writeCurrentRelease('0123456789abcdef', platform.environment, objects);
    const found = await brokenStates(access(), stacks());
    expect(found.map(({ stack, fault }) => [stack, fault.kind])).to.deep.equal([
      ['local-observability', 'gone'],
    ]);
  });

  it('are missing for who may not read whether there is a release', async () => {
    objects.get = () =>
      Promise.reject(new DataplatError('DP4003', 'refused', { data: { awsCode: 'AccessDenied' } }));
    expect(await brokenStates(access(), stacks())).to.deep.equal([]);
  });

  it('cost one reading each, and no question about a release, where all are whole', async () => {
    for (const kind of stackKinds) writeFileSync(file(`${kind}.tfstate`), whole);
    expect(await brokenStates(access(), stacks('data', 'platform', 'observability'))).to.deep.equal([]);
    expect(objects.calls).to.deep.equal([]);
  });

  it('are judged by nobody while one of them is written', async () => {
    writeFileSync(file('platform.tfstate'), whole.slice(0, 40));
    writeFileSync(file('.platform.tfstate.lock.info'), '{}');
    expect(await brokenStates(access(), stacks())).to.deep.equal([]);
    rmSync(file('.platform.tfstate.lock.info'));
    expect(await brokenStates(access(), stacks())).to.have.length(1);
  });

  it('are refused with what is the matter with each, and what to type', async () => {
    writeFileSync(file('data.tfstate'), whole.slice(0, 40));
    writeFileSync(file('platform.tfstate'), '{"version":5,"terraform_version":"2.0.1"}');
    writeFileSync(file('observability.tfstate'), whole);
    const failure = await failureOf(refuseBrokenStates(access(), stacks()));
    expect(failure).to.have.property('code', 'DP5012');
    expect(failure)
      .to.have.property('details')
      .that.deep.include({
        excerpt: [
          'local-data: its state data.tfstate is cut short, or is no state of Terraform at all',
          'local-platform: its state platform.tfstate is of format 5, written by Terraform 2.0.1; here format 4 is read',
        ],
        next: [
          'dataplat recover --env local, which adopts what exists',
          'or the Terraform that wrote it: 2.0.1',
        ],
      });
  });

  it('are set aside byte for byte, and put back where nothing new is in their place', async () => {
    const cut = Buffer.from([...Buffer.from(whole.slice(0, 40)), 0xe2, 0x82]);
    writeFileSync(file('data.tfstate'), cut);
    writeFileSync(file('platform.tfstate'), 'no state');
    const records = fileRecords(terraformDirectory);
    const broken = await brokenStates(access(), stacks('observability'));
    const kept = await setAside(records, broken, new Date('2026-01-05T06:07:08.900Z'));
    expect(readdirSync(terraformDirectory).sort()).to.deep.equal([
      'data.tfstate.broken-2026-01-05T060708Z',
      'platform.tfstate.broken-2026-01-05T060708Z',
    ]);
    writeFileSync(file('data.tfstate'), '');
    writeFileSync(file('platform.tfstate'), whole);
    await putBack(records, kept);
    expect(readFileSync(file('data.tfstate'))).to.deep.equal(cut);
    expect(readFileSync(file('platform.tfstate'), 'utf8')).to.equal(whole);
    expect(readFileSync(file('platform.tfstate.broken-2026-01-05T060708Z'), 'utf8')).to.equal('no state');
  });

  it('are not set aside where somebody has written one meanwhile', async () => {
    writeFileSync(file('data.tfstate'), 'no state');
    writeFileSync(file('platform.tfstate'), 'no state');
    const broken = await brokenStates(access(), stacks());
    writeFileSync(file('platform.tfstate'), whole);
    const failure = await failureOf(setAside(fileRecords(terraformDirectory), broken));
    expect(failure).to.have.property('code', 'DP5003');
    expect(readdirSync(terraformDirectory).sort()).to.deep.equal(['data.tfstate', 'platform.tfstate']);
    expect(readFileSync(file('data.tfstate'), 'utf8')).to.equal('no state');
  });
});

describe('the states of an environment in a bucket', function () {
  const endpoint = new StartedEndpoint();
  before(async () => {
    await endpoint.up();
    await endpoint.call('s3', 'create_bucket', {
      Bucket: 'states',
      CreateBucketConfiguration: { LocationConstraint: region },
    });
  });
  after(() => endpoint.end());

  it('are judged and set aside as those in files are', async () => {
    const clients = awsClients({ region, account, endpoint: endpoint.url });
    const { environment } = platformOf('dev');
    const platform = {
      ...platformOf('dev'),
      environment: { ...environment, account, region, state: { backend: 's3' as const, bucket: 'states' } },
    };
    const access = {
      platform,
      terraformDirectory: '',
      aws: { clients, objects: new MemoryObjects() } as never,
    };
    const records = stateRecords(access);
    await records.create('dev/data.tfstate', whole.slice(0, 40));
    await records.create('dev/platform.tfstate', whole);
    const stacks = stackKinds.map((kind) => ({ kind, name: `dev-${kind}`, applied: true }));
    const broken = await brokenStates(access, stacks);
    expect(broken.map(({ name, fault }) => [name, fault.kind])).to.deep.equal([
      ['dev/data.tfstate', 'no-state'],
      ['dev/observability.tfstate', 'gone'],
    ]);
    const [kept] = await setAside(records, broken, new Date('2026-01-05T06:07:08.900Z'));
    expect(kept?.kept).to.equal('dev/data.tfstate.broken-2026-01-05T060708Z');
    expect(await records.read('dev/data.tfstate')).to.equal(undefined);
    expect((await records.read(kept?.kept ?? ''))?.text).to.equal(whole.slice(0, 40));
    await putBack(records, kept ? [kept] : []);
    expect((await records.read('dev/data.tfstate'))?.text).to.equal(whole.slice(0, 40));
  });
});
