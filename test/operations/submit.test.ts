import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { inputFolders, JobsAccess } from '../../src/model/access.js';
import { DataplatError } from '../../src/model/errors.js';
import { findJob } from '../../src/model/find.js';
import { parseSubmitParameters } from '../../src/local/emr-serverless/submit-parameters.js';
import { parseSparkProperties } from '../../src/operations/spark-run.js';
import { submit, type SubmitOptions } from '../../src/operations/submit.js';
import { loadPlatform } from '../../src/project/load-platform.js';
import { collect, failureOf } from './collect.js';
import { MemoryObjects } from './memory-objects.js';
import { MemoryRuns } from './memory-runs.js';
import { smallPlatform } from '../small-platform.js';

const platform = loadPlatform(smallPlatform, 'local', {}, {});
const { environment } = platform;
const buckets = environment.lake.bucketPrefix;
const release = '0123456789abcdef';

const keyArn = 'arn:aws:kms:eu-central-1:123456789012:key/0f';

function deployed() {
  const objects = new MemoryObjects();
  objects.stored.set(`${buckets}-artifacts/releases/current.json`, Buffer.from(JSON.stringify({ release })));
  const known = new Map([['/dataplat/local/platform/emr/logs-key-arn', keyArn]]);
  const parameters = { get: (name: string) => Promise.resolve(known.get(name)) };
  return { objects, runs: new MemoryRuns(), parameters, known };
}

function writeLog(objects: MemoryObjects, run: string, stream: 'stdout' | 'stderr', text: string): void {
  const key = `emr/shops/applications/app/jobs/${run}/SPARK_DRIVER/${stream}.gz`;
  objects.stored.set(`${buckets}-logs/${key}`, gzipSync(text));
}

const options: SubmitOptions = {
  job: findJob(platform, 'shops'),
  date: '2026-01-05',
  pause: (_wait, signal) =>
    signal?.aborted ? Promise.reject(new DataplatError('DP1008', 'interrupted')) : Promise.resolve(),
};
const emrFiles = {
  list: () => ['a.conf', 'b.conf', 'hive-site.xml', 'logging.yaml'],
  read: (path: string) =>
    ({
      'config/emr/a.conf': '# remark\nspark.sql.session.timeZone   UTC\nspark.x 1\n\n',
      'config/emr/b.conf': 'spark.x=-Da=b -Dc=d\n',
      'config/emr/logging.yaml': 'spark-driver-log4j2:\n  rootLogger.level: warn\n',
    })[path],
};
const noFiles = { list: () => [], read: () => undefined };
const first = '00run00000000001';
const second = '00run00000000002';

describe('a job', () => {
  it('is meant by its id, its file where that is its own, and its group', () => {
    expect(findJob(platform, 'shops_ingest').id).to.equal('shops');
    expect(findJob(platform, 'transform/members_silver').id).to.equal('members_silver');
  });

  it('is not meant by a file that several share: they are named', () => {
    expect(() => findJob(platform, 'check'))
      .to.throw(DataplatError, /runs 2 jobs; name one of them: check_bronze, check_silver/)
      .with.property('code', 'DP1004');
  });
});

describe('a property file', () => {
  it('is read as Spark reads it', () => {
    const table = new URL('../../../test/spark-property-lines.json', import.meta.url);
    const lines = JSON.parse(readFileSync(table, 'utf8')) as { line: string; is: [string, string] | null }[];
    for (const { line, is } of lines)
      expect(parseSparkProperties(line), line).to.deep.equal(is ? { [is[0]]: is[1] } : {});
  });
});

