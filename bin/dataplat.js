#!/usr/bin/env node
// Starts fast and imports nothing heavy: the verb that is named loads what it needs.
import './optimize-late.js';
import { existsSync } from 'node:fs';

const program = new URL('../dist/src/cli.js', import.meta.url);
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  fail(
    `dataplat needs Node 20.19 or newer; this is ${process.version}`,
    'install a newer Node, then: npm run setup',
  );
} else if (!existsSync(program)) {
  fail('dataplat is not built yet', 'npm run setup');
} else {
  const { main } = await import(program.href);
  process.exitCode = await main(process.argv.slice(2));
}

/** The same two lines that every other failure has. */
function fail(what, next) {
  process.stderr.write(`error  ${what}  [DP3006]\nnext   ${next}\n`);
  process.exitCode = 1;
}
