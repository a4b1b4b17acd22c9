import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { packageDirectory } from '../../src/project/project-directory.js';
import { locateTerraform } from '../../src/toolchain/locate-toolchain.js';
import { AcceptanceProject } from '../acceptance/acceptance-project.js';

/** For whoever prefers it: what docs/README_TERRAFORM.md says of cdktf's own command line, with the variables it names. */
describe('npx cdktf', function () {
  this.timeout(900_000);
  let project: AcceptanceProject;
  let variables: Readonly<Record<string, string>>;

  before(async () => {
    project = await AcceptanceProject.make();
    const file = join(project.directory, 'cdktf.json');
    const settings = JSON.parse(readFileSync(file, 'utf8')) as object;
    const app = `node ${join(packageDirectory, 'dist/stacks/main.js')}`;
    writeFileSync(file, JSON.stringify({ ...settings, app }));
    const endpoint = `http://127.0.0.1:${project.port}`;
    variables = {
      DATAPLAT_ENV: 'local',
      AWS_ENDPOINT_URL: endpoint,
      HTTP_PROXY: endpoint,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: '123456789012',
      AWS_SECRET_ACCESS_KEY: 'local',
      TF_CLI_CONFIG_FILE: (await locateTerraform()).cliConfigFile,
      CDKTF_SKIP_PROVIDER_LOCK: 'true',
      CHECKPOINT_DISABLE: '1',
    };
    await run('dataplat local up');
  });
  after(() => project.remove());

  const run = async (command: string): Promise<string> => {
    const settings = Object.entries(variables).map(([name, value]) => `export ${name}='${value}'`);
    const { code, printed } = await project.bash([...settings, 'export CI=1', command].join('\n'));
    if (code !== 0) throw new Error(`${command} ended with ${code}:\n${printed}`);
    return printed;
  };
  const cdktf = (words: string): Promise<string> =>
    run(`'${join(packageDirectory, 'node_modules', '.bin', 'cdktf')}' ${words} --no-color`);

  it('diff plans the data stack', async () => {
    expect(await cdktf('diff local-data')).to.match(/Plan: \d+ to add, 0 to change, 0 to destroy/);
  });

  it('deploy applies it', async () => {
    expect(await cdktf('deploy local-data --auto-approve')).to.match(
      /Apply complete! Resources: \d+ added, 0 changed, 0 destroyed/,
    );
  });

  it('diff then finds nothing to change', async () => {
    expect(await cdktf('diff local-data')).to.contain('No changes');
  });

  it('diff plans the platform on what the data stack has published', async () => {
    expect(await cdktf('diff local-platform')).to.match(/Plan: \d+ to add, 0 to change, 0 to destroy/);
  });

  it('destroy takes the data stack down again', async () => {
    expect(await cdktf('destroy local-data --auto-approve --ignore-missing-stack-dependencies')).to.match(
      /Destroy complete! Resources: \d+ destroyed/,
    );
  });
});
