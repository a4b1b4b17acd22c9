#!/usr/bin/env node
// Runs the tests: `node bin/test.js [--heavy] [--only SUITE [argument...]]`. What follows --only goes to the suite's runner.
// Heavy ones are the files `*.heavy.test.ts` and the Python tests that are marked so.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  locateAirflow,
  locateKafkaBroker,
  locateLineageListener,
  locatePackagingTools,
  locateRuntime,
} from '../dist/src/toolchain/locate-toolchain.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const heavyFiles = 'dist/test/**/*.heavy.test.js';
const acceptance = 'dist/test/acceptance';
// What the cases of users begin with is made once for all of them.
const states = mkdtempSync(join(tmpdir(), 'dataplat-states-'));
process.on('exit', () => rmSync(states, { recursive: true, force: true }));
process.env.DATAPLAT_TEST_STATES = states;

const everyday = {
  ts: {
    title: 'TypeScript',
    run: mocha(['dist/test/**/*.test.js', '--ignore', heavyFiles, '--ignore', `${acceptance}/*`]),
  },
  changes: { title: 'Changes of an environment', run: mocha([`${acceptance}/changes.test.js`]) },
  verbs: { title: 'Other verbs', run: mocha([`${acceptance}/verbs.test.js`]) },
  py: { title: 'Python', run: pytest('not heavy') },
  dags: { title: 'DAGs', run: pytestOfDags('not heavy') },
};
const heavyCases = `${acceptance}/*.heavy.test.js`;
const heavy = {
  cases: { title: 'Heavy cases of users', run: mocha([heavyCases]) },
  ts: { title: 'Heavy TypeScript', run: mocha([heavyFiles, '--ignore', heavyCases]) },
  py: { title: 'Heavy Python', run: pytest('heavy') },
};

const asked = process.argv.slice(2);
const suites = asked[0] === '--heavy' ? heavy : everyday;
if (suites === heavy) asked.shift();
let only;
if (asked[0] === '--only') [, only] = asked.splice(0, 2);
if ((only !== undefined && !(only in suites)) || (only === undefined && asked.length > 0)) {
  console.error('usage: node bin/test.js [--heavy] [--only SUITE [argument for mocha or pytest ...]]');
  console.error(`       SUITE is one of ${Object.keys(suites).join(', ')}`);
  process.exit(2);
}

const results = [];
// Users' commands and Terraform mostly wait, Spark and the units mostly compute: side by side they keep two cores busy.
const everydayLanes = [['ts'], ['changes'], ['verbs', 'dags'], ['py']];
const heavyLanes = [['cases'], ['ts', 'py']];
if (only !== undefined) await runSuite(only, asked);
else {
  // All let Python go first, which takes longest. What a lane says is held until those before it have had their say.
  const [first, ...lanes] = suites === heavy ? heavyLanes : everydayLanes;
  const held = lanes.map(hold);
  for (const name of first) await runSuite(name);
  for (const show of held) await show();
}
process.exitCode = report();

async function runSuite(name, passedThrough = [], show = (text) => void process.stdout.write(text)) {
  const { title, run: runIt } = suites[name];
  show(`\n── ${title} ──\n`);
  const began = performance.now();
  const { code, said, closing } = await runIt(passedThrough, show);
  const counted = (outcome) => Number(new RegExp(`(\\d+) (?:${outcome})\\b`).exec(closing)?.[1] ?? 0);
  const counts = {
    passed: counted('passing|passed'),
    failed: counted('failing|failed') + counted('errors?'),
  };
  const seconds = Math.round((performance.now() - began) / 1000);
  if (counts.passed + counts.failed === 0) show(`\nNo test of the ${title} suite ran.\n`);
  results.push({ title, seconds, code, ...counts, slowest: slowestOf(said) });
}

