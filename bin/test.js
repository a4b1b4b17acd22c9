#!/usr/bin/env node
// Runs the tests: `node bin/test.js [--heavy] [--only ts|py [argument...]]`. What follows --only goes to its runner.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { locateRuntime } from '../dist/src/toolchain/locate-toolchain.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const suites = {
  ts: { title: 'TypeScript', run: runMocha },
  py: { title: 'Python', run: runPytest },
};

const asked = process.argv.slice(2);
const heavy = asked[0] === '--heavy';
if (heavy) asked.shift();
let only = heavy ? 'ts' : undefined;
if (asked[0] === '--only') [, only] = asked.splice(0, 2);
if ((only !== undefined && !(only in suites)) || (only === undefined && asked.length > 0)) {
  console.error('usage: node bin/test.js [--heavy] [--only ts|py [argument for mocha or pytest ...]]');
  process.exit(2);
}

let [passed, failed, broken] = [0, 0, false];
for (const [name, suite] of Object.entries(suites)) {
  if (only !== undefined && only !== name) continue;
  console.log(`\n── ${suite.title} ──`);
  const result = await suite.run(asked);
  passed += result.passed;
  failed += result.failed;
  if (result.passed + result.failed === 0) {
    console.log(`\nNo test of the ${suite.title} suite ran.`);
    broken = true;
  }
  // A runner that fails without a failed test (an import error, an unknown flag) has failed all the same.
  if (result.code !== 0) broken = true;
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || broken ? 1 : 0;

async function runMocha(passedThrough) {
  const files = heavy
    ? ['dist/test/**/*.heavy.test.js']
    : ['dist/test/**/*.test.js', '--ignore', 'dist/test/**/*.heavy.test.js'];
  const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const strict = ['--forbid-only', '--forbid-pending'];
  const { code, said } = await run(process.execPath, [mocha, ...files, ...strict, ...passedThrough]);
  return {
    code,
    passed: counted(said, /^\s+(\d+) passing\b/m),
    failed: counted(said, /^\s+(\d+) failing\b/m),
  };
}

async function runPytest(passedThrough) {
  const { jobsPython, javaHome, jars } = await locateRuntime();
  const spark = { PYSPARK_PYTHON: jobsPython, DATAPLAT_SPARK_JARS: jars.join(',') };
  const variables = { ...process.env, JAVA_HOME: javaHome, ...spark };
  const { code, said } = await run(jobsPython, ['-m', 'pytest', '-q', ...passedThrough], variables);
  const closing = said.trimEnd().split('\n').at(-1) ?? '';
  const failures = counted(closing, /(\d+) failed\b/) + counted(closing, /(\d+) errors?\b/);
  return { code, passed: counted(closing, /(\d+) passed\b/), failed: failures };
}

function counted(text, pattern) {
  return Number(pattern.exec(text)?.[1] ?? 0);
}

/** Shows what a runner says while it says it, and keeps it. */
function run(command, args, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      said += text;
      process.stdout.write(text);
    });
    child.on('error', reject);
    // eslint-disable-next-line no-control-regex -- the colours of a runner that was told to use them
    child.on('close', (code) => resolve({ code: code ?? 1, said: said.replaceAll(/\u001b\[[0-9;]*m/g, '') }));
  });
}
