import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { namedQueries } from '../../../src/project/named-queries.js';
import { packageDirectory } from '../../../src/project/project-directory.js';
import { projectFiles } from '../../../src/project/project-files.js';
import { locateTerraform } from '../../../src/toolchain/locate-toolchain.js';
import { synthesize } from '../../../stacks/app.js';
import { environmentNames } from '../../stacks/environments.js';
import { product } from '../declared.js';

interface Configuration {
  readonly terraform: Record<string, unknown>;
}

describe('terraform validate', function () {
  const root = mkdtempSync(join(tmpdir(), 'dataplat-validate-'));
  after(() => rmSync(root, { recursive: true }));

  const modules: Record<string, { source: string }> = {};
  let terraform: (...words: string[]) => Promise<string>;

  before(async () => {
    const { command, cliConfigFile } = await locateTerraform();
    terraform = (...words) =>
      new Promise((resolve) => {
        execFile(
          command,
          words,
          {
            cwd: root,
            // It collects garbage as seldom as ours does.
            env: { ...process.env, TF_CLI_CONFIG_FILE: cliConfigFile, CHECKPOINT_DISABLE: '1', GOGC: '400' },
          },
          (_failure, stdout, stderr) => resolve(`${stdout}${stderr}`),
        );
      });
    const queries = namedQueries(projectFiles(packageDirectory));
    for (const environment of environmentNames) {
      const output = join(root, environment);
      mkdirSync(output);
      const { stacks } = synthesize({ platform: product(environment), queries }, output);
      for (const stack of stacks) {
        modules[stack] = { source: `./${environment}/stacks/${stack}` };
        const file = join(output, 'stacks', stack, 'cdk.tf.json');
        const { terraform: settings, ...rest } = JSON.parse(readFileSync(file, 'utf8')) as Configuration;
        // A module has no state of its own, and Terraform would warn of the place of one.
        const { backend, ...others } = settings;
        expect(backend, stack).to.be.an('object');
        writeFileSync(file, JSON.stringify({ ...rest, terraform: others }));
      }
    }
    // All stacks are modules of one configuration, so that the provider's schema is read once and not for each.
    writeFileSync(join(root, 'main.tf.json'), JSON.stringify({ module: modules }));
    const said = await terraform('init', '-backend=false', '-input=false', '-no-color');
    expect(said).to.contain('successfully initialized');
  });

  it('finds nothing wrong in any stack of any environment, and warns of nothing', async () => {
    expect(Object.keys(modules)).to.have.length(3 * environmentNames.length);
    const said = JSON.parse(await terraform('validate', '-json')) as {
      valid: boolean;
      diagnostics: unknown[];
    };
    expect(said).to.deep.include({ valid: true, diagnostics: [] });
  });
});
