import { createServer, type AddressInfo } from 'node:net';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readPlatform } from '../../src/model/read-platform.js';
import { DataplatError } from '../../src/model/errors.js';
import type { Environment } from '../../src/model/environment.js';
import { doctor, type DoctorReport, type DoctorRequest } from '../../src/operations/doctor.js';
import { projectWith } from '../model/project.js';
import { FakeMachine } from '../toolchain/fake-machine.js';
import { collect } from './collect.js';
import { MemoryObjects } from './memory-objects.js';

describe('doctor', () => {
  let machine: FakeMachine;
  beforeEach(() => {
    machine = new FakeMachine();
  });
  afterEach(() => machine.remove());

  const environment = (name: string): Environment => readPlatform(projectWith({}), name).environment;

  async function report(
    request: Partial<DoctorRequest> & Pick<DoctorRequest, 'environment'>,
  ): Promise<DoctorReport> {
    const declared = request.environment;
    const { result } = await collect(
      doctor({
        environmentName: declared instanceof DataplatError ? 'local' : declared.name,
        projectDirectory: join(machine.root, 'project'),
        whoAmI: () => Promise.reject(new DataplatError('DP4001', 'no AWS credentials found')),
        vcpus: () => Promise.resolve(undefined),
        stateObjects: () => Promise.resolve(new MemoryObjects()),
        variables: machine.variables,
        ...request,
      }),
    );
    return result;
  }

  const check = (found: DoctorReport, name: string) => found.checks.find((one) => one.name === name);

  it('names the one command that mends each missing part of a new machine', async () => {
    machine.file('project/cdktf.json', '{}');
    const found = await report({ environment: environment('local') });
    expect(found.ready).to.equal(false);
    expect(check(found, 'Terraform')).to.include({ state: 'missing', mend: 'npm run setup' });
    expect(check(found, 'Java')).to.include({ state: 'missing', mend: 'npm run setup' });
    expect(check(found, 'Python')?.mend).to.include('Python 3.11');
    for (const one of found.checks.filter(({ state }) => state !== 'found'))
      expect(one.mend, one.name).to.be.a('string');
  });

  it('does not need Java and Spark here for a real account, whose jobs run there', async () => {
    const [here, there] = [
      await report({ environment: environment('local') }),
      await report({ environment: environment('prod') }),
    ];
    expect(check(here, 'Java')).to.have.property('needed', true);
    expect(check(there, 'Java')).to.have.property('needed', false);
    expect(check(there, 'Terraform')).to.have.property('needed', true);
  });

  it('finds who somebody is, and whether that is of the account that is declared', async () => {
    const prod = environment('prod');
    const arn = `arn:aws:iam::${prod.account}:role/operator`;
    const right = await report({
      environment: prod,
      whoAmI: () => Promise.resolve({ account: prod.account, arn }),
    });
    expect(check(right, 'credentials')).to.include({ state: 'found', detail: arn });
    const wrong = await report({
      environment: prod,
      whoAmI: () => Promise.resolve({ account: '999999999999', arn: 'arn:aws:iam::999999999999:root' }),
    });
    expect(check(wrong, 'credentials')).to.have.property('state', 'failed');
    expect(check(wrong, 'credentials')?.detail).to.include('999999999999').and.include(prod.account);
    expect(check(await report({ environment: prod }), 'credentials')).to.have.property('state', 'missing');
  });

  it('holds what the application may take against what the account is granted', async () => {
    const prod = environment('prod');
    const { cpu } = prod.emr.maximumCapacity;
    const whoAmI = () => Promise.resolve({ account: prod.account, arn: 'arn' });
    const asked = (vcpus: DoctorRequest['vcpus']) => report({ environment: prod, whoAmI, vcpus });
    expect(check(await asked(() => Promise.resolve(cpu)), 'vCPU quota')).to.have.property('state', 'found');
    const little = check(await asked(() => Promise.resolve(cpu - 1)), 'vCPU quota');
    expect(little).to.include({ state: 'failed', needed: false });
    expect(little?.mend).to.equal(
      `aws service-quotas request-service-quota-increase --service-code emr-serverless --quota-code L-D05C8A75 --desired-value ${cpu} --region ${prod.region}`,
    );
    const refused = await asked(() =>
      Promise.reject(new DataplatError('DP4003', 'GetServiceQuota: AccessDenied')),
    );
    expect(check(refused, 'vCPU quota')).to.include({ state: 'failed', needed: false });
    expect(check(refused, 'vCPU quota')?.mend).to.contain('servicequotas:GetServiceQuota');
    expect(check(await asked(() => Promise.resolve(undefined)), 'vCPU quota')).to.equal(undefined);
    expect(
      check(await report({ environment: prod, vcpus: () => Promise.resolve(1) }), 'vCPU quota'),
    ).to.equal(undefined);
  });

  it('puts, reads and deletes an object where the state is kept, and leaves none', async () => {
    const objects = new MemoryObjects();
    const prod = environment('prod');
    const found = await report({ environment: prod, stateObjects: () => Promise.resolve(objects) });
    expect(check(found, 'state backend')).to.have.property('state', 'found');
    expect(objects.calls.map((call) => call.split(' ')[0])).to.deep.equal(['put', 'get']);
    expect(objects.stored.size).to.equal(0);
  });

  it('says so where the state bucket refuses', async () => {
    const objects = new MemoryObjects();
    objects.put = () => Promise.reject(new DataplatError('DP4003', 'NoSuchBucket'));
    const found = await report({
      environment: environment('prod'),
      stateObjects: () => Promise.resolve(objects),
    });
    expect(check(found, 'state backend')).to.include({ state: 'failed', detail: 'NoSuchBucket' });
    expect(check(found, 'state backend')?.mend).to.match(/^aws s3 mb s3:\/\//);
  });

  it('names the process that holds the port of the local endpoint', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const local = { ...environment('local'), endpoint: { port } };
      const taken = await report({ environment: local });
      expect(check(taken, 'local endpoint')).to.have.property('state', 'failed');
      expect(check(taken, 'local endpoint')?.detail).to.include(`port ${port} is taken`);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
    const free = await report({ environment: { ...environment('local'), endpoint: { port } } });
    expect(check(free, 'local endpoint')).to.have.property('state', 'found');
  });

  it('still looks at the machine where the declaration is wrong', async () => {
    const found = await report({ environment: new DataplatError('DP2001', 'two mistakes') });
    expect(check(found, 'declaration')).to.include({
      state: 'failed',
      detail: 'two mistakes',
      mend: 'dataplat validate',
    });
    expect(check(found, 'Node')).to.have.property('state', 'found');
  });

  it('leaves nothing in the project but its own state folder', async () => {
    await report({ environment: environment('local') });
    expect(readdirSync(join(machine.root, 'project'))).to.deep.equal(['.dataplat']);
    expect(readdirSync(join(machine.root, 'project', '.dataplat')).filter((name) => name.includes('doctor')))
      .to.be.empty;
    expect(existsSync(machine.cache)).to.equal(false);
  });
});
