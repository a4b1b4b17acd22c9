#!/usr/bin/env node
// Sets up a bare clone: this file needs nothing but Node. What it needs compiled is in src/toolchain/setup.ts.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from '../src/toolchain/file-lock.js';
import { bundle } from './bundle.js';
import { Progress } from './progress.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dependenciesStamp = join(root, 'node_modules', '.dataplat-lock-hash');
const buildStamp = join(root, 'dist', '.build-stamp.json');

/** A failure that the user can mend: what, why, and what to type next. */
class SetupFailure extends Error {
  constructor(message, { excerpt = [], next = [] } = {}) {
    super(message);
    this.details = { excerpt, next };
  }
}

export async function setUp(progress = new Progress(), { airflow = false } = {}) {
  requireNode();
  await withLock(
    join(root, '.dataplat', 'setup.lock'),
    async () => {
      if (!ownedElsewhere() && read(dependenciesStamp) !== lockHash()) {
        await progress.step("Node's packages", installDependencies);
      }
      const sources = sourcesNow();
      if (read(buildStamp) !== sources) await progress.step('TypeScript', () => build(sources));
    },
    (holder) => console.error(`  waiting for another set-up of this clone (process ${holder})`),
  );
  const { setup, setUpAirflow } = await import('../dist/src/toolchain/setup.js');
  const toolchain = await setup(progress);
  if (airflow) await setUpAirflow(progress);
  return toolchain;
}

function requireNode() {
  const wanted = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node.replace('>=', '');
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [wantedMajor, wantedMinor] = wanted.split('.').map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new SetupFailure(
    `Node ${wanted} or newer is needed; this is ${process.versions.node} (${process.execPath})`,
    {
      next: ['install a newer Node (https://nodejs.org), then npm run setup'],
    },
  );
}

/** A linked node_modules is another clone's: it is used, never rewritten. */
function ownedElsewhere() {
  return lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

async function installDependencies(detail) {
  const npm = process.env.npm_execpath;
  const args = ['ci', '--no-audit', '--no-fund', '--no-progress', '--loglevel', 'warn'];
  const [command, before] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  const { code, said } = await run(command, [...before, ...args], detail);
  if (code !== 0) {
    throw new SetupFailure(`could not install Node's packages: npm ci ended with exit code ${code}`, {
      excerpt: said.split('\n').slice(-15),
      next: [/ENOSPC/.test(said) ? 'df -h' : 'npm ci', 'npm run setup'],
    });
  }
  writeWhole(dependenciesStamp, lockHash());
}

/** Every source that the build is made of, with size and time: a changed, new or deleted one changes this text. */
function sourcesNow() {
  const files = ['tsconfig.json', 'package-lock.json', 'bin/bundle.js'].map((name) => join(root, name));
  for (const folder of ['src', 'stacks', 'test', 'bench']) {
    const path = join(root, folder);
    if (!existsSync(path)) continue;
    for (const name of readdirSync(path, { recursive: true })) {
      if (/\.[cm]?[jt]s$/.test(name)) files.push(join(path, name));
    }
  }
  const lines = files.sort().map((file) => {
    const { size, mtimeMs } = statSync(file);
    return `${relative(root, file)} ${size} ${Math.round(mtimeMs)}`;
  });
  return `${lines.join('\n')}\n`;
}

async function build(sources) {
  removeOutputsWithoutSource();
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { code, said } = await run(process.execPath, [tsc, '-p', join(root, 'tsconfig.json')]);
  if (code !== 0) {
    throw new SetupFailure('the TypeScript sources do not compile', {
      excerpt: said.trim().split('\n').slice(0, 40),
      next: ['npm run typecheck'],
    });
  }
  await bundle();
  writeWhole(buildStamp, sources);
}

/** A test whose source is gone must not run any more. */
function removeOutputsWithoutSource() {
  for (const folder of ['src', 'stacks', 'test', 'bench']) {
    const path = join(root, 'dist', folder);
    if (!existsSync(path)) continue;
    for (const name of readdirSync(path, { recursive: true })) {
      const source = join(root, folder, name);
      if (name.endsWith('.js') && !existsSync(source) && !existsSync(source.replace(/\.js$/, '.ts'))) {
        rmSync(join(path, name));
        // tsc remembers what it wrote, and would not write it again if the source came back.
        rmSync(join(root, 'dist', '.tsbuildinfo'), { force: true });
      }
    }
  }
}

function run(command, args, onLine = () => undefined) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        said += text;
        onLine(text.trim().split('\n').at(-1));
      });
    }
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code: code ?? signal, said }));
  });
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function writeWhole(file, content) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.partial`, content);
  renameSync(`${file}.partial`, file);
}

/** What failed, why, and what to type next; a stack trace only for what nobody expects. */
function show(error) {
  const details = error.details;
  if (!details) {
    console.error(error);
    return;
  }
  console.error(`\nSet-up failed: ${error.message}${error.code ? ` [${error.code}]` : ''}`);
  for (const line of details.excerpt ?? []) console.error(`  ${line}`);
  if (details.left) console.error(`Left as it is: ${details.left}.`);
  for (const [index, command] of (details.next ?? []).entries()) {
    console.error(`${index === 0 ? 'Next:' : '     '} ${command}`);
  }
}

if (process.argv[1] && fileURLToPath(import.meta.url) === process.argv[1]) {
  const begun = performance.now();
  const progress = new Progress();
  try {
    await setUp(progress, { airflow: process.argv.includes('--airflow') });
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    console.error(
      progress.steps === 0 ? `Set up: nothing was missing (${seconds} s).` : `Set up (${seconds} s).`,
    );
  } catch (error) {
    show(error);
    process.exitCode = 1;
  }
}
