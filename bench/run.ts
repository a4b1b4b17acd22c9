import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reservePort } from '../src/local/ports.js';
import { packageDirectory } from '../src/project/project-directory.js';
import { locateRuntime, locateTerraform } from '../src/toolchain/locate-toolchain.js';
import { backfillOverhead, besideAirflow } from './backfill.js';
import { compare, type Command, type Comparison } from './compare.js';
import { writeLargeDeclaration } from './large-declaration.js';
import { historyUpdate } from './history.js';
import { bronze, bronzeMemory, bronzeOfGermanRows, kafkaDrain } from './ingest.js';
import { mergeInProportion } from './merge.js';
import { qualitySuite } from './quality.js';
import { registerAndTag } from './register.js';
import { reportOfRuns } from './report.js';
import { smallWork } from './small.js';
import { snapshotsOfALake } from './snapshots.js';

/*
 * What is measured, each beside what it is to be judged by, in turn and in one run, so that a noisy machine hits both.
 * `node dist/bench/run.js [help|synth|synth-import|synth-growth|validate-growth|backfill|backfill-airflow|report|snapshots|register|quality|merge|history|deploy|submit|small|bronze|bronze-memory|kafka …]`;
 * without a name, all. Exits with 1 where a bound is not kept. `BENCH_SIZE=0.1` takes a tenth of the rows and messages of an ingest.
 */
const dataplat = join(packageDirectory, 'bin', 'dataplat.js');
const size = Number(process.env['BENCH_SIZE'] ?? 1);
const port = await reservePort();
const project = realpathSync(mkdtempSync(join(tmpdir(), 'dataplat-bench-')));
for (const name of ['cdktf.json', 'config', 'jobs', 'dags', 'queries', 'samples', 'package.json']) {
  if (existsSync(join(packageDirectory, name)))
    cpSync(join(packageDirectory, name), join(project, name), { recursive: true });
}
const environment = {
  ...process.env,
  DATAPLAT_LOCAL_PORT: String(port),
  DATAPLAT_ENV: 'local',
  CHECKPOINT_DISABLE: '1',
  CI: '1',
};
const ours = (...words: string[]): Command => ({
  program: process.execPath,
  words: [dataplat, ...words, '-C', project],
  environment,
});

/** A command on a declaration of so many datasets and jobs. */
const atSize = (size: number, ...words: string[]): Command => {
  const directory = join(project, `of-${size}`);
  if (!existsSync(directory)) writeLargeDeclaration(directory, size);
  return { program: process.execPath, words: [dataplat, ...words, '-C', directory], environment };
};

/** The packages whose constructs the stacks are made of. A command loads them out of one file, which the build has made of them. */
const constructs = [
  ...readFileSync(join(packageDirectory, 'stacks', 'constructs.cts'), 'utf8').matchAll(/ from '([^']+)'/g),
].map(([, name]) => name);

