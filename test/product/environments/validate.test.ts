import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import pLimit from 'p-limit';
import { namedQueries } from '../../../src/project/named-queries.js';
import { packageDirectory } from '../../../src/project/project-directory.js';
import { projectFiles } from '../../../src/project/project-files.js';
import { locateTerraform } from '../../../src/toolchain/locate-toolchain.js';
import { synthesize } from '../../../stacks/app.js';
import { environmentNames } from '../../stacks/environments.js';
import { product } from '../declared.js';

describe('terraform validate', function () {
  const root = mkdtempSync(join(tmpdir(), 'dataplat-validate-'));
  after(() => rmSync(root, { recursive: true }));

  const lock = '.terraform.lock.hcl';
  const directories: string[] = [];
  let terraform: (directory: string, ...words: string[]) => Promise<string>;

  before(async () => {
    const { command, cliConfigFile } = await locateTerraform();
    terraform = (directory, ...words) =>
      new Promise((resolve) => {
        execFile(
          command,
          words,
          {
            cwd: directory,
            // All stacks need the same provider: one folder for all of them saves an init each.
            env: {
              ...process.env,
              TF_DATA_DIR: join(root, 'data'),
              TF_CLI_CONFIG_FILE: cliConfigFile,
              CHECKPOINT_DISABLE: '1',
            },
          },
          (_failure, stdout, stderr) => resolve(`${stdout}${stderr}`),
        );
      });
    const queries = namedQueries(projectFiles(packageDirectory));
    for (const environment of environmentNames) {
      const output = join(root, environment);
      mkdirSync(output);
      const { stacks } = synthesize({ platform: product(environment), queries }, output);
      directories.push(...stacks.map((stack) => join(output, 'stacks', stack)));
    }
    const [first = '', ...others] = directories;
    const said = await terraform(first, 'init', '-backend=false', '-input=false', '-no-color');
    if (!existsSync(join(first, lock))) throw new Error(said);
    for (const other of others) copyFileSync(join(first, lock), join(other, lock));
  });

  it('finds nothing wrong in any stack of any environment, and warns of nothing', async () => {
    // Each starts the provider, which is one processor's work.
    const two = pLimit(2);
    const said = await Promise.all(
      directories.map((directory) => two(() => terraform(directory, 'validate', '-json'))),
    );
    expect(directories).to.have.length(3 * environmentNames.length);
    for (const [index, text] of said.entries()) {
      const { valid, diagnostics } = JSON.parse(text) as { valid: boolean; diagnostics: unknown[] };
      expect({ valid, diagnostics }, directories[index]).to.deep.equal({ valid: true, diagnostics: [] });
    }
  });
});
