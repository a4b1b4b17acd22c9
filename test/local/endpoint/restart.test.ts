import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { localStatus } from '../../../src/operations/local-endpoint.js';
import { account, region, StartedEndpoint } from '../started-endpoint.js';
import type { EndpointStatus } from '../../../src/local/status.js';

/** Whether a process runs; one that has ended and that nobody has waited for yet does not. */
function lives(pid: number): boolean {
  const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
  return state !== '' && !state.startsWith('Z');
}

async function until(condition: () => boolean | Promise<boolean>, seconds = 15): Promise<boolean> {
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    if (await condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

describe('An instance of the local endpoint', function () {
  const endpoint = new StartedEndpoint();
  let known: Record<string, unknown>;
  let instance: string;

  /** What one operator can see, of all the parts behind the gateway. */
  async function everything(): Promise<Record<string, unknown>> {
    const ids = (rows: unknown, key: string): unknown[] =>
      (rows as Record<string, unknown>[]).map((row) => row[key]);
    const call = (service: string, operation: string, parameters: object = {}): Promise<unknown> =>
      endpoint.call(service, operation, parameters);
    const part = async (
      service: string,
      operation: string,
      member: string,
      parameters: object = {},
    ): Promise<unknown> => ((await call(service, operation, parameters)) as Record<string, unknown>)[member];
    return {
      object: await part('s3', 'get_object', 'Body', { Bucket: 'kept', Key: 'a/b.txt' }),
      secret: await part('secretsmanager', 'get_secret_value', 'SecretString', { SecretId: 'crm' }),
      secretArn: await part('secretsmanager', 'get_secret_value', 'ARN', { SecretId: 'crm' }),
      parameter: ((await part('ssm', 'get_parameter', 'Parameter', { Name: '/a/b' })) as { Value: string })
        .Value,
      table: (
        (await part('glue', 'get_table', 'Table', { DatabaseName: 'db', Name: 't' })) as { Name: string }
      ).Name,
      versions: ids(
        await part('glue', 'get_table_versions', 'TableVersions', { DatabaseName: 'db', TableName: 't' }),
        'VersionId',
      ),
      key: ids(await part('kms', 'list_keys', 'Keys'), 'KeyId'),
      vpcs: ids(await part('ec2', 'describe_vpcs', 'Vpcs'), 'VpcId'),
      subnets: ids(await part('ec2', 'describe_subnets', 'Subnets'), 'SubnetId'),
      groups: ids(await part('ec2', 'describe_security_groups', 'SecurityGroups'), 'GroupId'),
      alarms: ids(await part('cloudwatch', 'describe_alarms', 'MetricAlarms'), 'AlarmArn'),
      tags: await part('lakeformation', 'list_lf_tags', 'LFTags'),
      grants: await part('lakeformation', 'list_permissions', 'PrincipalResourcePermissions'),
      airflow: await part('mwaa', 'list_environments', 'Environments'),
    };
  }

  before(async () => {
    const begun = await endpoint.up();
    expect(begun).to.include({ began: 'new', endpoint: endpoint.url });
    instance = begun.instanceId;
    const call = (service: string, operation: string, parameters: object): Promise<Record<string, unknown>> =>
      endpoint.call(service, operation, parameters);
    await call('s3', 'create_bucket', {
      Bucket: 'kept',
      CreateBucketConfiguration: { LocationConstraint: region },
    });
    await call('s3', 'put_object', { Bucket: 'kept', Key: 'a/b.txt', Body: 'content' });
    await call('secretsmanager', 'create_secret', { Name: 'crm', SecretString: 'hidden' });
    await call('ssm', 'put_parameter', { Name: '/a/b', Value: 'c', Type: 'String' });
    await call('kms', 'create_key', {});
    await call('glue', 'create_database', { DatabaseInput: { Name: 'db' } });
    await call('glue', 'create_table', { DatabaseName: 'db', TableInput: { Name: 't' } });
    await call('glue', 'update_table', { DatabaseName: 'db', TableInput: { Name: 't', Owner: 'a' } });
    const made = await call('ec2', 'create_vpc', { CidrBlock: '10.7.0.0/16' });
    const { VpcId } = made['Vpc'] as { VpcId: string };
    for (const net of [1, 2]) {
      await call('ec2', 'create_subnet', { VpcId, CidrBlock: `10.7.${net}.0/24` });
    }
    // A request that is refused must not shift the identifiers of those after it.
    expect(await endpoint.refusal('ec2', 'create_subnet', { VpcId, CidrBlock: '10.99.0.0/24' })).to.match(
      /^Invalid/,
    );
    await call('ec2', 'create_security_group', { GroupName: 'g', Description: 'd', VpcId });
    await call('cloudwatch', 'put_metric_alarm', {
      AlarmName: 'late',
      MetricName: 'm',
      Namespace: 'n',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanThreshold',
    });
    await call('lakeformation', 'create_lf_tag', { TagKey: 'layer', TagValues: ['gold'] });
    await call('lakeformation', 'grant_permissions', {
      Principal: { DataLakePrincipalIdentifier: `arn:aws:iam::${account}:role/r` },
      Resource: { Database: { Name: 'db' } },
      Permissions: ['DESCRIBE'],
    });
    await call('mwaa', 'create_environment', {
      Name: 'flows',
      DagS3Path: 'dags',
      ExecutionRoleArn: `arn:aws:iam::${account}:role/r`,
      SourceBucketArn: 'arn:aws:s3:::kept',
      NetworkConfiguration: { SubnetIds: ['subnet-1', 'subnet-2'] },
    });
    mkdirSync(join(begun.instanceDirectory, 'terraform'), { recursive: true });
    writeFileSync(join(begun.instanceDirectory, 'terraform', 'local-data.tfstate'), '{}');
    known = await everything();
    expect(known['vpcs']).to.have.length(2);
    expect(known['object']).to.equal('content');
  });
  after(() => endpoint.end());

  it('is found running by whoever starts it again, and by several at once', async () => {
    const all = await Promise.all([endpoint.up(), endpoint.up(), endpoint.up()]);
    for (const one of all) expect(one).to.include({ began: 'running', instanceId: instance });
  });

  it('keeps all of it when the endpoint is stopped and started, and leaves no process behind', async () => {
    const processes = endpoint.processes();
    expect(await endpoint.down()).to.equal(true);
    for (const [name, pid] of Object.entries(processes)) expect(lives(pid), name).to.equal(false);
    expect(await localStatus({ projectDirectory: endpoint.project })).to.deep.equal({
      running: false,
      instanceId: instance,
    });
    const again = await endpoint.up();
    expect(again).to.include({ began: 'resumed', instanceId: instance });
    expect(await everything()).to.deep.equal(known);
    expect(existsSync(join(again.instanceDirectory, 'terraform', 'local-data.tfstate'))).to.equal(true);
  });

  it('keeps all of it when the endpoint alone is killed: its guardians end the emulators cleanly', async () => {
    const processes = endpoint.processes();
    process.kill(processes['endpoint'] ?? 0, 'SIGKILL');
    expect(await until(() => Object.values(processes).every((pid) => !lives(pid)))).to.equal(true);
    const status = await localStatus({ projectDirectory: endpoint.project });
    expect(status).to.include({ running: false, instanceId: instance });
    expect(status.note).to.contain('has been killed');
    const again = await endpoint.up();
    expect(again).to.include({ began: 'resumed', instanceId: instance });
    expect(await everything()).to.deep.equal(known);
  });

  it('keeps making identifiers that are new after a start', async () => {
    const made = await endpoint.call<{ Vpc: { VpcId: string } }>('ec2', 'create_vpc', {
      CidrBlock: '10.8.0.0/16',
    });
    expect(known['vpcs']).not.to.include(made.Vpc.VpcId);
    known = await everything();
    await endpoint.down();
    await endpoint.up();
    expect(await everything()).to.deep.equal(known);
  });

  it('answers 503 and says so when an emulator dies, and begins anew at the next start', async () => {
    const { ministack = 0 } = endpoint.processes();
    process.kill(ministack, 'SIGKILL');
    expect(
      await until(async () => {
        const { status } = await localStatus({ projectDirectory: endpoint.project });
        return status?.phase === 'failed';
      }),
    ).to.equal(true);
    const { status } = await localStatus({ projectDirectory: endpoint.project });
    expect(status?.detail).to.contain('ministack has ended').and.to.contain('SIGKILL');
    const refused = await fetch(`${endpoint.url}/kept/a/b.txt`);
    expect(refused.status).to.equal(503);
    expect(await refused.text())
      .to.contain('ministack has ended')
      .and.to.contain('dataplat local up');

    const again = await endpoint.up();
    expect(again.began).to.equal('new');
    expect(again.instanceId).not.to.equal(instance);
    expect(again.note)
      .to.contain(`Instance ${instance} could not be resumed`)
      .and.to.contain(`${instance}-lost`);
    expect(readdirSync(join(again.instanceDirectory, 'terraform'))).to.deep.equal([]);
    expect(await endpoint.call('lakeformation', 'list_lf_tags')).to.deep.equal({ LFTags: [] });
    expect(await endpoint.call('mwaa', 'list_environments')).to.deep.equal({ Environments: [] });
    const buckets = await endpoint.call<{ Buckets?: unknown[] }>('s3', 'list_buckets');
    expect(buckets.Buckets ?? []).to.deep.equal([]);
    instance = again.instanceId;
  });

  it('begins anew when everything is killed at once, and says so', async () => {
    await endpoint.call('ssm', 'put_parameter', { Name: '/x', Value: 'y', Type: 'String' });
    const processes = endpoint.processes();
    // The endpoint first would let the guardians act.
    const guardians = Object.values(processes)
      .map((pid) => spawnSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim())
      .map(Number)
      .filter((pid) => pid > 1 && pid !== process.pid && pid !== processes['endpoint']);
    spawnSync('kill', ['-9', ...guardians, ...Object.values(processes)].map(String));
    const again = await endpoint.up();
    expect(again.began).to.equal('new');
    expect(again.instanceId).not.to.equal(instance);
    expect(again.note).to.contain(`Instance ${instance} could not be resumed`);
    expect(await endpoint.refusal('ssm', 'get_parameter', { Name: '/x' })).to.equal('ParameterNotFound');
    const kept = readdirSync(join(endpoint.directory, 'instances'));
    // Only the last one that was lost is set aside.
    expect(kept.sort()).to.deep.equal([`${instance}-lost`, again.instanceId].sort());
    instance = again.instanceId;
  });

  it('begins anew when what moto held cannot be replayed', async () => {
    await endpoint.call('ec2', 'create_vpc', { CidrBlock: '10.9.0.0/16' });
    await endpoint.down();
    const journal = join(endpoint.directory, 'instances', instance, 'moto', 'journal.jsonl');
    // An answer that moto does not give.
    writeFileSync(journal, '{"seq":1,"status":200,"made":"0000000000000000"}\n', { flag: 'a' });
    // It is found out when somebody asks for it.
    expect((await endpoint.up()).began).to.equal('resumed');
    expect(await endpoint.refusal('ec2', 'describe_vpcs', {})).to.equal('ServiceUnavailableException');
    const said = (await (await fetch(`${endpoint.url}/_dataplat/status`)).json()) as EndpointStatus;
    expect(said.phase).to.equal('failed');
    expect(said.detail).to.contain('could not be replayed');
    await endpoint.down();
    const again = await endpoint.up();
    expect(again.began).to.equal('new');
    expect(again.note).to.contain('could not be replayed');
    const { Vpcs } = await endpoint.call<{ Vpcs: { IsDefault: boolean }[] }>('ec2', 'describe_vpcs');
    expect(Vpcs.map(({ IsDefault }) => IsDefault)).to.deep.equal([true]);
  });
});
