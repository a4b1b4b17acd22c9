import { expect } from 'chai';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataplatError } from '../../../src/model/errors.js';
import type { Platform } from '../../../src/model/platform.js';
import {
  listCheckpoints,
  loadCheckpoint,
  removeCheckpoint,
  saveCheckpoint,
} from '../../../src/operations/checkpoints.js';
import type { LoadedCheckpoint, SavedCheckpoint } from '../../../src/operations/checkpoints.js';
import { loadPlatform } from '../../../src/project/load-platform.js';
import { packageDirectory } from '../../../src/project/project-directory.js';
import { collect, failureOf } from '../../operations/collect.js';
import { account, region, StartedEndpoint } from '../started-endpoint.js';

describe('A checkpoint of the local endpoint', function () {
  const store = mkdtempSync(join(tmpdir(), 'dataplat-checkpoints-'));
  const origin = new StartedEndpoint();
  const [here, there] = [new StartedEndpoint(), new StartedEndpoint()];
  let known: Record<string, unknown>;

  function platformAt(endpoint: StartedEndpoint): Platform {
    return loadPlatform(packageDirectory, 'local', { localPort: endpoint.port }, {});
  }

  async function save(name: string, force = false): Promise<SavedCheckpoint> {
    const endpoint = await origin.request();
    return (await collect(saveCheckpoint({ platform: platformAt(origin), endpoint, store, name, force })))
      .result;
  }

  async function load(
    into: StartedEndpoint,
    name: string,
    consent: (lost: readonly string[]) => Promise<boolean> = () => Promise.resolve(false),
  ): Promise<LoadedCheckpoint> {
    const endpoint = await into.request();
    return (await collect(loadCheckpoint({ platform: platformAt(into), endpoint, store, name, consent })))
      .result;
  }

  async function refusal(promise: Promise<unknown>): Promise<DataplatError> {
    const error = await failureOf(promise);
    if (error instanceof DataplatError) return error;
    throw error;
  }

  /** What somebody finds at an endpoint, of all the parts behind it. */
  async function found(at: StartedEndpoint): Promise<Record<string, unknown>> {
    return {
      object: await at.call('s3', 'get_object', { Bucket: 'kept', Key: 'a/b.txt' }),
      copy: await at.call('s3', 'get_object', { Bucket: 'kept', Key: 'copy.txt' }),
      queues: await at.call('sqs', 'list_queues'),
      secret: await at.call('secretsmanager', 'get_secret_value', { SecretId: 'crm' }),
      table: await at.call('glue', 'get_table', { DatabaseName: 'db', Name: 't' }),
      applications: await at.call('emr-serverless', 'list_applications'),
      vpcs: await at.call('ec2', 'describe_vpcs'),
      tags: await at.call('lakeformation', 'list_lf_tags'),
      airflow: await at.call('mwaa', 'list_environments'),
    };
  }

  function manifestOf(name: string): Record<string, unknown> {
    return JSON.parse(readFileSync(join(store, name, 'manifest.json'), 'utf8')) as Record<string, unknown>;
  }

  /** A checkpoint whose manifest says something else. */
  function forge(name: string, changes: object): void {
    mkdirSync(join(store, name));
    writeFileSync(
      join(store, name, 'manifest.json'),
      JSON.stringify({ ...manifestOf('deployed'), ...changes }),
    );
  }

  before(async () => {
    const { instanceDirectory } = await origin.up();
    await origin.call('s3', 'create_bucket', {
      Bucket: 'kept',
      CreateBucketConfiguration: { LocationConstraint: region },
    });
    await origin.call('s3', 'put_object', { Bucket: 'kept', Key: 'a/b.txt', Body: 'content' });
    await origin.call('s3', 'copy_object', { Bucket: 'kept', Key: 'copy.txt', CopySource: 'kept/a/b.txt' });
    await origin.call('sqs', 'create_queue', { QueueName: 'late' });
    await origin.call('secretsmanager', 'create_secret', { Name: 'crm', SecretString: 'hidden' });
    await origin.call('glue', 'create_database', { DatabaseInput: { Name: 'db' } });
    await origin.call('glue', 'create_table', { DatabaseName: 'db', TableInput: { Name: 't' } });
    await origin.call('emr-serverless', 'create_application', {
      name: 'spark',
      releaseLabel: 'emr-7.12.0',
      type: 'SPARK',
      clientToken: 'one',
    });
    await origin.call('ec2', 'create_vpc', { CidrBlock: '10.7.0.0/16' });
    await origin.call('lakeformation', 'create_lf_tag', { TagKey: 'layer', TagValues: ['gold'] });
    await origin.call('mwaa', 'create_environment', {
      Name: 'flows',
      DagS3Path: 'dags',
      ExecutionRoleArn: `arn:aws:iam::${account}:role/r`,
      SourceBucketArn: 'arn:aws:s3:::kept',
      NetworkConfiguration: { SubnetIds: ['subnet-1', 'subnet-2'] },
    });
    const resource = { mode: 'managed', instances: [{}] };
    const terraform = join(instanceDirectory, 'terraform', 'local');
    mkdirSync(terraform);
    writeFileSync(join(terraform, 'data.tfstate'), JSON.stringify({ resources: [resource, resource] }));
    known = await found(origin);
  });
  after(async () => {
    await Promise.all([origin, here, there].map((endpoint) => endpoint.end()));
    rmSync(store, { recursive: true, force: true });
  });

  it('is refused while somebody changes the environment', async () => {
    const { instanceDirectory } = await origin.up();
    const locks = join(instanceDirectory, 'terraform', 'local', 'locks');
    mkdirSync(locks);
    writeFileSync(join(locks, 'local.json'), '{}');
    expect((await refusal(save('deployed'))).code).to.equal('DP5003');
    rmSync(locks, { recursive: true });
    expect(origin.processes()).to.have.property('endpoint');
  });

  it('is saved from an endpoint that runs, and runs again with all that it held', async () => {
    const saved = await save('deployed');
    expect(saved).to.deep.include({ running: true, deployed: [{ stack: 'local-data', resources: 2 }] });
    expect(await found(origin)).to.deep.equal(known);
  });

  it('holds neither the port nor a path of the project that it was saved in', () => {
    const instance = join(store, 'deployed', 'instance');
    const files = readdirSync(instance, { recursive: true, withFileTypes: true }).filter((one) =>
      one.isFile(),
    );
    const telling = files
      .map((file) => join(file.parentPath, file.name))
      .filter((file) => {
        const text = readFileSync(file, 'latin1');
        return text.includes(`:${origin.port}`) || text.includes(origin.project);
      });
    expect(files).not.to.deep.equal([]);
    expect(telling).to.deep.equal([]);
  });

  it('is loaded by two other projects at once, at other ports, with all that it held', async () => {
    const [one, other] = await Promise.all([load(here, 'deployed'), load(there, 'deployed')]);
    expect(one.endpoint).to.equal(here.url);
    expect(one.instanceId).not.to.equal(other.instanceId);
    expect(await found(here)).to.deep.equal(known);
    expect(await found(there)).to.deep.equal(known);
  });

  it('is the same afterwards, whatever is done with what was loaded', async () => {
    await here.call('s3', 'put_object', { Bucket: 'kept', Key: 'a/b.txt', Body: 'changed' });
    await here.call('ec2', 'create_vpc', { CidrBlock: '10.8.0.0/16' });
    await here.down();
    const lost: string[] = [];
    await load(here, 'deployed', (lines) => {
      lost.push(...lines);
      return Promise.resolve(true);
    });
    expect(lost.join('\n')).to.match(
      /^instance \d{8}-[0-9a-f]{8}, of .* UTC\nstack local-data, 2 resources$/,
    );
    expect(await found(here)).to.deep.equal(known);
  });

  it('does not replace what an endpoint holds unless somebody agrees', async () => {
    const { instanceId } = await here.up();
    expect((await refusal(load(here, 'deployed'))).code).to.equal('DP5004');
    expect(await here.up()).to.include({ instanceId, began: 'running' });
  });

  it('is not saved over unless that is asked for', async () => {
    const { id } = manifestOf('deployed');
    expect((await refusal(save('deployed'))).code).to.equal('DP3009');
    expect(manifestOf('deployed')['id']).to.equal(id);
    await save('deployed', true);
    expect(manifestOf('deployed')['id']).not.to.equal(id);
    expect(readdirSync(store)).to.deep.equal(['deployed']);
  });

  it('of other versions, or of another environment, is listed with the reason and refused by name', async () => {
    const made = manifestOf('deployed')['madeWith'] as Record<string, string>;
    forge('old', { madeWith: { ...made, ministack: '0.0.1' } });
    forge('abroad', { environment: { name: 'local', account, region: 'us-east-1' } });
    forge('newer', { format: 99 });
    const rows = await listCheckpoints(store, platformAt(here));
    const problems = Object.fromEntries(rows.map(({ name, problem }) => [name, problem]));
    expect(problems['deployed']).to.equal(undefined);
    expect(problems['old']).to.equal(
      `it was made with ministack 0.0.1, and this is ministack ${made['ministack']}`,
    );
    expect(problems['abroad']).to.contain('us-east-1').and.to.contain(region);
    expect(problems['newer']).to.contain('format 99').and.to.contain('format 1');
    for (const name of ['old', 'abroad', 'newer']) {
      const error = await refusal(load(here, name, () => Promise.resolve(true)));
      expect(error.code, name).to.equal('DP3010');
      expect(error.message).to.contain(`"${name}"`).and.to.contain(problems[name]);
    }
  });

  it('that is half written is none', async () => {
    mkdirSync(join(store, 'half', 'instance'), { recursive: true });
    mkdirSync(join(store, '.deployed.1.x', 'instance'), { recursive: true });
    const names = (await listCheckpoints(store, platformAt(here))).map(({ name }) => name);
    expect(names).not.to.include.members(['half']);
    expect(names).not.to.include.members(['.deployed.1.x']);
    const error = await refusal(load(here, 'half'));
    expect(error.code).to.equal('DP3008');
    expect(error.details.excerpt?.join()).to.contain('deployed');
  });

  it('of which something is missing is refused, and what was there stays', async () => {
    const { instanceId } = await here.up();
    rmSync(join(store, 'deployed', 'instance', 'moto', 'journal.jsonl'));
    expect((await refusal(load(here, 'deployed', () => Promise.resolve(true)))).code).to.equal('DP3011');
    expect(await here.up()).to.include({ instanceId, began: 'running' });
    expect(readdirSync(join(here.directory, 'instances'))).to.deep.equal([instanceId]);
  });

  it('that is saved anew while it is loaded is refused: nobody gets a part of each', async () => {
    const { instanceId } = await here.up();
    await save('deployed', true);
    const loading = load(here, 'deployed', async () => {
      await save('deployed', true);
      return true;
    });
    const error = await refusal(loading);
    expect(error.code).to.equal('DP3011');
    expect(error.message).to.contain('saved anew');
    expect(await here.up()).to.include({ instanceId, began: 'running' });
  });

  it('is removed by its name alone', async () => {
    for (const name of ['../deployed', 'Deployed', '', 'a/b', '.deployed']) {
      expect((await refusal(removeCheckpoint(store, name))).code, name).to.equal('DP1001');
    }
    await removeCheckpoint(store, 'old');
    expect(existsSync(join(store, 'old'))).to.equal(false);
    expect((await refusal(removeCheckpoint(store, 'old'))).code).to.equal('DP3008');
  });

  it('is refused while job runs are active, and they go on', async () => {
    await there.call('s3', 'put_object', {
      Bucket: 'kept',
      Key: 'wait.py',
      Body: 'import time; time.sleep(600)',
    });
    const { applications } = await there.call<{ applications: { id: string }[] }>(
      'emr-serverless',
      'list_applications',
    );
    const applicationId = applications[0]?.id ?? '';
    const { jobRunId } = await there.call<{ jobRunId: string }>('emr-serverless', 'start_job_run', {
      applicationId,
      clientToken: 'run',
      executionRoleArn: `arn:aws:iam::${account}:role/r`,
      jobDriver: { sparkSubmit: { entryPoint: 's3://kept/wait.py' } },
    });
    const endpoint = await there.request();
    const saving = saveCheckpoint({ platform: platformAt(there), endpoint, store, name: 'busy' });
    const error = await refusal(collect(saving));
    expect(error.code).to.equal('DP6005');
    expect(error.details.excerpt?.join('\n')).to.contain(jobRunId);
    expect(existsSync(join(store, 'busy'))).to.equal(false);
    const { jobRun } = await there.call<{ jobRun: { state: string } }>('emr-serverless', 'get_job_run', {
      applicationId,
      jobRunId,
    });
    expect(jobRun.state).to.be.oneOf(['SUBMITTED', 'PENDING', 'SCHEDULED', 'RUNNING']);
    // Whoever loads over it is told of the run too.
    const lost: string[] = [];
    const loading = load(there, 'deployed', (lines) => {
      lost.push(...lines);
      return Promise.resolve(false);
    });
    expect((await refusal(loading)).code).to.equal('DP5004');
    expect(lost.join('\n')).to.contain(jobRunId);
  });

  it('is refused where there is nothing to save', async () => {
    const empty = new StartedEndpoint();
    try {
      const endpoint = await empty.request();
      const saving = saveCheckpoint({ platform: platformAt(empty), endpoint, store, name: 'nothing' });
      expect((await refusal(collect(saving))).code).to.equal('DP3012');
      expect(existsSync(join(store, 'nothing'))).to.equal(false);
    } finally {
      await empty.end();
    }
  });
});
