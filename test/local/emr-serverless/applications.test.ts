import { expect } from 'chai';
import { createEmrServerlessService } from '../../../src/local/emr-serverless/service.js';
import { TinyEndpoint, eventually } from '../tiny-endpoint.js';

interface Shown {
  application: Record<string, unknown> & { state: string; arn: string; tags: Record<string, string> };
}

describe('EMR Serverless applications, through the AWS CLI', function () {
  const endpoint = new TinyEndpoint(createEmrServerlessService);
  before(() => endpoint.start());
  after(() => endpoint.stop());

  const emr = <Answer = Record<string, unknown>>(...words: string[]): Promise<Answer> =>
    endpoint.aws<Answer>('emr-serverless', ...words);
  const failure = (attempt: Promise<unknown>): Promise<string> =>
    attempt.then(
      () => 'it succeeded',
      (error: unknown) => String((error as { stderr?: string }).stderr ?? error),
    );
  const create = async (...more: string[]): Promise<string> => {
    const made = await emr<{ applicationId: string }>(
      ...['create-application', '--type', 'SPARK', '--release-label', 'emr-7.12.0', ...more],
    );
    return made.applicationId;
  };
  const get = async (id: string): Promise<Shown['application']> =>
    (await emr<Shown>('get-application', '--application-id', id)).application;

  it('gives back all that an application was made with, in state CREATED', async () => {
    const settings = {
      architecture: 'ARM64',
      initialCapacity: {
        Driver: { workerCount: 1, workerConfiguration: { cpu: '2 vCPU', memory: '8 GB', disk: '20 GB' } },
      },
      maximumCapacity: { cpu: '8 vCPU', memory: '32 GB', disk: '100 GB' },
      autoStopConfiguration: { enabled: true, idleTimeoutMinutes: 3 },
      networkConfiguration: { subnetIds: ['subnet-1'], securityGroupIds: ['sg-1'] },
      monitoringConfiguration: { s3MonitoringConfiguration: { logUri: 's3://logs/emr/' } },
      schedulerConfiguration: { maxConcurrentRuns: 2, queueTimeoutMinutes: 60 },
      runtimeConfiguration: [{ classification: 'spark-defaults', properties: { 'spark.x': '1' } }],
    };
    const id = await create(
      '--name',
      'lake',
      '--tags',
      'team=data',
      '--cli-input-json',
      JSON.stringify(settings),
    );
    const application = await get(id);
    expect(application).to.deep.include({
      ...settings,
      name: 'lake',
      state: 'CREATED',
      releaseLabel: 'emr-7.12.0',
    });
    expect(application).to.deep.include({
      tags: { team: 'data' },
      autoStartConfiguration: { enabled: true },
    });
    expect(application.arn).to.equal(`arn:aws:emr-serverless:eu-central-1:123456789012:/applications/${id}`);
  });

  it('starts and stops; is updated and deleted only when it is created or stopped', async () => {
    const id = await create();
    const states: string[] = [];
    const reaches = (state: string): Promise<boolean> =>
      eventually(async () => {
        const now = (await get(id)).state;
        if (states.at(-1) !== now) states.push(now);
        return now === state ? true : undefined;
      }, 10);
    await reaches('CREATED');
    await emr('start-application', '--application-id', id);
    await reaches('STARTED');
    const update = ['update-application', '--application-id', id, '--release-label', 'emr-7.11.0'];
    expect(await failure(emr(...update)))
      .to.contain('ValidationException')
      .and.to.contain('STARTED');
    expect(await failure(emr('delete-application', '--application-id', id))).to.contain(
      'ValidationException',
    );
    await emr('stop-application', '--application-id', id);
    await reaches('STOPPED');
    await emr(...update);
    expect((await get(id)).releaseLabel).to.equal('emr-7.11.0');
    await emr('delete-application', '--application-id', id);
    expect((await get(id)).state).to.equal('TERMINATED');
    expect(states.filter((state) => !state.endsWith('ING'))).to.deep.equal(['CREATED', 'STARTED', 'STOPPED']);
  });

  it('makes one application of two requests with the same client token, and refuses a third that says otherwise', async () => {
    const first = await create('--client-token', 'once', '--name', 'a');
    expect(await create('--client-token', 'once', '--name', 'a')).to.equal(first);
    expect(await failure(create('--client-token', 'once', '--name', 'b'))).to.contain('ConflictException');
  });

  it('lists by state and in pages', async () => {
    const one = await create('--name', 'page-1');
    await create('--name', 'page-2');
    await emr('delete-application', '--application-id', one);
    const listed = await emr<{ applications: { id: string; state: string }[] }>(
      ...['list-applications', '--states', 'TERMINATED', '--page-size', '1'],
    );
    expect(listed.applications.map((application) => application.id)).to.include(one);
    expect(new Set(listed.applications.map((application) => application.state))).to.deep.equal(
      new Set(['TERMINATED']),
    );
  });

  it('adds, shows and removes tags', async () => {
    const { arn } = await get(await create('--tags', 'a=1'));
    await emr('tag-resource', '--resource-arn', arn, '--tags', 'b=2,c=3');
    await emr('untag-resource', '--resource-arn', arn, '--tag-keys', 'a', 'c');
    expect(await emr('list-tags-for-resource', '--resource-arn', arn)).to.deep.equal({ tags: { b: '2' } });
  });

  it('says what is wrong with a request, and with an id that nobody has', async () => {
    expect(await failure(create('--architecture', 'SPARC'))).to.contain('SPARC');
    const hive = emr('create-application', '--type', 'HIVE', '--release-label', 'emr-7.12.0');
    expect(await failure(hive))
      .to.contain('ValidationException')
      .and.to.contain('HIVE');
    const label = emr('create-application', '--type', 'SPARK', '--release-label', 'spark-3');
    expect(await failure(label)).to.contain('Invalid release label: spark-3');
    expect(await failure(get('00nobody'))).to.contain('ResourceNotFoundException');
  });

  it('is there again after the service was stopped and started', async () => {
    const id = await create('--name', 'kept');
    await endpoint.service?.stop();
    await endpoint.startService();
    expect((await get(id)).name).to.equal('kept');
  });
});
