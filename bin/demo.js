#!/usr/bin/env node
// The main line of the product in a few minutes: every step prints the command that it runs, so that the demo can be
// repeated by hand. An endpoint that was up before stays up; what the demo deployed, it takes down.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('dataplat.js', import.meta.url));
const project = fileURLToPath(new URL('..', import.meta.url));
const date = '2026-01-05';
const environment = { ...process.env, DATAPLAT_ENV: 'local' };

const steps = [
  ['The endpoint that stands in for AWS', ['local', 'up']],
  ['The platform, by Terraform', ['deploy', '--yes']],
  [
    `The CRM's extracts of ${date} into bronze, by Spark`,
    ['submit', 'ingest', 'crm_accounts', '--date', date],
  ],
  [undefined, ['submit', 'ingest', 'crm_contacts', '--date', date]],
  [undefined, ['submit', 'ingest', 'crm_opportunities', '--date', date]],
  ['The tables, in the catalog', ['glue', 'register']],
  ['A question, answered by Athena', ['query', 'crm_pipeline_by_stage']],
  ['What ran, and what it cost', ['status']],
  ['And all of it gone again', ['teardown', '--include-data', '--yes']],
  [undefined, ['local', 'down']],
];

const begun = performance.now();
for (const [title, words] of steps) {
  if (title) process.stdout.write(`\n${title}\n`);
  process.stdout.write(`$ dataplat ${words.join(' ')}\n`);
  const { status, signal } = spawnSync(process.execPath, [program, ...words, '-C', project], {
    stdio: 'inherit',
    env: environment,
  });
  if (status !== 0) {
    process.stderr.write(
      `\nThe demo stopped at: dataplat ${words.join(' ')} (${signal ?? `exit ${status}`})\n`,
    );
    process.exit(status ?? 1);
  }
}
process.stdout.write(
  `\nDone in ${Math.round((performance.now() - begun) / 1000)} s. README.md says where to go next.\n`,
);
