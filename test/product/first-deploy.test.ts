import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { verbs } from '../../src/commands/verbs.js';
import { packageDirectory } from '../../src/project/project-directory.js';
import { productStacks } from './declared.js';

const text = readFileSync(join(packageDirectory, 'docs', 'FIRST_DEPLOY.md'), 'utf8');
const { platform, stacks } = productStacks('dev');

describe('the list for a first deploy', () => {
  it('knows outputs, jobs, statements, alarms and secrets by the names that they have', () => {
    const outputs = Object.values(stacks).flatMap(({ output }) => Object.keys(output));
    const variables = [...text.matchAll(/\$DATAPLAT_(\w+)/g)].map(([, name = '']) => name.toLowerCase());
    expect(variables).not.to.be.empty;
    expect(outputs).to.include.members(variables);

    const jobs = [...text.matchAll(/dataplat submit ingest (\w+)/g)].map(([, id]) => id);
    expect(jobs).not.to.be.empty;
    expect(platform.jobs.filter(({ group }) => group === 'ingest').map(({ id }) => id)).to.include.members(
      jobs,
    );

    const synthesized = JSON.stringify(stacks);
    const statements = [
      ...text.matchAll(/(?:statements? |role, |and |explicit deny of the bucket's )`([A-Z]\w+)`/g),
    ];
    expect(statements.length).to.be.greaterThan(5);
    for (const [, sid = ''] of statements) expect(synthesized, sid).to.include(`\\"Sid\\":\\"${sid}\\"`);

    const { prefix } = platform.environment;
    for (const name of [`${prefix}-runs-waiting`, `${prefix}/redshift`]) {
      expect(text).to.include(name);
      expect(synthesized).to.include(`"${name}"`);
    }
  });

  it('calls verbs that there are', () => {
    const called = [...text.matchAll(/^(?:eval "\$\()?dataplat (\w+)/gm)].map(([, verb]) => verb);
    expect(called).not.to.be.empty;
    expect(verbs.map(({ name }) => name)).to.include.members(called);
  });

  it('is where a newcomer and who was woken will find it', () => {
    for (const file of ['README.md', 'docs/RUNBOOK_AWS.md'])
      expect(readFileSync(join(packageDirectory, file), 'utf8'), file).to.include('FIRST_DEPLOY.md');
  });
});
