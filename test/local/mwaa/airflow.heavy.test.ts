import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { locateAirflow } from '../../../src/toolchain/locate-toolchain.js';
import { account, StartedEndpoint } from '../started-endpoint.js';
import { eventually } from '../tiny-endpoint.js';

const dag = (id: string, command: string): string => `
import datetime

from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator

with DAG("${id}", schedule=None, start_date=datetime.datetime(2026, 1, 1)):
    BashOperator(task_id="say", bash_command="${command}")
`;

interface Answer<Body> {
  readonly RestApiStatusCode: number;
  readonly RestApiResponse: Body;
}

describe('the Airflow behind MWAA of the local endpoint', function () {
  this.timeout(240_000);
  const endpoint = new StartedEndpoint();
  /** With the AWS CLI, whose host name for this call only a proxy knows. */
  const aws = <Said = Record<string, unknown>>(...words: readonly string[]): Promise<Said> => {
    const proxied = new Proxy(endpoint, {
      get: (target, name) =>
        name === 'environment'
          ? { ...target.environment, HTTP_PROXY: target.url, NO_PROXY: '' }
          : (Reflect.get(target, name, target) as unknown),
    });
    return proxied.aws<Said>(...words);
  };
  const invoke = <Body>(Method: string, Path: string, more: object = {}): Promise<Answer<Body>> =>
    endpoint.call<Answer<Body>>('mwaa', 'invoke_rest_api', { Name: 'flows', Method, Path, ...more });
  const put = (key: string, text: string): Promise<unknown> =>
    endpoint.call('s3', 'put_object', { Bucket: 'artifacts', Key: key, Body: text });
  const dags = async (): Promise<string[]> =>
    (await invoke<{ dags: { dag_id: string }[] }>('GET', '/dags')).RestApiResponse.dags.map(
      ({ dag_id: id }) => id,
    );
  const bearer = async (body: string): Promise<{ status: number; stdout: string; stderr: string }> => {
    const { CliToken: token, WebServerHostname: host } = await aws<Record<string, string>>(
      ...['mwaa', 'create-cli-token', '--name', 'flows'],
    );
    const answer = await fetch(`http://${host}/aws_mwaa/cli`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'text/plain' },
      body,
    });
    const said = (await answer.json()) as { stdout?: string; stderr?: string };
    const decoded = (text = ''): string => Buffer.from(text, 'base64').toString('utf8');
    return { status: answer.status, stdout: decoded(said.stdout), stderr: decoded(said.stderr) };
  };

  before(async () => {
    await locateAirflow();
    await endpoint.up();
    await endpoint.call('s3', 'create_bucket', {
      Bucket: 'artifacts',
      CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' },
    });
    await put('flows/good_dag.py', dag('good', 'echo $GREETING from {{ ds }}'));
    // Airflow takes a file for one of DAGs that names both.
    await put('flows/bad_dag.py', 'from airflow.sdk import DAG\nimport nothing_of_that_name\n');
    await put('startup.sh', 'set -eu\nexport GREETING=hello\necho starting\n');
    await endpoint.call('mwaa', 'create_environment', {
      Name: 'flows',
      DagS3Path: 'flows',
      StartupScriptS3Path: 'startup.sh',
      AirflowConfigurationOptions: { 'core.dags_are_paused_at_creation': 'False' },
      ExecutionRoleArn: `arn:aws:iam::${account}:role/flows`,
      SourceBucketArn: 'arn:aws:s3:::artifacts',
      NetworkConfiguration: { SubnetIds: ['subnet-1', 'subnet-2'], SecurityGroupIds: ['sg-1'] },
    });
    // On a busy machine it takes longer than a call waits.
    await eventually(() => invoke('GET', '/version').catch(() => undefined), 1000);
  });
  after(() => endpoint.end());

  it('lists the DAGs of the bucket by boto3 and the AWS CLI; a file with an error does not stop the others', async () => {
    expect(await dags()).to.deep.equal(['good']);
    const words = [
      'mwaa',
      'invoke-rest-api',
      '--name',
      'flows',
      '--path',
      '/importErrors',
      '--method',
      'GET',
    ];
    // Airflow reads one file after the other.
    const errors = await eventually(async () => {
      const { RestApiStatusCode: status, RestApiResponse: answer } = await aws<
        Answer<{ import_errors: { filename: string; stack_trace: string }[] }>
      >(...words);
      expect(status).to.equal(200);
      return answer.import_errors.length > 0 ? answer : undefined;
    }, 1000);
    expect(errors.import_errors).to.have.length(1);
    expect(errors.import_errors[0]?.filename).to.match(/\/dags\/bad_dag\.py$/);
    expect(errors.import_errors[0]?.stack_trace).to.contain('nothing_of_that_name');
  });

  it('answers as MWAA where Airflow refuses: the code of a client, with what Airflow said', async () => {
    const refused = await invoke('GET', '/dags/none').catch(
      (error: unknown) => error as Error & { code: string },
    );
    expect(refused).to.have.property('code', 'RestApiClientException');
    expect((refused as Error).message).to.contain('none');
  });

  it('runs a DAG for a date, with what the start-up script of the environment exports', async () => {
    const run = await invoke<{ dag_run_id: string }>('POST', '/dags/good/dagRuns', {
      Body: { logical_date: '2026-01-15T00:00:00Z', conf: {} },
    });
    expect(run.RestApiStatusCode).to.equal(200);
    const path = `/dags/good/dagRuns/${run.RestApiResponse.dag_run_id}`;
    await eventually(async () => {
      const { state } = (await invoke<{ state: string }>('GET', path)).RestApiResponse;
      if (state === 'failed') throw new Error('the run failed');
      return state === 'success' ? state : undefined;
    }, 90);
    const log = await invoke('GET', `${path}/taskInstances/say/logs/1`);
    expect(JSON.stringify(log.RestApiResponse)).to.contain('hello from 2026-01-15');
  });

  it('runs commands of Airflow’s command line for a token, and not those that MWAA keeps to itself', async () => {
    const version = await bearer('version');
    expect(version.status).to.equal(200);
    expect(version.stdout.trim()).to.equal('3.0.6');
    const wrong = await bearer('dags trigger none');
    expect(wrong.status).to.equal(400);
    expect(wrong.stderr).to.contain('none');
    expect((await bearer('db reset --yes')).status).to.equal(403);
    const untrusted = await fetch(`${endpoint.url}/aws_mwaa/cli`, { method: 'POST', body: 'version' });
    expect(untrusted.status).to.equal(403);
  });

  it('lets a browser in with a token', async () => {
    const { WebToken: token } = await endpoint.call('mwaa', 'create_web_login_token', { Name: 'flows' });
    const answer = await fetch(`${endpoint.url}/aws_mwaa/login`, {
      method: 'POST',
      body: new URLSearchParams({ token: String(token) }),
      redirect: 'manual',
    });
    expect(answer.status).to.equal(302);
    const page = await fetch(answer.headers.get('location') ?? '');
    expect(page.status).to.equal(200);
    // The cookie holds what Airflow's own pages sign their calls with.
    const jwt = /_token=([^;]+)/.exec(answer.headers.get('set-cookie') ?? '')?.[1] ?? '';
    const listed = await fetch(`${answer.headers.get('location')}api/v2/dags`, {
      headers: { authorization: `Bearer ${jwt}` },
    });
    expect(listed.status).to.equal(200);
  });

  it('follows the bucket while it runs', async () => {
    await put('flows/more_dag.py', dag('more', 'true'));
    await endpoint.call('s3', 'delete_object', { Bucket: 'artifacts', Key: 'flows/bad_dag.py' });
    await eventually(async () => ((await dags()).includes('more') ? true : undefined), 1000);
  });

  it('leaves nothing running when the endpoint is killed', async () => {
    const running = (): string[] =>
      spawnSync('ps', ['-A', '-o', 'pid=,stat=,args='], { encoding: 'utf8' })
        .stdout.split('\n')
        .filter((line) => /airflow.*(?:scheduler|triggerer|dag-processor|api)/i.test(line))
        .filter((line) => line.includes(instance) || ours.has(Number(line.trim().split(/\s+/)[0])));
    const instance = endpoint.project;
    const ours = new Set(descendantsOf(endpoint.processes()['endpoint'] ?? 0));
    expect(running().length).to.be.greaterThan(3);
    process.kill(endpoint.processes()['endpoint'] ?? 0, 'SIGKILL');
    await eventually(() => Promise.resolve(running().length === 0 ? true : undefined), 40);
  });
});

/** Every process below one, by what `ps` says of parents. */
function descendantsOf(root: number): number[] {
  const pairs = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .stdout.split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const found = [root];
  for (const parent of found) {
    for (const [pid, of] of pairs) if (of === parent && pid !== undefined) found.push(pid);
  }
  return found.slice(1);
}
