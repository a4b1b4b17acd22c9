import {
  CreateApplicationCommand,
  DeleteApplicationCommand,
  EMRServerlessClient,
  GetApplicationCommand,
  ListTagsForResourceCommand,
  StartApplicationCommand,
  StopApplicationCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateApplicationCommand,
  paginateListApplications,
  type Application,
  type CreateApplicationCommandInput,
} from '@aws-sdk/client-emr-serverless';
import { expect } from 'chai';
import { createEmrServerlessService } from '../../../src/local/emr-serverless/service.js';
import { TinyEndpoint, account, eventually, region } from '../tiny-endpoint.js';

interface Shown {
  application: Record<string, unknown> & { arn: string };
}

describe('EMR Serverless applications', function () {
  const endpoint = new TinyEndpoint(createEmrServerlessService);
  let emr: EMRServerlessClient;
  before(async () => {
    await endpoint.start();
    const credentials = { accessKeyId: account, secretAccessKey: 'local' };
    emr = new EMRServerlessClient({ endpoint: endpoint.url, region, credentials, maxAttempts: 1 });
  });
  after(async () => {
    emr.destroy();
    await endpoint.stop();
  });

  const failure = (attempt: Promise<unknown>): Promise<string> =>
    attempt.then(
      () => 'it succeeded',
      (error: unknown) => (error as { stderr?: string }).stderr ?? String(error),
    );
  const create = async (more: Partial<CreateApplicationCommandInput> = {}): Promise<string> => {
    const settings = { type: 'SPARK', releaseLabel: 'emr-7.12.0', ...more };
    return (await emr.send(new CreateApplicationCommand(settings))).applicationId ?? '';
  };
  const get = async (applicationId: string): Promise<Application> => {
    const { application } = await emr.send(new GetApplicationCommand({ applicationId }));
    if (application === undefined) throw new Error(`${applicationId} is not shown`);
    return application;
  };

  it('gives back to the AWS CLI all that an application was made with, in state CREATED', async () => {
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
    const { applicationId: id } = await endpoint.aws<{ applicationId: string }>(
      ...['emr-serverless', 'create-application', '--type', 'SPARK', '--release-label', 'emr-7.12.0'],
      ...['--name', 'lake', '--tags', 'team=data', '--cli-input-json', JSON.stringify(settings)],
    );
    const { application } = await endpoint.aws<Shown>(
      ...['emr-serverless', 'get-application', '--application-id', id],
    );
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
    const states: (string | undefined)[] = [];
    const reaches = (state: string): Promise<boolean> =>
      eventually(async () => {
        const now = (await get(id)).state;
        if (states.at(-1) !== now) states.push(now);
        return now === state ? true : undefined;
      }, 10);
    await reaches('CREATED');
    await emr.send(new StartApplicationCommand({ applicationId: id }));
    await reaches('STARTED');
    const update = new UpdateApplicationCommand({ applicationId: id, releaseLabel: 'emr-7.11.0' });
    const remove = new DeleteApplicationCommand({ applicationId: id });
    expect(await failure(emr.send(update)))
      .to.contain('ValidationException')
      .and.to.contain('STARTED');
    expect(await failure(emr.send(remove))).to.contain('ValidationException');
    await emr.send(new StopApplicationCommand({ applicationId: id }));
    await reaches('STOPPED');
    await emr.send(update);
    expect((await get(id)).releaseLabel).to.equal('emr-7.11.0');
    await emr.send(remove);
    expect((await get(id)).state).to.equal('TERMINATED');
    expect(states.filter((state) => !state?.endsWith('ING'))).to.deep.equal([
      'CREATED',
      'STARTED',
      'STOPPED',
    ]);
  });

  it('makes one application of two requests with the same client token, and refuses a third that says otherwise', async () => {
    const first = await create({ clientToken: 'once', name: 'a' });
    expect(await create({ clientToken: 'once', name: 'a' })).to.equal(first);
    expect(await failure(create({ clientToken: 'once', name: 'b' }))).to.contain('ConflictException');
  });

  it('lists by state and in pages', async () => {
    const made: string[] = [];
    for (const name of ['page-1', 'page-2', 'page-3']) made.push(await create({ name }));
    for (const applicationId of made.slice(0, 2))
      await emr.send(new DeleteApplicationCommand({ applicationId }));
    const listed: [id: string | undefined, state: string | undefined][] = [];
    const pages = paginateListApplications({ client: emr, pageSize: 1 }, { states: ['TERMINATED'] });
    for await (const { applications = [] } of pages) {
      expect(applications).to.have.length.at.most(1);
      for (const { id, state } of applications) listed.push([id, state]);
    }
    expect(listed.map(([id]) => id)).to.include.members(made.slice(0, 2));
    expect(new Set(listed.map(([, state]) => state))).to.deep.equal(new Set(['TERMINATED']));
  });

  it('adds, shows and removes tags', async () => {
    const { arn: resourceArn } = await get(await create({ tags: { a: '1' } }));
    await emr.send(new TagResourceCommand({ resourceArn, tags: { b: '2', c: '3' } }));
    await emr.send(new UntagResourceCommand({ resourceArn, tagKeys: ['a', 'c'] }));
    const { tags } = await emr.send(new ListTagsForResourceCommand({ resourceArn }));
    expect(tags).to.deep.equal({ b: '2' });
  });

  it('says what is wrong with a request, and with an id that nobody has', async () => {
    expect(await failure(create({ architecture: 'SPARC' as 'ARM64' }))).to.contain('SPARC');
    // What the CLI makes of it as well.
    const hive = ['create-application', '--type', 'HIVE', '--release-label', 'emr-7.12.0'];
    expect(await failure(endpoint.aws('emr-serverless', ...hive)))
      .to.contain('ValidationException')
      .and.to.contain('HIVE');
    expect(await failure(create({ releaseLabel: 'spark-3' }))).to.contain('Invalid release label: spark-3');
    expect(await failure(get('00nobody'))).to.contain('ResourceNotFoundException');
  });

  it('is there again after the service was stopped and started', async () => {
    const id = await create({ name: 'kept' });
    await endpoint.service?.stop();
    await endpoint.startService();
    expect((await get(id)).name).to.equal('kept');
  });
});