/** Starts suites, one after another, and keeps what they say. @returns shows that, and the rest as it comes, up to their end */
function hold(names) {
  let said = '';
  let show = (text) => (said += text);
  const running = (async () => {
    for (const name of names) await runSuite(name, [], (text) => void show(text));
  })();
  return async () => {
    process.stdout.write(said);
    show = (text) => process.stdout.write(text);
    await running;
  };
}

/** Says what took long and how it all ended. @returns the exit code */
function report() {
  const slowest = results.flatMap((suite) => suite.slowest).sort((a, b) => b.seconds - a.seconds);
  console.log('\nThe slowest:');
  for (const { seconds, test } of slowest.slice(0, 10))
    console.log(`${seconds.toFixed(1).padStart(7)} s  ${test}`);
  const times = results.map(({ title, seconds }) => `${title} ${seconds} s`);
  const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
  console.log(`\n${times.join(', ')}\n${total('passed')} passed, ${total('failed')} failed`);
  // A runner that fails without a failed test (an import error, an unknown flag) has failed all the same.
  const sound = results.every(({ code, passed, failed }) => code === 0 && failed === 0 && passed > 0);
  return sound ? 0 : 1;
}

function mocha(files) {
  return async (passedThrough, show) => {
    const program = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
    const options = [
      '--forbid-only',
      '--forbid-pending',
      '--reporter',
      join(root, 'bin', 'mocha-reporter.cjs'),
    ];
    const late = ['--import', pathToFileURL(join(root, 'bin', 'optimize-late.js')).href];
    const words = [...late, program, ...files, ...options, ...passedThrough];
    const { code, said } = await run(process.execPath, words, { show, givesWay: true });
    return { code, said, closing: said.match(/^\s+\d+ (?:passing|failing)\b.*$/gm)?.join('\n') };
  };
}

function pytest(mark) {
  return async (passedThrough, show) => {
    const { jobsPython, javaHome, jars } = await locateRuntime();
    const spark = { PYSPARK_PYTHON: jobsPython, DATAPLAT_SPARK_JARS: jars.join(',') };
    const broker = { DATAPLAT_KAFKA_BROKER_JARS: (await locateKafkaBroker()).join(':') };
    const listener = { DATAPLAT_LINEAGE_LISTENER: await locateLineageListener() };
    const variables = { ...process.env, JAVA_HOME: javaHome, ...spark, ...broker, ...listener };
    return runPytest(jobsPython, mark, passedThrough, { show, env: variables });
  };
}

/** In Airflow's environment, which is made here where nothing has asked for it before. */
function pytestOfDags(mark) {
  return async (passedThrough, show) => {
    const { python } = await locateAirflow();
    const { uv } = await locatePackagingTools();
    const variables = { ...process.env, DATAPLAT_NODE: process.execPath, DATAPLAT_UV: uv };
    return runPytest(python, mark, ['test/dags', ...passedThrough], { show, env: variables });
  };
}

async function runPytest(python, mark, words, how) {
  const options = ['-m', mark, '--durations', '10', '--durations-min', '0'];
  const { code, said } = await run(python, ['-m', 'pytest', '-q', ...options, ...words], how);
  return { code, said, closing: said.trimEnd().split('\n').at(-1) };
}

/** The tests of the lines `12.34s call <test>`, as pytest has them and our reporter for mocha too. */
function slowestOf(said) {
  return [...said.matchAll(/^(\d+\.\d+)s (?:call|setup|teardown)\s+(.+)$/gm)].map(([, seconds, test]) => ({
    seconds: Number(seconds),
    test,
  }));
}

/** Shows what a runner says while it says it, and keeps it. One that gives way does so to the suites beside it. */
function run(command, args, { show, env = process.env, givesWay = false }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
    if (givesWay && only === undefined && child.pid !== undefined) setPriority(child.pid, 5);
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      said += text;
      show(text);
    });
    child.on('error', reject);
    // oxlint-disable-next-line no-control-regex -- the colours of a runner that was told to use them
    child.on('close', (code) => resolve({ code: code ?? 1, said: said.replaceAll(/\u001b\[[0-9;]*m/g, '') }));
  });
}
