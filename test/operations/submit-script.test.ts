import { expect } from 'chai';
import { startRequest } from '../../src/aws/job-runs.js';
import type { DataplatError } from '../../src/model/errors.js';
import { submitScript, type ScriptOptions } from '../../src/operations/submit-script.js';
import { loadPlatform } from '../../src/project/load-platform.js';
import { smallPlatform } from '../small-platform.js';
import { collect, failureOf } from './collect.js';
import { MemoryObjects } from './memory-objects.js';
import { MemoryRuns } from './memory-runs.js';

const { environment } = loadPlatform(smallPlatform, 'local', {}, {});
const roleArn = 'arn:aws:iam::123456789012:role/repair';
const options: ScriptOptions = {
  entryPoint: 's3://tools/repair.py',
  roleArn,
  arguments: ['--day', '2026-01-05'],
  again: (flags) => `again${flags}`,
  pause: () => Promise.resolve(),
};

describe('a script that is no job', () => {
  it('is asked of EMR as `aws emr-serverless start-job-run` asks for it, and logs where its application does', async () => {
    const aws = { runs: new MemoryRuns(), objects: new MemoryObjects() };
    const { result } = await collect(
      submitScript(environment, aws, { ...options, sparkSubmitParameters: '--conf a=b', timeoutMinutes: 5 }),
    );
    expect(result).to.include({ applicationId: 'app', entryPoint: 's3://tools/repair.py', state: 'SUCCESS' });
    const [started] = aws.runs.started;
    const { clientToken, ...request } = startRequest('app', started ?? expect.fail());
    expect(clientToken).to.be.a('string');
    expect(request).to.deep.equal({
      applicationId: 'app',
      name: 'repair.py',
      executionRoleArn: roleArn,
      mode: 'BATCH',
      executionTimeoutMinutes: 5,
      jobDriver: {
        sparkSubmit: {
          entryPoint: 's3://tools/repair.py',
          entryPointArguments: ['--day', '2026-01-05'],
          sparkSubmitParameters: '--conf a=b',
        },
      },
      configurationOverrides: { applicationConfiguration: [] },
      tags: { 'dataplat.environment': 'local' },
    });
  });

  it('of this machine is put beside the releases, by what is in it', async () => {
    const aws = { runs: new MemoryRuns(), objects: new MemoryObjects() };
    const entryPoint = { name: 'repair.py', content: Buffer.from('print(1)\n') };
    await collect(submitScript(environment, aws, { ...options, entryPoint, wait: false }));
    // printf 'print(1)\n' | sha256sum
    const key = 'scripts/cc42155088fca573/repair.py';
    const bucket = `${environment.lake.bucketPrefix}-artifacts`;
    expect(aws.objects.stored.get(`${bucket}/${key}`)?.toString()).to.equal('print(1)\n');
    expect(aws.runs.started[0]?.entryPoint).to.equal(`s3://${bucket}/${key}`);
  });

  it('of another application is looked at by the AWS CLI, for our verbs know the environment’s alone', async () => {
    const aws = { runs: new MemoryRuns(), objects: new MemoryObjects() };
    aws.runs.plans.push(['RUNNING', 'FAILED']);
    const other = { ...options, applicationId: 'other', follow: true };
    const error = await failureOf(collect(submitScript(environment, aws, other)));
    expect(error).to.have.property('code', 'DP6001');
    expect((error as DataplatError).details.next).to.deep.equal([
      'aws emr-serverless get-job-run --application-id other --job-run-id 00run00000000001',
      'again',
    ]);
    expect((error as DataplatError).details.data).not.to.have.property('logs');
  });
});
