import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { failureDetail } from '../../../src/local/emr-serverless/failure.js';
import { fittingPythonPath } from '../../../src/local/emr-serverless/foreign-libraries.js';
import { shellWords } from '../../../src/local/emr-serverless/shell-words.js';
import {
  driverEnvironment,
  localProperties,
  propertiesFile,
  requestedProperties,
} from '../../../src/local/emr-serverless/spark-properties.js';
import { parseSubmitParameters } from '../../../src/local/emr-serverless/submit-parameters.js';
import { requestedWorkers, utilization } from '../../../src/local/emr-serverless/utilization.js';

const place = { endpoint: 'http://127.0.0.1:4577', account: '123456789012', region: 'eu-central-1' };

describe('What a job run asks for', () => {
  it('is split into words as Python’s shlex splits them', () => {
    const lines = [
      '--conf a=b  --conf "c=d e"',
      `--conf 'x="y z"' --name it\\'s`,
      'a"b c"d \'\' ""',
      '"back\\\\slash \\" \\n" tab\there',
      '--conf spark.driver.extraJavaOptions=\'-Da=1 -Db="two words"\'',
      '  leading and trailing  ',
    ];
    const expected = JSON.parse(
      execFileSync(
        'python3',
        [
          '-c',
          'import json,shlex,sys; print(json.dumps([shlex.split(l) for l in json.loads(sys.argv[1])]))',
          JSON.stringify(lines),
        ],
        {
          encoding: 'utf8',
        },
      ),
    ) as string[][];
    expect(lines.map(shellWords)).to.deep.equal(expected);
    expect(() => shellWords('--conf "open')).to.throw('never closed');
  });

  it('is read from spark-submit’s options, joined by a blank or by a sign', () => {
    const { properties, mainClass } = parseSubmitParameters(
      '--class com.example.Main --py-files=s3://b/jobs.zip --num-executors 2 --conf spark.x=a=b -c spark.y=',
    );
    expect(mainClass).to.equal('com.example.Main');
    expect(Object.fromEntries(properties)).to.deep.equal({
      'spark.submit.pyFiles': 's3://b/jobs.zip',
      'spark.executor.instances': '2',
      'spark.x': 'a=b',
      'spark.y': '',
    });
    expect(() => parseSubmitParameters('--unknown 1')).to.throw('--unknown');
    expect(() => parseSubmitParameters('--conf novalue')).to.throw('<property>=<value>');
    expect(() => parseSubmitParameters('--conf')).to.throw('has no value');
  });

  it('prefers the submit parameters to the overrides, and those to the application', () => {
    const defaults = (properties: Record<string, string>) => [
      { classification: 'spark-defaults', properties },
    ];
    const { properties, notes, driverLog } = requestedProperties(
      [
        ...defaults({ a: 'application', b: 'application', c: 'application' }),
        { classification: 'hive-site', properties: {} },
      ],
      [
        ...defaults({ b: 'override', c: 'override' }),
        { classification: 'spark-driver-log4j2', properties: { 'rootLogger.level': 'info' } },
      ],
      new Map([['c', 'submitted']]),
    );
    expect(Object.fromEntries(properties)).to.deep.equal({ a: 'application', b: 'override', c: 'submitted' });
    expect(notes.join()).to.contain('hive-site');
    expect(driverLog.get('rootLogger.level')).to.equal('info');
  });

  it('loses what only EMR has, gets what a laptop needs, and keeps the rest', () => {
    const { properties, notes, imageJars } = localProperties(
      new Map([
        ['spark.jars', '/usr/share/aws/delta/lib/delta-spark.jar,s3://b/own.jar'],
        ['spark.master', 'yarn'],
        ['spark.sql.shuffle.partitions', '50'],
        ['spark.sql.catalogImplementation', 'hive'],
        ['spark.hadoop.hive.metastore.client.factory.class', 'com.amazonaws.Factory'],
        ['spark.executor.memory', '8g'],
        ['spark.emr-serverless.driverEnv.A', 'b'],
        ['spark.jars.packages', 'io.delta:delta-spark_2.12:3.3.2,org.example:other:1'],
        ['spark.mine', 'kept'],
        ['spark.hadoop.fs.s3a.endpoint.region', 'eu-west-1'],
      ]),
      place,
      '/work',
    );
    expect(Object.fromEntries(properties)).to.include({
      'spark.jars': 's3://b/own.jar',
      'spark.master': 'local[*]',
      'spark.sql.shuffle.partitions': '50',
      'spark.databricks.delta.snapshotPartitions': '2',
      'spark.jars.packages': 'org.example:other:1',
      'spark.mine': 'kept',
      'spark.hadoop.fs.s3a.endpoint.region': 'eu-west-1',
      'spark.hadoop.fs.s3a.endpoint': place.endpoint,
    });
    expect([...properties.keys()].join()).not.to.match(/executor\.memory|emr-serverless|factory/);
    // What jobs rely on comes from the request or is missing, as on AWS.
    expect([...properties.keys()].join()).not.to.match(/catalogImplementation|extensions|spark_catalog/);
    expect(imageJars).to.deep.equal([
      '/usr/share/aws/delta/lib/delta-spark.jar',
      '/usr/share/aws/delta/lib/delta-storage.jar',
    ]);
    for (const name of ['spark.master', 'catalogImplementation', 'factory.class']) {
      expect(
        notes.some((note) => note.includes(name)),
        name,
      ).to.be.true;
    }
    expect(notes.join()).not.to.contain('driverEnv');
  });

  it('sets variables of the driver, but not which programs run it', () => {
    const { variables, notes } = driverEnvironment(
      new Map([
        ['spark.emr-serverless.driverEnv.PYTHONPATH', './libraries'],
        ['spark.emr-serverless.driverEnv.PYSPARK_PYTHON', './environment/bin/python'],
      ]),
    );
    expect(variables).to.deep.equal({ PYTHONPATH: './libraries' });
    expect(notes.join()).to.contain('PYSPARK_PYTHON');
  });

  it('is written so that Java’s property reader gives it back', () => {
    expect(propertiesFile(new Map([['spark.a', ' x\\y=ü\n']]))).to.equal('spark.a=\\ x\\\\y=\\u00fc\\n\n');
  });

  it('is billed by the size of its workers, for a minute at least', () => {
    const workers = requestedWorkers(
      new Map([
        ['spark.driver.cores', '2'],
        ['spark.driver.memory', '7g'],
        ['spark.executor.cores', '4'],
        ['spark.executor.memory', '14g'],
        ['spark.dynamicAllocation.maxExecutors', '2'],
        ['spark.emr-serverless.executor.disk', '50G'],
      ]),
    );
    // 7 GB and a tenth make 8, 14 GB and a tenth make 16: as EMR rounds workers up.
    expect(workers.map((worker) => [worker.vCpu, worker.memoryGb])).to.deep.equal([
      [2, 8],
      [4, 16],
      [4, 16],
    ]);
    expect(utilization(workers, 360, false)).to.deep.equal({
      vCPUHour: 1,
      memoryGBHour: 4,
      storageGBHour: 12,
    });
    expect(utilization(workers, 6, true)).to.deep.equal({
      vCPUHour: 0.167,
      memoryGBHour: 0.667,
      storageGBHour: 1,
    });
    expect(requestedWorkers(new Map()).length, 'EMR begins with three executors').to.equal(4);
  });

  it('fails with the last exceptions, within AWS’s limit', () => {
    const log = `Traceback (most recent call last):\n  File "x.py"\njobs.errors.ContractError: 12 rows break it\nmore\n`;
    expect(failureDetail(3, log)).to.match(
      /ExitCode: 3\. Last few exceptions: jobs\.errors\.ContractError: 12 rows break it$/,
    );
    expect(failureDetail(1, 'nothing named')).to.match(/ExitCode: 1\.$/);
    expect(failureDetail(1, `E${'x'.repeat(500)}Error: ${'y'.repeat(500)}`)).to.have.length.at.most(256);
  });

  it('does without libraries that are built for another machine', async () => {
    const work = mkdtempSync(path.join(os.tmpdir(), 'libraries-'));
    try {
      for (const [folder, file] of [
        ['emr', 'numpy/core.cpython-39-aarch64-linux-gnu.so'],
        ['ours', 'numpy/core.cpython-311-x86_64-linux-gnu.so'],
        ['plain', 'yaml/main.py'],
      ] as const) {
        mkdirSync(path.join(work, folder, path.dirname(file)), { recursive: true });
        writeFileSync(path.join(work, folder, file), '');
      }
      const tag = { version: 'cpython-311', machine: 'x86_64' };
      const { pythonPath, notes } = await fittingPythonPath('./emr:./ours:plain', work, tag);
      expect(pythonPath).to.equal([path.join(work, 'ours'), path.join(work, 'plain')].join(':'));
      expect(notes).to.deep.equal([
        "./emr is left out of PYTHONPATH: its libraries are for cpython-39 on aarch64; this machine's own libraries serve",
      ]);
    } finally {
      rmSync(work, { recursive: true });
    }
  });
});
