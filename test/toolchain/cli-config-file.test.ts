import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { writeCliConfigFile } from '../../src/toolchain/cli-config-file.js';
import { FakeMachine } from './fake-machine.js';

describe("Terraform's CLI configuration", () => {
  let machine: FakeMachine;
  beforeEach(() => {
    machine = new FakeMachine();
  });
  afterEach(() => machine.remove());
  const write = async (mirror?: string, variables = machine.variables) => {
    const file = await writeCliConfigFile(machine.cache, 'terraform', mirror, variables);
    return { file, text: readFileSync(file, 'utf8') };
  };

  it('takes the AWS provider from the mirror alone, and all others from their registry', async () => {
    const { text } = await write('/a/mirror');
    expect(text).to.match(
      /filesystem_mirror \{\s+path {4}= "\/a\/mirror"\s+include = \["registry.terraform.io\/hashicorp\/aws"/,
    );
    expect(text).to.match(/direct \{\s+exclude = \["registry.terraform.io\/hashicorp\/aws"/);
  });

  it('keeps what is fetched for all stacks where there is no mirror', async () => {
    const { text } = await write();
    expect(text).to.include(`plugin_cache_dir = "${join(machine.cache, 'terraform-plugins')}"`);
    expect(text).not.to.include('provider_installation');
  });

  it("keeps the user's own credentials", async () => {
    machine.file('.terraformrc', 'credentials "example.com" {\n  token = "secret"\n}\n');
    expect((await write('/a/mirror')).text)
      .to.include('credentials "example.com"')
      .and.include('/a/mirror');
  });

  it("is the user's own file where that says where providers come from", async () => {
    const own = machine.file('.terraformrc', 'provider_installation {\n  direct {}\n}\n');
    expect((await write('/a/mirror')).file).to.equal(own);
  });

  it('is ours all the same where a mirror is named for this call', async () => {
    machine.file('.terraformrc', 'provider_installation {\n  direct {}\n}\n');
    const { text } = await write('/a/mirror', { ...machine.variables, DATAPLAT_PLUGIN_MIRROR: '/a/mirror' });
    expect(text.match(/provider_installation/g)).to.have.length(1);
    expect(text).to.include('/a/mirror');
  });

  it('is ours where TF_CLI_CONFIG_FILE names a file that is not there', async () => {
    const { file } = await write('/a/mirror', { ...machine.variables, TF_CLI_CONFIG_FILE: '/not/there' });
    expect(file.startsWith(machine.cache)).to.equal(true);
  });
});
