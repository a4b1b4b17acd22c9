#!/usr/bin/env node
// Runs the interpreter of the jobs' virtual environment with the arguments given: `node bin/python.js -m pytest`.
import { spawnSync } from 'node:child_process';

const { locateRuntime } = await import('../dist/src/toolchain/locate-toolchain.js').catch(() => {
  console.error('dataplat is not set up. Next: npm run setup');
  process.exit(1);
});
try {
  const { jobsPython, javaHome } = await locateRuntime();
  const { status, error } = spawnSync(jobsPython, process.argv.slice(2), {
    stdio: 'inherit',
    env: { ...process.env, JAVA_HOME: javaHome },
  });
  if (error) throw error;
  process.exitCode = status ?? 1;
} catch (error) {
  console.error(`${error.message}. Next: ${error.details?.next?.join(', ') ?? 'npm run setup'}`);
  process.exitCode = 1;
}
