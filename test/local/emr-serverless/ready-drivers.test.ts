import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { eventually } from '../tiny-endpoint.js';
import { TinyEmr } from './tiny-emr.js';
import { asJobsAsk, oneDriver, oneWaits, waitingDrivers } from './waiting-drivers.js';

/** All that a driver was told and where it is, but for what is of one process alone. */
const tells = `
import json, os, sys
from pyspark.sql import SparkSession
modules = sorted({name.split(".")[0] for name in sys.modules})
spark = SparkSession.builder.getOrCreate()
jvm = spark.sparkContext._jvm
system = jvm.java.lang.System
own = ("spark.driver.port", "spark.app.id", "spark.app.startTime", "spark.app.submitTime", "spark.submit.pyFiles",
       "spark.app.initial.file.urls", "spark.files", "spark.repl.local.jars", "spark.executor.id")
here = os.getcwd()
def plain(text):
    return str(text).replace(here, "HERE")
print("TOLD", json.dumps({
    "conf": {name: plain(value) for name, value in spark.sparkContext.getConf().getAll() if name not in own},
    "properties": {name: plain(system.getProperty(name)) for name in system.getProperties().stringPropertyNames()
                   if name.startswith("spark.") and name not in own},
    "files": [len(spark.conf.get(name, "").split(",")) for name in ("spark.submit.pyFiles", "spark.files")],
    "environment": {name: plain(value) for name, value in os.environ.items() if not name.startswith("PYSPARK_GATEWAY")},
    "path": [plain(entry) for entry in sys.path if "spark-" not in entry and "userFiles" not in entry],
    "arguments": sys.argv[1:], "main": sys.modules["__main__"].__file__.replace(here, "HERE"), "modules": modules,
    "worker": spark.sparkContext.parallelize([1], 1).map(lambda _: (plain(os.getcwd()), sorted(os.environ))).collect(),
    "tables": [table.name for table in spark.catalog.listTables()],
    "warehouse": plain(spark.conf.get("spark.sql.warehouse.dir")),
    "temporary": plain(os.path.realpath(system.getProperty("java.io.tmpdir"))),
}))
print("JAVA", jvm.java.lang.ProcessHandle.current().pid())
spark.range(3).createOrReplaceTempView("left_behind")
spark.conf.set("spark.sql.shuffle.partitions", "7")
`;

describe('EMR Serverless drivers that are kept ready', () => {
  const tiny = new TinyEmr();
  const { put, submit, ended, log } = tiny;
  before(() => tiny.start());
  after(() => tiny.stop());

  const run = async (application: string, entryPoint: string, more = ''): Promise<string> => {
    const id = await submit(application, entryPoint, {
      arguments: ['--date', 'two words'],
      parameters: `${asJobsAsk} ${more}`,
    });
    const done = await ended(application, id);
    const output = await log(application, id, 'stdout');
    expect(done.state, `${done.stateDetails}\n${output}\n${await log(application, id, 'stderr')}`).to.equal(
      'SUCCESS',
    );
    return output;
  };
  const told = (output: string): unknown => JSON.parse(/TOLD (.*)/.exec(output)?.[1] ?? '');
  const java = (output: string): string => /JAVA (\d+)/.exec(output)?.[1] ?? '';
  it('become the drivers of runs, which are told what they are told anywhere', async () => {
    const entryPoint = await put('tells.py', tells);
    const pyFiles = `--py-files ${await put(
      'jobs.zip',
      execFileSync('python3', [
        '-c',
        'import io,sys,zipfile\nb=io.BytesIO()\nz=zipfile.ZipFile(b,"w")\nz.writestr("jobs.py","")\nz.close()\nsys.stdout.buffer.write(b.getvalue())',
      ]),
    )}`;
    const id = await tiny.application(2, 720, oneDriver);
    const first = await run(id, entryPoint, pyFiles);
    const ready = await oneWaits(tiny);
    expect(java(first)).to.not.equal(ready);
    const second = await run(id, entryPoint, pyFiles);
    expect(java(second), 'the run took the driver that waited').to.equal(ready);
    expect(told(second)).to.deep.equal(told(first));
    // Each has one run: the next is another process, and so it is where a run asks for something else.
    const other = await oneWaits(tiny);
    expect(other).to.not.equal(ready);
    const third = await run(id, entryPoint, `${pyFiles} --conf spark.custom=x`);
    expect(java(third)).to.not.equal(other);
    await tiny.stopApplication(id);
    await eventually(() => Promise.resolve(waitingDrivers(tiny).length === 0 || undefined));
  });
});
