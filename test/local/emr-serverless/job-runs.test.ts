import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  CancelJobRunCommand,
  CreateApplicationCommand,
  GetDashboardForJobRunCommand,
  ListJobRunAttemptsCommand,
  ListJobRunsCommand,
  StopApplicationCommand,
  type StartJobRunCommandInput,
} from '@aws-sdk/client-emr-serverless';
import { expect } from 'chai';
import { eventually, region } from '../tiny-endpoint.js';
import { TinyEmr } from './tiny-emr.js';

describe('EMR Serverless job runs', () => {
  const tiny = new TinyEmr();
  const { endpoint, put, application, submit, get, reaches, ended, log } = tiny;
  before(() => tiny.start());
  after(() => tiny.stop());

  const failure = (attempt: Promise<unknown>): Promise<string> =>
    attempt.then(
      () => 'it succeeded',
      (error: unknown) => `${(error as Error).name}: ${(error as Error).message}`,
    );
  const lives = (pid: string): boolean => {
    try {
      const state = execFileSync('ps', ['-o', 'stat=', '-p', pid], { encoding: 'utf8' }).trim();
      return !state.startsWith('Z');
    } catch {
      return false;
    }
  };

  it('runs Spark with what the request stages, and writes Delta to S3', async () => {
    const packed = (code: string): Buffer => execFileSync('python3', ['-c', code]);
    const declaration = packed(
      'import io,sys,tarfile\nb=io.BytesIO()\nt=tarfile.open(fileobj=b,mode="w:gz")\n' +
        'd=b"seven: 7"\ni=tarfile.TarInfo("config/numbers.yaml")\ni.size=len(d)\nt.addfile(i,io.BytesIO(d))\nt.close()\n' +
        'sys.stdout.buffer.write(b.getvalue())',
    );
    const zip = (name: string, text: string): Buffer =>
      packed(
        `import io,sys,zipfile\nb=io.BytesIO()\nz=zipfile.ZipFile(b,"w")\nz.writestr(${JSON.stringify(name)},${JSON.stringify(text)})\n` +
          'z.close()\nsys.stdout.buffer.write(b.getvalue())',
      );
    const entryPoint = await put(
      'jobs/ingest.py',
      [
        'import os, sys',
        'from pyspark.sql import SparkSession',
        'import jobs, vendored',
        'spark = SparkSession.builder.getOrCreate()',
        'text = open("declaration/config/numbers.yaml").read()',
        'print("arguments", sys.argv[1:])',
        'print("declared", text, "vendored", vendored.answer, "environment", os.environ["GREETING"], os.environ["FROM_APPLICATION"])',
        'print("partitions", spark.conf.get("spark.sql.shuffle.partitions"), spark.conf.get("spark.custom"))',
        'rows = spark.createDataFrame([(i, "a" if i % 2 else "b") for i in range(7)], "id int, part string")',
        'rows.write.format("delta").partitionBy("part").save("s3://lake/numbers")',
        'print("rows", spark.read.format("delta").load("s3://lake/numbers").count(), jobs.name)',
        '',
      ].join('\n'),
    );
    const id = await application();
    const jars = '/usr/share/aws/delta/lib/delta-spark.jar,/usr/share/aws/delta/lib/delta-storage.jar';
    const run = await submit(id, entryPoint, {
      name: 'ingest',
      tags: { team: 'data' },
      arguments: ['--date', '2026-01-31', 'two words'],
      parameters: [
        `--conf spark.jars=${jars} --py-files ${await put('jobs.zip', zip('jobs.py', 'name = "jobs"\n'))}`,
        `--archives ${await put('config.tar.gz', declaration)}#declaration`,
        `--conf spark.archives=${await put('config.tar.gz', declaration)}#declaration,${await put('libraries.zip', zip('vendored.py', 'answer = 42\n'))}#libraries`,
        '--conf spark.emr-serverless.driverEnv.PYTHONPATH=./libraries --conf spark.executorEnv.PYTHONPATH=./libraries',
        '--conf "spark.emr-serverless.driverEnv.GREETING=good day" --conf spark.executor.instances=1',
        '--conf spark.executor.cores=2 --conf spark.executor.memory=4g --conf spark.driver.cores=1 --conf spark.driver.memory=2g',
      ].join(' '),
      configurationOverrides: {
        applicationConfiguration: [
          {
            classification: 'spark-defaults',
            properties: {
              'spark.custom': 'over ridden',
              // Without it S3 sends the run elsewhere, here as on AWS.
              'spark.hadoop.fs.s3a.endpoint.region': region,
              'spark.sql.extensions': 'io.delta.sql.DeltaSparkSessionExtension',
              'spark.sql.catalog.spark_catalog': 'org.apache.spark.sql.delta.catalog.DeltaCatalog',
            },
          },
        ],
      },
    });
    const done = await ended(id, run);
    const output = await log(id, run, 'stdout');
    expect(done.state, `${done.stateDetails}\n${output}\n${await log(id, run, 'stderr')}`).to.equal(
      'SUCCESS',
    );
    expect(output).to.contain("arguments ['--date', '2026-01-31', 'two words']");
    expect(output).to.contain('declared seven: 7 vendored 42 environment good day yes');
    expect(output).to.contain('partitions 2 over ridden');
    expect(output).to.contain('rows 7 jobs');
    // One driver of 1 vCPU and 3 GB with overhead, one executor of 2 vCPU and 5 GB, from the run's start to its end. The
    // service says thousandths of an hour and whole seconds, so each figure is within half of one.
    const seconds = ((done.endedAt?.getTime() ?? 0) - (done.startedAt?.getTime() ?? 0)) / 1000;
    const [billedSeconds, half] = [Math.max(60, Math.ceil(seconds)), 0.000_501];
    expect(seconds).to.be.greaterThan(0);
    expect(done.totalExecutionDurationSeconds).to.be.closeTo(seconds, 0.501);
    expect(done.totalResourceUtilization?.vCPUHour).to.be.closeTo((3 * seconds) / 3600, half);
    expect(done.totalResourceUtilization?.memoryGBHour).to.be.closeTo((8 * seconds) / 3600, half);
    expect(done.billedResourceUtilization?.vCPUHour).to.be.closeTo((3 * billedSeconds) / 3600, half);
    expect(done.billedResourceUtilization?.memoryGBHour).to.be.closeTo((8 * billedSeconds) / 3600, half);
    expect(done).to.deep.include({ name: 'ingest', mode: 'BATCH', attempt: 1, tags: { team: 'data' } });
    const { url } = await tiny.emr.send(
      new GetDashboardForJobRunCommand({ applicationId: id, jobRunId: run }),
    );
    expect(await (await fetch(url ?? '')).text())
      .to.contain('SUCCESS')
      .and.to.contain('rows 7 jobs');
  });

  it('fails with the exit code and the last exception, and keeps the log', async () => {
    const id = await application();
    const entryPoint = await put(
      'fail.py',
      'print("before")\nraise ValueError("column amount is missing")\n',
    );
    const run = await submit(id, entryPoint);
    const done = await ended(id, run);
    expect(done.state).to.equal('FAILED');
    expect(done.stateDetails).to.equal(
      'Job failed, please check complete logs in configured logging destination. ExitCode: 1. ' +
        'Last few exceptions: ValueError: column amount is missing',
    );
    // As on EMR: Spark merges what Python writes on its standard error into standard output.
    const output = await log(id, run, 'stdout');
    expect(output).to.match(/^before\nTraceback/);
    expect(output).to.contain('ValueError: column amount is missing');
    expect(await log(id, run, 'stderr')).to.equal('');
  });

  it('fails where a file is not in the bucket, and says which', async () => {
    const id = await application();
    const done = await ended(id, await submit(id, 's3://code/nowhere.py'));
    expect(done.state).to.equal('FAILED');
    expect(done.stateDetails).to.contain('does not exist: s3://code/nowhere.py');
  });

  it('ends every process of a cancelled run, also those that left its group', async () => {
    const id = await application();
    const entryPoint = await put(
      'long.py',
      'import os, subprocess, time\nchild = subprocess.Popen(["sleep", "300"], start_new_session=True)\n' +
        'print("pids", os.getpid(), child.pid, os.getppid(), flush=True)\ntime.sleep(300)\n',
    );
    const run = await submit(id, entryPoint);
    const pids = await eventually(async () => {
      const text = await log(id, run, 'stdout').catch(() => '');
      return /pids (\d+) (\d+) (\d+)/.exec(text)?.slice(1);
    });
    expect(pids.every(lives), 'all live while it runs').to.be.true;
    const active = tiny.emr.send(new StopApplicationCommand({ applicationId: id }));
    expect(await failure(active))
      .to.contain('ValidationException')
      .and.to.contain('1 job run');
    await tiny.emr.send(new CancelJobRunCommand({ applicationId: id, jobRunId: run }));
    expect((await get(id, run)).state).to.be.oneOf(['CANCELLING', 'CANCELLED']);
    expect((await ended(id, run)).state).to.equal('CANCELLED');
    await eventually(() => Promise.resolve(pids.some(lives) ? undefined : true));
  });

  it('answers a repeated client token with the same run, and refuses it with other parameters', async () => {
    const id = await application();
    const entryPoint = await put('quick.py', 'print("quick")\n');
    const first = await submit(id, entryPoint, { clientToken: 'token-1', name: 'a' });
    expect(await submit(id, entryPoint, { clientToken: 'token-1', name: 'a' })).to.equal(first);
    const other = submit(id, entryPoint, { clientToken: 'token-1', name: 'b' });
    expect(await failure(other)).to.contain('ConflictException');
    await ended(id, first);
    expect(await submit(id, entryPoint, { clientToken: 'token-1', name: 'a' })).to.equal(first);
  });

  it('queues in order what an application may not run at once, and lists by state and time', async () => {
    const id = await application(1);
    const entryPoint = await put('short.py', 'import time\ntime.sleep(1)\n');
    const runs: string[] = [];
    for (const name of ['first', 'second', 'third']) runs.push(await submit(id, entryPoint, { name }));
    const states = async (): Promise<string[]> =>
      Promise.all(runs.map(async (run) => (await get(id, run)).state ?? ''));
    await eventually(async () => ((await states()).join().endsWith('QUEUED,QUEUED') ? true : undefined));
    const listed = async (more: object): Promise<(string | undefined)[]> =>
      ((await tiny.emr.send(new ListJobRunsCommand({ applicationId: id, ...more }))).jobRuns ?? []).map(
        (run) => run.name,
      );
    expect(await listed({ states: ['QUEUED'] })).to.deep.equal(['third', 'second']);
    const finished = await Promise.all(runs.map((run) => ended(id, run)));
    expect(finished.map((run) => run.state)).to.deep.equal(['SUCCESS', 'SUCCESS', 'SUCCESS']);
    const [first, second, third] = finished;
    expect(second?.startedAt?.getTime()).to.be.at.least(first?.endedAt?.getTime() ?? Infinity);
    expect(third?.startedAt?.getTime()).to.be.at.least(second?.endedAt?.getTime() ?? Infinity);
    expect(third?.queuedDurationMilliseconds).to.be.greaterThan(
      second?.queuedDurationMilliseconds ?? Infinity,
    );
    expect(await listed({ states: ['QUEUED'] })).to.deep.equal([]);
    expect(await listed({ createdAtAfter: new Date((second?.createdAt?.getTime() ?? 0) + 1) })).to.deep.equal(
      ['third'],
    );
    expect(await listed({ createdAtBefore: first?.createdAt })).to.have.length.at.most(1);
    const page = await tiny.emr.send(new ListJobRunsCommand({ applicationId: id, maxResults: 2 }));
    expect(page.jobRuns?.map((run) => run.name)).to.deep.equal(['third', 'second']);
    expect(await listed({ maxResults: 2, nextToken: page.nextToken })).to.deep.equal(['first']);
  });

  it('ends as CANCELLED a run that takes longer than its timeout, and one that waits too long in the queue', async () => {
    const id = await application(1, 100);
    const entryPoint = await put('sleep.py', 'import time\ntime.sleep(60)\n');
    const run = await submit(id, entryPoint, { executionTimeoutMinutes: 150 });
    const waiting = await submit(id, entryPoint);
    const queued = await ended(id, waiting);
    expect(queued.state).to.equal('CANCELLED');
    expect(queued.startedAt, 'it never ran').to.equal(undefined);
    expect(queued.stateDetails).to.contain('queueTimeoutMinutes (100)');
    const done = await ended(id, run);
    expect(done.state).to.equal('CANCELLED');
    expect(done.stateDetails).to.contain('timed out').and.to.contain('executionTimeoutMinutes (150)');
    expect(done.totalExecutionDurationSeconds).to.be.at.least(14);
  });

  it('refuses a run whose driver and first executor are more than an application or an account may have', async () => {
    const entryPoint = await put('quick.py', 'print("quick")\n');
    const sized = (cores: number): string =>
      `--conf spark.driver.cores=${cores} --conf spark.executor.cores=${cores}`;
    const { applicationId: small = '' } = await tiny.emr.send(
      new CreateApplicationCommand({
        type: 'SPARK',
        releaseLabel: 'emr-7.12.0',
        maximumCapacity: { cpu: '8 vCPU', memory: '32 GB' },
      }),
    );
    const tooMuch = await ended(small, await submit(small, entryPoint, { parameters: sized(8) }));
    expect([tooMuch.state, tooMuch.stateDetails]).to.deep.equal([
      'FAILED',
      'Job failed as application has exceeded maximumCapacity settings: [cpu: 8 vCPU].',
    ]);
    // A new account has sixteen.
    const id = await application();
    const refused = await ended(id, await submit(id, entryPoint, { parameters: sized(16) }));
    expect(refused.stateDetails).to.contain('service limit on the maximum vCPU');
    expect((await ended(small, await submit(small, entryPoint, { parameters: sized(4) }))).state).to.equal(
      'SUCCESS',
    );
  });

  it('tries again as often as the retry policy says, and keeps the log of each attempt', async () => {
    const id = await application();
    const run = await submit(id, await put('fail-again.py', 'import sys\nsys.exit("no luck")\n'), {
      retryPolicy: { maxAttempts: 2 },
    });
    const done = await ended(id, run);
    expect(done).to.deep.include({ state: 'FAILED', attempt: 2 });
    const attempts = await tiny.emr.send(new ListJobRunAttemptsCommand({ applicationId: id, jobRunId: run }));
    expect(attempts.jobRunAttempts?.map((one) => [one.attempt, one.state])).to.deep.equal([
      [1, 'FAILED'],
      [2, 'FAILED'],
    ]);
    expect(await log(id, run, 'stdout', 'attempts/1/')).to.contain('no luck');
    expect(await failure(log(id, run, 'stdout')), 'the folder of runs with one attempt').to.contain(
      'NoSuchKey',
    );
  });

  it('refuses what EMR would refuse', async () => {
    const id = await application();
    const with_ = (more: Partial<StartJobRunCommandInput>): Promise<string> =>
      failure(submit(id, 's3://code/quick.py', more));
    expect(await with_({ executionRoleArn: 'arn:aws:iam::123456789012:user/somebody-else' })).to.contain(
      'role ARN',
    );
    expect(await with_({ executionRoleArn: 'arn:aws:iam::999999999999:role/job' })).to.contain(
      'AccessDenied',
    );
    expect(await with_({ jobDriver: { hive: { query: 's3://code/q.sql' } } })).to.contain(
      'ValidationException',
    );
    expect(await failure(submit(id, 's3://code/quick.py', { parameters: '--conf "open' }))).to.contain(
      'never closed',
    );
    expect(await failure(submit(id, ' '))).to.contain('entryPoint');
    expect(await failure(get(id, '00nobody'))).to.contain('ResourceNotFoundException');
  });

  it('fails what was active when the endpoint went, and runs the next', async () => {
    const id = await application();
    const run = await submit(id, await put('sleep.py', 'import time\ntime.sleep(60)\n'));
    await reaches(id, run, 'RUNNING');
    await endpoint.service?.stop();
    await endpoint.startService();
    const done = await get(id, run);
    expect(done.state).to.equal('FAILED');
    expect(done.stateDetails).to.contain('local endpoint was stopped');
    const next = await submit(id, await put('quick.py', 'print("quick")\n'));
    expect((await ended(id, next)).state).to.equal('SUCCESS');
  });

  it('fails what was active when the endpoint was killed', async () => {
    const id = await application();
    const run = await submit(id, await put('quick.py', 'print("quick")\n'));
    await ended(id, run);
    await endpoint.service?.stop();
    // What a killed endpoint leaves behind: a record that still says RUNNING.
    const file = path.join(endpoint.directory, 'service', 'job-runs', `${run}.json`);
    writeFileSync(file, readFileSync(file, 'utf8').replace('"state":"SUCCESS"', '"state":"RUNNING"'));
    await endpoint.startService();
    const done = await get(id, run);
    expect(done.state).to.equal('FAILED');
    expect(done.stateDetails).to.contain('died while this job run was active');
  });
});
