import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseDocument, type Document } from 'yaml';
import { packageDirectory } from '../../../src/project/project-directory.js';
import { AcceptanceProject } from '../../acceptance/acceptance-project.js';

/** An environment of this repository, as it is declared but for what `edit` changes. */
export interface WholeEnvironment {
  readonly name: string;
  readonly edit: (declared: Document) => void;
}

/** On this machine instead of in its account, and nothing else changed but how many waits go side by side. */
export function onThisMachine(declared: Document): void {
  declared.set('endpoint', { port: 4577 });
  declared.set('terraform', { parallelism: 30 });
}

/** Applies an environment with the real provider, plans it again, and destroys it; every step a test. */
export function livesAndGoes({ name, edit }: WholeEnvironment): void {
  let project: AcceptanceProject;
  let backend: unknown;

  before(async () => {
    project = await AcceptanceProject.make(packageDirectory);
    const file = join(project.directory, 'config', 'environments', `${name}.yaml`);
    const declared = parseDocument(readFileSync(file, 'utf8'));
    edit(declared);
    backend = declared.getIn(['state', 'backend']);
    writeFileSync(file, declared.toString());
  });
  after(() => project.remove());

  const run = async (command: string): Promise<string> => {
    const { code, printed } = await project.bash(`dataplat ${command} --env ${name}`);
    if (code !== 0) throw new Error(`dataplat ${command} ended with ${code}:\n${printed}`);
    return printed;
  };

  it('has its state bucket made first, where it keeps its states in one', async () => {
    if (backend !== 's3') return;
    expect(await run('bootstrap --yes')).to.match(/\S+, for Terraform states: \d+ parts made/);
    expect(await run('bootstrap --yes')).to.contain('Nothing to do');
  });

  it('is applied', async () => {
    expect(await run('deploy --yes')).to.match(
      new RegExp(`Deployed ${name}: \\d+ added, 0 changed, 0 replaced, 0 destroyed`),
    );
  });

  it('is as declared when it is planned again', async () => {
    const printed = await run('diff');
    if (!printed.includes('No changes')) throw new Error(`there are changes:\n${printed}`);
  });

  it('goes without a trace', async () => {
    expect(await run(`teardown --include-data --yes --confirm ${name}`)).to.contain('Nothing is left.');
  });
}
