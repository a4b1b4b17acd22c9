import { CancelJobRunCommand } from '@aws-sdk/client-emr-serverless';
import { expect } from 'chai';
import { eventually } from '../tiny-endpoint.js';
import { TinyEmr } from './tiny-emr.js';
import { asJobsAsk, oneDriver, oneIsReady, waitingDrivers } from './waiting-drivers.js';

const java = 'from pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()\n';
const says = `${java}print("java", spark.sparkContext._jvm.java.lang.ProcessHandle.current().pid())\n`;

describe('a run whose driver was ready', () => {
  const tiny = new TinyEmr();
  const { put, submit, ended, log } = tiny;
  let application: string;
  let ready: string;

  before(() => tiny.start());
  after(() => tiny.stop());

  beforeEach(async () => {
    application = await tiny.application(2, 720, oneDriver);
    const first = await submit(application, await put('says.py', says), { parameters: asJobsAsk });
    expect((await ended(application, first)).state).to.equal('SUCCESS');
    ready = await oneIsReady(tiny);
  });

  afterEach(async () => {
    await tiny.stopApplication(application);
    await eventually(() => Promise.resolve(waitingDrivers(tiny).length === 0 || undefined));
  });

  const run = async (
    text: string,
    more = '',
  ): Promise<{ id: string; state: string; details: string; output: string }> => {
    const id = await submit(application, await put('job.py', text), {
      parameters: `${asJobsAsk} ${more}`,
    });
    const { state = '', stateDetails = '' } = await ended(application, id);
    return { id, state, details: stateDetails, output: await log(application, id, 'stdout') };
  };

  it('has its own output alone, and is told of what it asked for in vain', async () => {
    const { id, output } = await run(says, '--conf spark.emr-serverless.executor.disk=30g');
    expect(output).to.equal(`java ${ready}\n`);
    const stderr = await log(application, id, 'stderr');
    expect(stderr).to.match(
      /^\[local endpoint\] spark\.emr-serverless\.executor\.disk=30g has no meaning here\n/,
    );
    expect(stderr).to.not.match(/training|ready/);
  });

  it('fails with the exit code and the last exception', async () => {
    const failed = await run('raise ValueError("column amount is missing")\n');
    expect(failed.state).to.equal('FAILED');
    expect(failed.details).to.match(
      /ExitCode: 1\. Last few exceptions: ValueError: column amount is missing/,
    );
    expect(failed.output).to.match(/^Traceback/);
  });

  it('ends when it is cancelled', async () => {
    const id = await submit(application, await put('waits.py', 'import time\ntime.sleep(3600)\n'), {
      parameters: asJobsAsk,
    });
    await tiny.reaches(application, id, 'RUNNING');
    await tiny.emr.send(new CancelJobRunCommand({ applicationId: application, jobRunId: id }));
    expect((await ended(application, id)).state).to.equal('CANCELLED');
    expect(() => process.kill(Number(ready), 0)).to.throw('ESRCH');
  });

  it('ends when it is cancelled before its driver has taken it', async () => {
    process.kill(Number(ready), 'SIGSTOP');
    const id = await submit(application, await put('says.py', says), { parameters: asJobsAsk });
    await tiny.reaches(application, id, 'SCHEDULED');
    await tiny.emr.send(
      new CancelJobRunCommand({
        ...{ applicationId: application, jobRunId: id },
        shutdownGracePeriodInSeconds: 0,
      }),
    );
    expect((await ended(application, id)).state).to.equal('CANCELLED');
    expect(() => process.kill(Number(ready), 0)).to.throw('ESRCH');
  });

  it('has a driver of its own where the one that waited was killed', async () => {
    process.kill(Number(ready), 'SIGKILL');
    await eventually(() => Promise.resolve(waitingDrivers(tiny).length === 0 || undefined));
    const { state, output } = await run(says);
    expect(state).to.equal('SUCCESS');
    expect(output)
      .to.match(/^java \d+\n$/)
      .and.to.not.contain(ready);
  });

  it('has one of its own where it has Java options of its own, and leaves the one that waits to the next', async () => {
    const { output } = await run(says, '--conf spark.driver.extraJavaOptions=-XX:TieredStopAtLevel=4');
    expect(output).to.not.contain(ready);
    expect((await run(says)).output).to.equal(`java ${ready}\n`);
  });

  it('has one of its own where it asks for another size', async () => {
    const parameters = asJobsAsk.replace('driver.memory=1g', 'driver.memory=2g');
    const id = await submit(application, await put('says.py', says), { parameters });
    expect((await ended(application, id)).state).to.equal('SUCCESS');
    expect(await log(application, id, 'stdout')).to.not.contain(ready);
  });
});
