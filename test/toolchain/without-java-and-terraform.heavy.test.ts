import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { installJars } from '../../src/toolchain/jars.js';
import { findJava, installJava } from '../../src/toolchain/java.js';
import { locatePackagingTools, locateRuntime } from '../../src/toolchain/locate-toolchain.js';
import { findTerraform, installTerraform } from '../../src/toolchain/terraform.js';
import { FakeMachine } from './fake-machine.js';

/** Fetches about 400 MB into a cache of its own, unless the package installer still has it. */
describe('a machine without Java and Terraform', function () {
  this.timeout(600_000);
  let machine: FakeMachine;
  let python: { command: string; minor: string };
  let uv: string;
  before(async () => {
    machine = new FakeMachine();
    const tools = await locatePackagingTools();
    uv = tools.uv;
    python = { command: tools.python, minor: '3.11' };
    for (const name of [
      'bash',
      'sh',
      'uname',
      'dirname',
      'basename',
      'chmod',
      'ps',
      'cat',
      'ls',
      'sleep',
      'env',
    ]) {
      const [found] = execFileSync('/bin/sh', ['-c', `command -v ${name}`])
        .toString()
        .trim()
        .split('\n');
      symlinkSync(found ?? '', join(machine.path, name));
    }
  });
  after(() => machine.remove());

  describe('Terraform as a library', () => {
    let command: string;
    let folder: string;
    before(async () => {
      command = await installTerraform(machine.cache, python, uv);
      folder = join(machine.root, 'stack');
      mkdirSync(folder);
      writeFileSync(
        join(folder, 'main.tf'),
        [
          'variable "seconds" {',
          '  default = 0',
          '}',
          'resource "terraform_data" "first" {}',
          'resource "terraform_data" "slow" {',
          '  depends_on = [terraform_data.first]',
          '  provisioner "local-exec" {',
          '    command = "sleep ${var.seconds}"',
          '  }',
          '}',
          'output "where" {',
          '  value = path.cwd',
          '}',
        ].join('\n'),
      );
    });

    const run = (
      args: readonly string[],
      variables: NodeJS.ProcessEnv = {},
      onStart?: (pid: number) => void,
    ) =>
      new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
        const child = spawn(command, args, {
          cwd: folder,
          env: { ...machine.variables, ...variables },
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        let [out, err] = ['', ''];
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          out += text;
          if (onStart && child.pid !== undefined && out.includes('slow: Creating')) onStart(child.pid);
        });
        child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
        child.on('close', (code) => resolve({ code, out, err }));
      });

    it('is found, with its version', async () => {
      const found = await findTerraform(machine.cache, python, machine.variables);
      expect(found).to.deep.include({ state: 'found', version: '1.15.5', where: command });
    });

    it('initialises, plans, applies and tells its outputs, with the exit codes of the program', async () => {
      expect(await run(['init', '-input=false', '-no-color'])).to.have.property('code', 0);
      expect(await run(['plan', '-detailed-exitcode', '-out=plan'])).to.have.property('code', 2);
      const applied = await run(['apply', '-json', 'plan']);
      expect(applied.code).to.equal(0);
      for (const line of applied.out.trim().split('\n'))
        expect(() => JSON.parse(line) as unknown).not.to.throw();
      expect(await run(['plan', '-detailed-exitcode'])).to.have.property('code', 0);
      expect((await run(['output', '-raw', 'where'])).out).to.equal(folder);
      expect((await run(['-chdir=..', 'output'], {})).out).not.to.include(folder);
    });

    it('says on stderr what is wrong, and ends with 1', async () => {
      const { code, out, err } = await run(['nonsense']);
      expect({ code, out }).to.deep.equal({ code: 1, out: '' });
      expect(err).to.include('no command named "nonsense"');
    });

    it('takes its settings from the environment', async () => {
      expect((await run(['plan', '-no-color', '-destroy'], { TF_CLI_ARGS_plan: '-json' })).out).to.match(
        /^\{/,
      );
    });

    const idOfFirst = (): unknown => {
      const state = JSON.parse(readFileSync(join(folder, 'terraform.tfstate'), 'utf8')) as {
        resources: { name: string; instances: { attributes: { id: string } }[] }[];
      };
      return state.resources.find(({ name }) => name === 'first')?.instances[0]?.attributes.id;
    };

    it('writes what it has made into its state when it is interrupted', async () => {
      const before = idOfFirst();
      expect(before).to.be.a('string');
      let interrupted = false;
      const args = [
        'apply',
        '-auto-approve',
        '-no-color',
        '-replace=terraform_data.slow',
        '-replace=terraform_data.first',
      ];
      const { code, out } = await run(args, { TF_VAR_seconds: '4' }, (pid) => {
        if (!interrupted) process.kill(pid, 'SIGINT');
        interrupted = true;
      });
      expect(interrupted, out).to.equal(true);
      expect(code).to.equal(1);
      expect(idOfFirst()).not.to.equal(before);
    });
  });

  it('runs Spark and Delta on the Java that came as a wheel, with jars fetched by it', async () => {
    const javaHome = await installJava(machine.cache, python, uv);
    expect(await findJava(machine.cache, machine.variables)).to.deep.include({
      state: 'found',
      value: javaHome,
    });
    const { jobsPython, localPython } = await locateRuntime();
    const jars = await installJars(machine.cache, { jobsPython, localPython, javaHome });
    const script = machine.file(
      'try.py',
      `
from pyspark.sql import SparkSession
spark = (
    SparkSession.builder.master("local[1]")
    .config("spark.jars", "${jars.join(',')}")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.databricks.delta.snapshotPartitions", "1")
    .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
    .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
    .getOrCreate()
)
spark.range(1000).write.format("delta").save("${machine.root}/table")
rows = spark.read.format("delta").load("${machine.root}/table").count()
print(rows, spark._jvm.System.getProperty("java.home"))
`,
    );
    const printed = execFileSync(jobsPython, [script], {
      env: { ...machine.variables, JAVA_HOME: javaHome, PYSPARK_PYTHON: jobsPython },
      stdio: ['ignore', 'pipe', 'ignore'],
      cwd: dirname(script),
    }).toString();
    expect(printed.trim()).to.equal(`1000 ${javaHome}`);
  });
});
