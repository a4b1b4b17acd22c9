import { expect } from 'chai';
import { request } from 'node:http';
import { account, region, StartedEndpoint } from '../started-endpoint.js';

interface Environment extends Record<string, unknown> {
  readonly Arn: string;
  readonly LoggingConfiguration: Record<string, Record<string, unknown>>;
}

describe('MWAA of the local endpoint', function () {
  const endpoint = new StartedEndpoint();
  const mwaa = <Answer = Record<string, unknown>>(
    operation: string,
    parameters: object = {},
  ): Promise<Answer> => endpoint.call<Answer>('mwaa', operation, parameters);
  const refusal = (operation: string, parameters: object): Promise<string> =>
    endpoint.refusal('mwaa', operation, parameters);
  const shown = async (Name: string): Promise<Environment> =>
    (await mwaa<{ Environment: Environment }>('get_environment', { Name })).Environment;

  const arn = `arn:aws:airflow:${region}:${account}:environment/flows`;
  const needed = {
    DagS3Path: 'dags',
    ExecutionRoleArn: `arn:aws:iam::${account}:role/flows`,
    SourceBucketArn: 'arn:aws:s3:::artifacts',
    NetworkConfiguration: { SubnetIds: ['subnet-1', 'subnet-2'], SecurityGroupIds: ['sg-1'] },
  };

  before(() => endpoint.up());
  after(() => endpoint.end());

  it('makes an environment with everything that it is given and the defaults of AWS for the rest', async () => {
    const simple = {
      ...needed,
      AirflowConfigurationOptions: { 'core.default_timezone': 'utc' },
      RequirementsS3Path: 'requirements.txt',
      MaxWorkers: 3,
      Tags: { team: 'data' },
    };
    const given = {
      ...simple,
      LoggingConfiguration: { TaskLogs: { Enabled: true, LogLevel: 'WARNING' } },
    };
    expect(await mwaa('create_environment', { Name: 'flows', ...given })).to.deep.equal({ Arn: arn });
    const environment = await shown('flows');
    expect(environment).to.deep.include({
      ...simple,
      Name: 'flows',
      Status: 'AVAILABLE',
      AirflowVersion: '3.0.6',
      EnvironmentClass: 'mw1.small',
      MinWorkers: 1,
      Schedulers: 2,
      WebserverAccessMode: 'PRIVATE_ONLY',
      EndpointManagement: 'SERVICE',
    });
    const logs = environment.LoggingConfiguration;
    expect(logs['TaskLogs']).to.deep.include({ Enabled: true, LogLevel: 'WARNING' });
    expect(logs['TaskLogs']?.['CloudWatchLogGroupArn']).to.equal(
      `arn:aws:logs:${region}:${account}:log-group:airflow-flows-Task`,
    );
    expect(logs['WorkerLogs']).to.deep.include({ Enabled: false });
  });

  it('refuses a second of the same name, a class that does not exist, and a name that is none', async () => {
    expect(await refusal('create_environment', { Name: 'flows', ...needed })).to.equal('ValidationException');
    expect(
      await refusal('create_environment', {
        Name: 'other',
        ...needed,
        EnvironmentClass: 'mw1.enormous',
      }),
    ).to.equal('ValidationException');
    expect(await refusal('create_environment', { Name: '1st', ...needed })).to.equal('ValidationException');
  });

  it('has every class that AWS has', async () => {
    for (const size of ['micro', 'small', 'medium', 'large', 'xlarge', '2xlarge']) {
      const Name = `class-${size}`;
      await mwaa('create_environment', { Name, ...needed, EnvironmentClass: `mw1.${size}`, MaxWorkers: 1 });
      expect(await shown(Name)).to.include({ EnvironmentClass: `mw1.${size}` });
      await mwaa('delete_environment', { Name });
    }
  });

  it('changes what an update names and leaves the rest', async () => {
    await mwaa('update_environment', {
      Name: 'flows',
      MinWorkers: 2,
      LoggingConfiguration: { WorkerLogs: { Enabled: true, LogLevel: 'ERROR' } },
    });
    const environment = await shown('flows');
    expect(environment).to.deep.include({ MinWorkers: 2, MaxWorkers: 3, Status: 'AVAILABLE' });
    expect(environment['LastUpdate']).to.deep.include({ Status: 'SUCCESS' });
    expect(environment.LoggingConfiguration['WorkerLogs']).to.deep.include({
      Enabled: true,
      LogLevel: 'ERROR',
    });
    expect(environment.LoggingConfiguration['TaskLogs']).to.deep.include({ LogLevel: 'WARNING' });
    expect(environment['NetworkConfiguration']).to.deep.equal(needed.NetworkConfiguration);
    expect(await refusal('update_environment', { Name: 'flows', MinWorkers: 9 })).to.equal(
      'ValidationException',
    );
  });

  it('tags and untags', async () => {
    await mwaa('tag_resource', { ResourceArn: arn, Tags: { stage: 'local', team: 'crm' } });
    await mwaa('untag_resource', { ResourceArn: arn, tagKeys: ['stage'] });
    expect(await mwaa('list_tags_for_resource', { ResourceArn: arn })).to.deep.equal({
      Tags: { team: 'crm' },
    });
    expect(await refusal('list_tags_for_resource', { ResourceArn: `${arn}x` })).to.equal(
      'ResourceNotFoundException',
    );
  });

  it('lists environments page by page', async () => {
    await mwaa('create_environment', { Name: 'another', ...needed });
    const first = await mwaa<{ Environments: string[]; NextToken: string }>('list_environments', {
      MaxResults: 1,
    });
    const second = await mwaa<{ Environments: string[] }>('list_environments', {
      MaxResults: 1,
      NextToken: first.NextToken,
    });
    expect([...first.Environments, ...second.Environments]).to.deep.equal(['another', 'flows']);
    await mwaa('delete_environment', { Name: 'another' });
    expect(await mwaa('list_environments')).to.deep.equal({ Environments: ['flows'] });
  });

  it('gives tokens for the web server, which this endpoint is itself', async () => {
    const cli = await mwaa('create_cli_token', { Name: 'flows' });
    expect(cli['WebServerHostname']).to.equal(`127.0.0.1:${endpoint.port}`);
    expect(cli['CliToken']).to.be.a('string').with.length.greaterThan(40);
    const web = await mwaa('create_web_login_token', { Name: 'flows' });
    expect(web['WebServerHostname']).to.equal(`127.0.0.1:${endpoint.port}`);
    expect(web['WebToken']).to.be.a('string').with.length.greaterThan(40);
    expect(await refusal('create_cli_token', { Name: 'none' })).to.equal('ResourceNotFoundException');
  });

  it('refuses to call an environment that there is not, and what is not below the REST API', async () => {
    const asked = { Name: 'flows', Path: '/dags', Method: 'GET' };
    expect(await refusal('invoke_rest_api', { ...asked, Name: 'none' })).to.equal(
      'ResourceNotFoundException',
    );
    for (const Path of ['/../../auth/token', '/dags/%2e%2e/x', '/dags?limit=1']) {
      expect(await refusal('invoke_rest_api', { ...asked, Path })).to.equal('ValidationException');
    }
  });

  it('answers through the proxy at the host name that only AWS’s clients know', async () => {
    const credential = `Credential=${account}/20260101/${region}/airflow/aws4_request`;
    const { status, body } = await new Promise<{ status: number; body: string }>((resolve, reject) => {
      const asked = request(
        {
          host: '127.0.0.1',
          port: endpoint.port,
          // What a client sends to its HTTP proxy.
          path: `http://api.127.0.0.1:${endpoint.port}/environments/flows`,
          headers: {
            host: `api.127.0.0.1:${endpoint.port}`,
            authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host, Signature=x`,
          },
        },
        (answer) => {
          let read = '';
          answer.on('data', (chunk: Buffer) => (read += chunk.toString()));
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: read }));
        },
      );
      asked.on('error', reject);
      asked.end();
    });
    expect(status).to.equal(200);
    expect((JSON.parse(body) as { Environment: Environment }).Environment.Arn).to.equal(arn);
  });

  it('answers the real AWS CLI through HTTP_PROXY alone', async () => {
    const proxied = new Proxy(endpoint, {
      get: (target, name) =>
        name === 'environment'
          ? { ...target.environment, HTTP_PROXY: target.url, NO_PROXY: '' }
          : (Reflect.get(target, name, target) as unknown),
    });
    const { Environments } = await proxied.aws<{ Environments: string[] }>('mwaa', 'list-environments');
    expect(Environments).to.deep.equal(['flows']);
  });

  it('deletes', async () => {
    await mwaa('delete_environment', { Name: 'flows' });
    expect(await refusal('get_environment', { Name: 'flows' })).to.equal('ResourceNotFoundException');
    expect(await refusal('delete_environment', { Name: 'flows' })).to.equal('ResourceNotFoundException');
  });
});
