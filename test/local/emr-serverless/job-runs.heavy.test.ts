import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { groupOfJar } from '../../../src/toolchain/jars.js';
import { locateRuntime } from '../../../src/toolchain/locate-toolchain.js';
import { TinyEmr } from './tiny-emr.js';

describe('what EMR Serverless job runs find', () => {
  const tiny = new TinyEmr();
  const { put, application, submit, ended, log } = tiny;
  before(() => tiny.start());
  after(() => tiny.stop());

  it('has on its class path what EMR has there and what it names, and nothing else', async () => {
    const id = await application();
    const entryPoint = await put(
      'kafka.py',
      'from pyspark.sql import SparkSession\n' +
        'spark = SparkSession.builder.getOrCreate()\n' +
        'for name in ("io.delta.tables.DeltaTable", "org.postgresql.Driver"):\n' +
        '    try:\n' +
        '        spark._jvm.java.lang.Class.forName(name, False, spark._jvm.Thread.currentThread().getContextClassLoader())\n' +
        '        print(name, "is there")\n' +
        '    except Exception as error:\n' +
        '        print(name, "is missing")\n' +
        'messages = spark.readStream.format("kafka").option("kafka.bootstrap.servers", "127.0.0.1:1")\n' +
        'messages.option("subscribe", "orders").load().printSchema()\n',
    );
    const alone = await ended(id, await submit(id, entryPoint));
    expect(alone.state).to.equal('FAILED');
    expect(alone.stateDetails).to.match(/kafka/i);
    const without = await log(id, alone.jobRunId ?? '', 'stdout');
    expect(without).to.contain('DeltaTable is missing').and.to.contain('Driver is missing');

    const { jars } = await locateRuntime();
    const connector = jars.filter((jar) => groupOfJar(path.basename(jar)) === 'kafka');
    const named = await Promise.all(
      connector.map((jar) => put(`jars/${path.basename(jar)}`, readFileSync(jar))),
    );
    const delta = '/usr/share/aws/delta/lib/delta-spark.jar';
    const run = await submit(id, entryPoint, {
      parameters: `--conf spark.jars=${[delta, ...named].join(',')}`,
    });
    const done = await ended(id, run);
    const output = await log(id, run, 'stdout');
    expect(done.state, `${done.stateDetails}\n${output}`).to.equal('SUCCESS');
    expect(output)
      .to.contain('DeltaTable is there')
      .and.to.contain('Driver is missing')
      .and.to.contain('topic: string');

    const nowhere = '/usr/share/aws/kafka/lib/connector.jar';
    const wrong = await ended(
      id,
      await submit(id, entryPoint, { parameters: `--conf spark.jars=${nowhere}` }),
    );
    expect(wrong.stateDetails).to.contain(`FileNotFoundException: File ${nowhere} does not exist`);
  });

  it('finds of Python what jobs have, and nothing of the tools beside it', async () => {
    const id = await application();
    const entryPoint = await put(
      'imports.py',
      'import yaml, delta, pandas\nprint("libraries")\nimport pytest\n',
    );
    const run = await submit(id, entryPoint);
    const done = await ended(id, run);
    expect(await log(id, run, 'stdout')).to.match(/^libraries$/m);
    expect(done.stateDetails).to.contain("ModuleNotFoundError: No module named 'pytest'");
    // The job may bring a module of that name.
    const own = await put('pytest.py', 'print("of the job")\n');
    const brought = await submit(id, entryPoint, { parameters: `--py-files ${own}` });
    expect((await ended(id, brought)).state).to.equal('SUCCESS');
    expect(await log(id, brought, 'stdout')).to.contain('of the job');
  });
});