describe('submit', () => {
  it('listens for lineage where the environment wants columns and the release brings the listener', async () => {
    const jar = `releases/${release}/openlineage-spark.jar`;
    const asked = async (columns: boolean, brings: boolean): Promise<string> => {
      const aws = deployed();
      if (brings) aws.objects.stored.set(`${buckets}-artifacts/${jar}`, Buffer.from('x'));
      const lineage = { transport: 'file' as const, columns };
      const files = {
        list: () => ['a.conf'],
        read: () => 'spark.jars  /usr/share/aws/delta/lib/delta-spark.jar\n',
      };
      await collect(submit({ ...environment, lineage }, files, aws, options));
      return aws.runs.started[0]?.submitParameters ?? '';
    };
    const listening = await asked(true, true);
    // What a run names stands instead of the defaults: Delta must be named again.
    expect(listening).to.include(
      `--conf spark.jars=/usr/share/aws/delta/lib/delta-spark.jar,s3://${buckets}-artifacts/${jar} `,
    );
    expect(listening).to.include(
      '--conf spark.extraListeners=io.openlineage.spark.agent.OpenLineageSparkListener ',
    );
    for (const [columns, brings] of [
      [false, true],
      [true, false],
    ] as const)
      expect(await asked(columns, brings)).not.to.match(/openlineage|spark\.jars/);
  });

  it("names Delta's jars, the image's driver and the release's jars in one property", async () => {
    const aws = deployed();
    const brought = ['b.jar', 'a.jar'].map((name) => `${buckets}-artifacts/releases/${release}/jars/${name}`);
    for (const jar of brought) aws.objects.stored.set(jar, Buffer.from('x'));
    const files = {
      list: () => ['a.conf'],
      read: () => 'spark.jars  /usr/share/aws/delta/lib/delta-spark.jar\n',
    };
    const uri = `s3://${buckets}-artifacts/releases/${release}`;
    const asked = async (sources: typeof environment.sources): Promise<string | undefined> => {
      await collect(submit({ ...environment, sources }, files, aws, options));
      return /--conf spark\.jars=(\S+)/.exec(aws.runs.started.at(-1)?.submitParameters ?? '')?.[1];
    };
    expect(await asked({ queue: { kind: 'kafka', bootstrapServers: 'b:9096' } })).to.equal(
      `/usr/share/aws/delta/lib/delta-spark.jar,${uri}/jars/a.jar,${uri}/jars/b.jar`,
    );
    for (const jar of brought) aws.objects.stored.delete(jar);
    const ledger = { kind: 'jdbc' as const, url: 'jdbc:redshift://r:5439/x', secret: 's', partitions: 1 };
    expect(await asked({ ledger })).to.equal(
      '/usr/share/aws/delta/lib/delta-spark.jar,/usr/share/aws/redshift/jdbc/RedshiftJDBC.jar',
    );
    expect(await asked({ till: { kind: 'files' } }), 'the defaults do').to.equal(undefined);
  });

  it("asks for the job's role, sizes, release, archives, timeout and tags", async () => {
    const aws = deployed();
    aws.objects.stored.set(`${buckets}-artifacts/releases/${release}/libraries.tar.gz`, Buffer.from('x'));
    await collect(submit(environment, emrFiles, aws, { ...options, arguments: ['--log-level=debug'] }));
    const [start] = aws.runs.started;
    const uri = `s3://${buckets}-artifacts/releases/${release}`;
    expect(start).to.deep.include({
      name: 'shops 2026-01-05',
      roleArn: 'arn:aws:iam::123456789012:role/roastery-local-job-shops',
      entryPoint: `${uri}/jobs/ingest/shops_ingest.py`,
      arguments: ['--env', 'local', '--job', 'shops', '--date', '2026-01-05', '--log-level=debug'],
      logging: {
        uri: `s3://${buckets}-logs/emr/shops/`,
        group: '/roastery-local/jobs',
        streamPrefix: 'shops',
        keyArn,
      },
      timeoutMinutes: 60,
      streaming: false,
      configuration: {
        'spark-defaults': {
          'spark.sql.catalogImplementation': 'in-memory',
          'spark.hadoop.fs.s3a.endpoint.region': 'eu-central-1',
          'spark.sql.session.timeZone': 'UTC',
          'spark.x': '-Da=b -Dc=d',
        },
        'spark-driver-log4j2': { 'rootLogger.level': 'warn' },
      },
      tags: {
        'dataplat.environment': 'local',
        'dataplat.job': 'shops',
        'dataplat.date': '2026-01-05',
        'dataplat.release': release,
      },
    });
    // 4 GB workers: 4096 MB less the 384 MB that Spark adds at the least.
    expect(start?.submitParameters.split(' --conf ')).to.deep.equal([
      `--py-files ${uri}/jobs.zip`,
      `spark.archives=${uri}/config.tar.gz#declaration,${uri}/libraries.tar.gz#libraries`,
      'spark.driver.cores=2',
      'spark.driver.memory=3712m',
      'spark.executor.cores=2',
      'spark.executor.memory=3712m',
      'spark.dynamicAllocation.maxExecutors=4',
      'spark.emr-serverless.driverEnv.PYTHONPATH=./libraries',
      'spark.executorEnv.PYTHONPATH=./libraries',
    ]);
  });

  it('has Java compile well where much is read on an endpoint of its own, beside what is configured', async () => {
    const aws = deployed();
    const { job, date } = options;
    const reads = inputFolders(new JobsAccess(platform).of(job), date);
    const of = { size: 0, date, place: environment, files: emrFiles };
    const asked = async (changed: Partial<typeof of>): Promise<string | undefined> => {
      const { size, place, files, ...day } = { ...of, ...changed };
      aws.objects.stored.set(`${buckets}-landing/till/shops/2026-01-05/shops.csv`, Buffer.alloc(size));
      await collect(submit(place, files, aws, { ...options, reads, ...day }));
      const { properties } = parseSubmitParameters(aws.runs.started.at(-1)?.submitParameters ?? '');
      return properties.get('spark.driver.extraJavaOptions');
    };
    const much = 64 * 1024 ** 2;
    expect(await asked({ size: much - 1 })).to.equal(undefined);
    expect(await asked({ size: much })).to.equal('-XX:TieredStopAtLevel=4');
    const configured = { list: () => ['a.conf'], read: () => 'spark.driver.extraJavaOptions  -Da="b c"\n' };
    expect(await asked({ size: much, files: configured })).to.equal('-Da="b c" -XX:TieredStopAtLevel=4');
    const { endpoint: _, ...onAws } = environment;
    expect(await asked({ size: much, place: onAws }), 'on AWS').to.equal(undefined);
  });

  it('waits for the end, reports each state once, and returns what the job says of itself', async () => {
    const aws = deployed();
    aws.runs.plans.push(['PENDING', 'RUNNING', 'RUNNING', 'SUCCESS']);
    writeLog(
      aws.objects,
      first,
      'stdout',
      'noise\n{"type":"result","status":"succeeded","rows":{"read":5}}\n',
    );
    const { result, events } = await collect(submit(environment, noFiles, aws, options));
    expect(events.flatMap((event) => (event.type === 'progress' ? [event.detail] : []))).to.deep.equal([
      'PENDING',
      'RUNNING',
      'SUCCESS',
    ]);
    expect(result).to.deep.include({
      runId: first,
      state: 'SUCCESS',
      job: 'shops',
      date: '2026-01-05',
      release,
      attempts: [first],
      billed: { vcpuHours: 0.5, memoryGbHours: 2, storageGbHours: 0 },
      report: { type: 'result', status: 'succeeded', rows: { read: 5 } },
    });
  });

  it('returns at once where nobody wants to wait', async () => {
    const aws = deployed();
    aws.runs.plans.push(['RUNNING']);
    const { result } = await collect(submit(environment, noFiles, aws, { ...options, wait: false }));
    expect(result).to.deep.include({ runId: first, state: 'SUBMITTED' });
  });

  it("shows the end of a failed run's output, without what Spark always says", async () => {
    const aws = deployed();
    aws.runs.plans.push(['RUNNING', 'FAILED']);
    const numbered = (count: number, word: string): string[] =>
      Array.from({ length: count }, (_, index) => `${word} ${index + 1}`);
    const stderr = [
      '26/01/05 06:00:00 WARN NativeCodeLoader: routine',
      ...numbered(2, 'jvm'),
      'Exception in thread "main" org.apache.spark.SparkUserAppException: User application exited with 1',
      '\tat org.apache.spark.deploy.PythonRunner$.main(PythonRunner.scala:103)',
      '26/01/05 06:00:09 INFO ShutdownHookManager: routine',
    ];
    const stdout = [
      ...numbered(30, 'python'),
      '{"type":"result","error":{"kind":"input","message":"no such extract"}}',
    ];
    writeLog(aws.objects, first, 'stderr', `${stderr.join('\n')}\n`);
    writeLog(aws.objects, first, 'stdout', `${stdout.join('\n')}\n`);
    const error = await failureOf(collect(submit(environment, noFiles, aws, options)));
    expect(error).to.be.instanceOf(DataplatError).with.property('code', 'DP6001');
    const { message, details } = error as DataplatError;
    expect(message).to.equal(`run ${first} of shops for 2026-01-05 failed: no such extract`);
    expect(details.excerpt).to.deep.equal([...numbered(30, 'python').slice(-18), 'jvm 1', 'jvm 2']);
    expect(details.next?.[0]).to.contain(`dataplat logs ${first}`).and.to.contain('SPARK_DRIVER/');
  });

  it('starts a failed run again as a new run with a new token, as often as it is told', async () => {
    const aws = deployed();
    aws.runs.plans.push(['FAILED'], ['RUNNING', 'SUCCESS']);
    const { result } = await collect(submit(environment, noFiles, aws, { ...options, retries: 1 }));
    expect(result.attempts).to.deep.equal([first, second]);
    expect(new Set(aws.runs.started.map((start) => start.clientToken)).size).to.equal(2);

    const failing = deployed();
    failing.runs.plans.push(['FAILED'], ['FAILED'], ['SUCCESS']);
    const error = await failureOf(collect(submit(environment, noFiles, failing, { ...options, retries: 1 })));
    expect(error).to.have.property('code', 'DP6001');
    expect(failing.runs.started).to.have.length(2);
  });

  it('does not start again what somebody cancelled', async () => {
    const aws = deployed();
    aws.runs.plans.push(['RUNNING', 'RUNNING']);
    const pause = async (): Promise<void> => {
      if (aws.runs.cancelled.length === 0) await aws.runs.cancel('app', first);
    };
    const all = { ...options, retries: 3, pause };
    const error = await failureOf(collect(submit(environment, noFiles, aws, all)));
    expect(error).to.have.property('code', 'DP6001');
    expect(String(error)).to.contain('was cancelled');
    expect(aws.runs.started).to.have.length(1);
  });

  it('says of a run that EMR ended for its time that it took too long', async () => {
    const aws = deployed();
    // Whatever EMR's words are: nobody has asked for the end of either.
    aws.runs.plans.push(['RUNNING', 'CANCELLED']);
    const ran = await failureOf(collect(submit(environment, noFiles, aws, options)));
    expect(ran).to.have.property('code', 'DP6004');
    expect(String(ran)).to.contain('took too long');
    aws.runs.plans.push(['QUEUED', 'CANCELLED']);
    const waited = await failureOf(collect(submit(environment, noFiles, aws, options)));
    expect(waited).to.have.property('code', 'DP6004');
    expect(String(waited)).to.contain('waited too long for its turn');
  });

  it('stops waiting when it is interrupted, leaves the run alone and names it', async () => {
    const aws = deployed();
    aws.runs.plans.push(['RUNNING']);
    const controller = new AbortController();
    const pause: SubmitOptions['pause'] = () => {
      controller.abort();
      return Promise.resolve();
    };
    const error = await failureOf(
      collect(submit(environment, noFiles, aws, { ...options, signal: controller.signal, pause })),
    );
    expect(error).to.have.property('code', 'DP1008');
    expect((error as DataplatError).details.data).to.deep.equal({ runId: first });
    expect(aws.runs.cancelled).to.deep.equal([]);
  });

  it("reports the driver's output as it comes, each line once", async () => {
    const aws = deployed();
    aws.runs.plans.push(['RUNNING', 'RUNNING', 'SUCCESS']);
    const texts = ['one\ntw', 'one\ntwo\n', 'one\ntwo\nthree'];
    const get = aws.runs.get;
    aws.runs.get = (application, id) => {
      writeLog(aws.objects, id, 'stdout', texts.shift() ?? '');
      return get(application, id);
    };
    const { events } = await collect(submit(environment, noFiles, aws, { ...options, follow: true }));
    const lines = events.flatMap((event) =>
      event.type === 'message' && event.data?.['stream'] ? [event.text] : [],
    );
    expect(lines).to.deep.equal(['one', 'two', 'three']);
  });

  it('says what to do where nothing is deployed', async () => {
    const aws = deployed();
    aws.runs.application = undefined;
    const error = await failureOf(collect(submit(environment, noFiles, aws, options)));
    expect(error).to.have.property('code', 'DP4004');
    expect((error as DataplatError).details.next).to.deep.equal(['dataplat deploy --env local']);
    expect(aws.runs.started).to.deep.equal([]);
  });
});
