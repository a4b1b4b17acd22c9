#!/usr/bin/env node
// Writes requirements/*.txt and jars.sha256 anew from their *.in: `node bin/lock-requirements.js [name...]`.
// No index address gets into a committed file; what is written installs on every supported Python and platform.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'requirements');
const toolchain = new URL('../dist/src/toolchain/', import.meta.url);
const { locatePackagingTools, locateRuntime } = await import(new URL('locate-toolchain.js', toolchain));
const { uvVariables } = await import(new URL('uv.js', toolchain));
const { plainName, resolveWithIvy, sha256 } = await import(new URL('jars.js', toolchain));

/** In this order, because dev.in is held to what jobs.txt says, airflow-dev.in to airflow.txt; emr.in is for EMR's own Python. */
const lists = {
  uv: '3.10',
  jobs: '3.10',
  dev: '3.10',
  local: '3.10',
  java: '3.10',
  terraform: '3.10',
  emr: '3.9',
  node: '3.10',
  review: '3.10',
  airflow: '3.10',
  'airflow-dev': '3.10',
  bench: '3.12',
  dbt: '3.10',
};
/** As of the days on which the constraints of Airflow 3.0.6, and it itself, were published: MWAA's image is made of them. */
const published = {
  airflow: [
    ...['--exclude-newer', '2025-08-24'],
    ...['apache-airflow', 'apache-airflow-core', 'apache-airflow-task-sdk'].flatMap((name) => [
      '--exclude-newer-package',
      `${name}=2025-08-30`,
    ]),
  ],
};
const asked = process.argv.slice(2);
const wanted = (name) => asked.length === 0 || asked.includes(name);

const { uv } = await locatePackagingTools();
for (const [name, python] of Object.entries(lists).filter(([name]) => wanted(name))) {
  const plain = ['--no-emit-index-url', '--no-emit-find-links', '--no-header', '--no-config', '--quiet'];
  const how = ['--universal', '--fork-strategy', 'fewest', '--generate-hashes', '--python-version', python];
  const asOf = published[name] ?? [];
  execFileSync(uv, ['pip', 'compile', ...how, ...asOf, ...plain, `${name}.in`, '-o', `${name}.txt`], {
    cwd: folder,
    env: uvVariables(),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  console.error(`${name}.txt`);
}
const jarSets = ['jars', 'openlineage', 'kafka-broker'].filter(wanted);
// Asked before the first list is written: what is installed is what the present lists say.
const programs = jarSets.length > 0 ? await locateRuntime() : undefined;
for (const set of jarSets) {
  const ivy = mkdtempSync(join(tmpdir(), 'dataplat-ivy-'));
  try {
    await resolveWithIvy(ivy, programs, set);
    const files = readdirSync(join(ivy, 'jars')).sort();
    const lines = await Promise.all(
      files.map(async (file) => `${await sha256(join(ivy, 'jars', file))}  ${plainName(file)}\n`),
    );
    writeFileSync(join(folder, `${set}.sha256`), lines.join(''));
    console.error(`${set}.sha256`);
  } finally {
    rmSync(ivy, { recursive: true, force: true });
  }
}
