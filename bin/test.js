#!/usr/bin/env node
// Runs the tests: `node bin/test.js [--heavy] [--only ts|environments|py [argument...]]`. What follows --only goes to its
// runner.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { locateKafkaBroker, locateRuntime } from '../dist/src/toolchain/locate-toolchain.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const heavyFiles = 'dist/test/**/*.heavy.test.js';
const environmentFiles = 'dist/test/**/*.environment.test.js';

const suites = {
  ts: {
    title: 'TypeScript',
    run: mocha('dist/test/**/*.test.js', '--ignore', heavyFiles, '--ignore', environmentFiles),
  },
  environments: { title: 'Environments', run: mocha(environmentFiles) },
  py: { title: 'Python', run: runPytest },
  heavy: { title: 'Heavy', run: mocha(heavyFiles, environmentFiles) },
};

const asked = process.argv.slice(2);
const heavy = asked[0] === '--heavy';
if (heavy) asked.shift();
let only = heavy ? 'heavy' : undefined;
if (asked[0] === '--only') [, only] = asked.splice(0, 2);
if ((only !== undefined && !(only in suites)) || (only === undefined && asked.length > 0)) {
  console.error(
    'usage: node bin/test.js [--heavy] [--only ts|environments|py [argument for mocha or pytest ...]]',
  );
  process.exit(2);
}

let [passed, failed, broken] = [0, 0, false];
if (only !== undefined) await runSuite(only, asked);
else {
  // Applying an environment is mostly waiting: it goes beside the other suites, and has its say when they have had theirs.
  const environments = hold('environments');
  await runSuite('ts');
  await runSuite('py');
  await environments();
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || broken ? 1 : 0;

async function runSuite(name, passedThrough = [], show = (text) => void process.stdout.write(text)) {
  const { title, run: runIt } = suites[name];
  show(`\n── ${title} ──\n`);
  const result = await runIt(passedThrough, show);
  passed += result.passed;
  failed += result.failed;
  if (result.passed + result.failed === 0) {
    show(`\nNo test of the ${title} suite ran.\n`);
    broken = true;
  }
  // A runner that fails without a failed test (an import error, an unknown flag) has failed all the same.
  if (result.code !== 0) broken = true;
}

/** Starts a suite and keeps what it says. @returns waits for its end and shows it */
function hold(name) {
  let said = '';
  const running = runSuite(name, [], (text) => (said += text));
  return async () => {
    await running;
    process.stdout.write(said);
  };
}

function mocha(...files) {
  return async (passedThrough, show) => {
    const program = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
    const strict = ['--forbid-only', '--forbid-pending'];
    const words = [program, ...files, ...strict, ...passedThrough];
    const { code, said } = await run(process.execPath, words, show);
    return {
      code,
      passed: counted(said, /^\s+(\d+) passing\b/m),
      failed: counted(said, /^\s+(\d+) failing\b/m),
    };
  };
}

async function runPytest(passedThrough, show) {
  const { jobsPython, javaHome, jars } = await locateRuntime();
  const spark = { PYSPARK_PYTHON: jobsPython, DATAPLAT_SPARK_JARS: jars.join(',') };
  const broker = { DATAPLAT_KAFKA_BROKER_JARS: (await locateKafkaBroker()).join(':') };
  const variables = { ...process.env, JAVA_HOME: javaHome, ...spark, ...broker };
  const { code, said } = await run(jobsPython, ['-m', 'pytest', '-q', ...passedThrough], show, variables);
  const closing = said.trimEnd().split('\n').at(-1) ?? '';
  const failures = counted(closing, /(\d+) failed\b/) + counted(closing, /(\d+) errors?\b/);
  return { code, passed: counted(closing, /(\d+) passed\b/), failed: failures };
}

function counted(text, pattern) {
  return Number(pattern.exec(text)?.[1] ?? 0);
}

/** Shows what a runner says while it says it, and keeps it. */
function run(command, args, show, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      said += text;
      show(text);
    });
    child.on('error', reject);
    // eslint-disable-next-line no-control-regex -- the colours of a runner that was told to use them
    child.on('close', (code) => resolve({ code: code ?? 1, said: said.replaceAll(/\u001b\[[0-9;]*m/g, '') }));
  });
}