const comparisons: Record<string, () => Promise<Comparison | readonly Comparison[]>> = {
  help: () =>
    compare({
      title: 'dataplat --help / node -e 0',
      a: [{ program: process.execPath, words: [dataplat, '--help'], environment }],
      b: [{ program: process.execPath, words: ['-e', '0'], environment }],
      runs: 15,
      bound: { most: 2 },
    }),
  synth: () =>
    compare({
      title: 'npx cdktf synth / dataplat synth --env prod',
      a: [
        {
          program: 'npx',
          words: ['cdktf', 'synth', '--output', join(project, 'cdktf.out')],
          environment: { ...environment, DATAPLAT_ENV: 'prod' },
          directory: packageDirectory,
        },
      ],
      b: [ours('synth', '--env', 'prod')],
      runs: 5,
      bound: { least: 5 },
    }),
  'synth-import': () =>
    compare({
      title: 'dataplat synth --env prod / importing the packages of its constructs, as npm delivers them',
      a: [ours('synth', '--env', 'prod')],
      b: [
        {
          program: process.execPath,
          words: ['-e', constructs.map((name) => `require('${name}');`).join(' ')],
          environment,
          directory: packageDirectory,
        },
      ],
      runs: 9,
      bound: { most: 2 },
    }),
  'synth-growth': () =>
    compare({
      title: 'dataplat synth --env prod of 1,000 datasets and jobs / of 50',
      a: [atSize(1000, 'synth', '--env', 'prod')],
      b: [atSize(50, 'synth', '--env', 'prod')],
      runs: 3,
      bound: { most: 20 },
    }),
  'validate-growth': () =>
    compare({
      title: 'dataplat validate of 1,000 datasets and jobs / of 50',
      a: [atSize(1000, 'validate')],
      b: [atSize(50, 'validate')],
      runs: 5,
      bound: { most: 20 },
    }),
  backfill: () => backfillOverhead({ runs: 10_000, atOnce: 100, jobMilliseconds: 1000 }),
  'backfill-airflow': () => besideAirflow({ runs: 100, atOnce: 32, jobMilliseconds: 1000 }),
  report: () => reportOfRuns({ runs: 1000 }),
  quality: () => qualitySuite({ rows: 5_000_000 }),
  merge: mergeInProportion,
  history: () => historyUpdate({ rows: 5_000_000 }),
  deploy: async () => {
    deployOnce();
    const { command, cliConfigFile } = await locateTerraform();
    const instance = JSON.parse(text(ours('local', 'status', '--json'))) as {
      status: { instance: { directory: string } };
    };
    const terraform = join(instance.status.instance.directory, 'terraform', 'local');
    const endpoint = `http://127.0.0.1:${port}`;
    return compare({
      title: 'dataplat deploy without changes / terraform plan of the same stacks',
      a: [ours('deploy', '--yes')],
      b: ['data', 'platform', 'observability'].map((kind) => ({
        program: command,
        words: ['plan', '-input=false'],
        directory: join(project, 'cdktf.out', 'stacks', `local-${kind}`),
        environment: {
          ...environment,
          TF_DATA_DIR: join(terraform, kind),
          TF_CLI_CONFIG_FILE: cliConfigFile,
          AWS_ENDPOINT_URL: endpoint,
          HTTP_PROXY: endpoint,
          AWS_REGION: 'eu-central-1',
          AWS_ACCESS_KEY_ID: '123456789012',
          AWS_SECRET_ACCESS_KEY: 'local',
        },
      })),
      runs: 3,
      bound: { most: 1.2 },
    });
  },
  snapshots: () => snapshotsOfALake({ project, port, ours, files: 2000 * size, bytesAFile: 2 ** 20 }),
  register: () =>
    registerAndTag({
      project: join(project, `of-${500 * size}`),
      port,
      ours: (...words) => atSize(500 * size, ...words),
    }),
  small: smallWork,
  bronze: () => bronze({ rows: 5_000_000 * size, pairs: 3 }),
  'bronze-german': () => bronzeOfGermanRows({ rows: 5_000_000 * size, pairs: 3 }),
  'bronze-memory': () => bronzeMemory({ few: 1_000_000 * size, many: 20_000_000 * size }),
  kafka: () => kafkaDrain({ messages: 500_000 * size, pairs: 3 }),
  submit: async () => {
    deployOnce();
    const { jobsPython, javaHome, jars } = await locateRuntime();
    const arguments_ = ['--env', 'local', '--date', '2026-01-06'];
    return compare({
      title: 'dataplat submit, the second time / spark-submit of the same file',
      a: [ours('submit', 'ingest', 'crm_accounts', '--date', '2026-01-06')],
      b: [
        {
          program: join(jobsPython, '..', 'spark-submit'),
          words: ['--jars', jars.join(','), 'jobs/ingest/crm_accounts_ingest.py', ...arguments_],
          directory: project,
          environment: {
            ...environment,
            JAVA_HOME: javaHome,
            PYSPARK_PYTHON: jobsPython,
            AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
          },
        },
      ],
      runs: 3,
      bound: { most: 1.3 },
    });
  },
};

let deployed = false;
function deployOnce(): void {
  if (!deployed) text(ours('deploy', '--yes'));
  deployed = true;
}

const asked = process.argv.slice(2);
let kept = true;
try {
  for (const [name, measure] of Object.entries(comparisons)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    for (const { title, ratio, range, a, b, unit = 's', bound, holds } of [await measure()].flat()) {
      kept &&= holds;
      const wanted = bound.most === undefined ? `at least ${bound.least}` : `at most ${bound.most}`;
      console.log(
        `${holds ? 'kept' : 'NOT KEPT'}  ${title}: ${ratio.toFixed(2)} (${wanted}; ${range.map((one) => one.toFixed(2)).join(' to ')}; ${a.toFixed(2)} ${unit} and ${b.toFixed(2)} ${unit})`,
      );
    }
  }
} finally {
  text(ours('local', 'reset'));
  rmSync(project, { recursive: true, force: true });
}
process.exitCode = kept ? 0 : 1;

/** What a command prints. It must succeed. */
function text({ program, words, environment: env, directory }: Command): string {
  const { status, stdout, stderr } = spawnSync(program, words, { env, cwd: directory, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${words.join(' ')} ended with ${status}\n${stdout}${stderr}`);
  return stdout;
}
