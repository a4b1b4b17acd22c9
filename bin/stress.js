#!/usr/bin/env node
// Runs the tests in orders of chance while both cores are busy with something else: `npm run test:stress [-- times]`.
// Says which tests were not green, each time.
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const logs = join(root, '.dataplat', 'stress');
const times = Number(process.argv[2] ?? 3);
if (!Number.isInteger(times) || times < 1) {
  console.error('usage: npm run test:stress [-- how many times (default: 3)]');
  process.exit(2);
}

mkdirSync(logs, { recursive: true });
let notGreen = 0;
for (let time = 1; time <= times; time += 1) {
  const order = randomInt(1, 1_000_000);
  const log = join(logs, `${order}.log`);
  const load = [1, 2].map(() => spawn(process.execPath, ['-e', busy(60)], { stdio: 'ignore' }));
  const began = performance.now();
  const { code, said } = await tests(order, log);
  for (const process of load) process.kill();
  const failed = failedOf(said);
  if (code !== 0) notGreen += 1;
  const minutes = ((performance.now() - began) / 60_000).toFixed(1);
  console.log(`${time}. order ${order}, ${minutes} min: ${code === 0 ? 'green' : `NOT GREEN (${log})`}`);
  for (const test of new Set(failed)) console.log(`   ${test}`);
}
console.log(`\n${times - notGreen} of ${times} green`);
process.exitCode = notGreen > 0 ? 1 : 0;

/** A program that keeps one core busy, and ends by itself after so many minutes should nobody end it. */
function busy(minutes) {
  return `const end = Date.now() + ${minutes} * 60_000; while (Date.now() < end);`;
}

function tests(order, log) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'bin', 'test.js')], {
      cwd: root,
      env: { ...process.env, TEST_ORDER: String(order) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const file = createWriteStream(log);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text) => {
        file.write(text);
        said += text;
      });
    }
    child.on('error', reject);
    child.on('close', (code) => file.end(() => resolve({ code: code ?? 1, said })));
  });
}

/** The names of failed tests, as mocha and pytest say them in the course of a run. */
function failedOf(said) {
  return [...said.matchAll(/^ +\d+\) (\S.*)$|^((?:FAILED|ERROR) .+)$/gm)].map(
    ([, mocha, pytest]) => mocha ?? pytest,
  );
}
