import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { DataplatError } from '../../src/model/errors.js';
import { locateRuntime, locateTerraform } from '../../src/toolchain/locate-toolchain.js';
import { platformName } from '../../src/toolchain/plugin-mirror.js';
import { FakeMachine } from './fake-machine.js';

describe('locating the toolchain', () => {
  let machine: FakeMachine;
  beforeEach(() => {
    machine = new FakeMachine();
  });
  afterEach(() => machine.remove());

  /** A terraform that notes each call. */
  function terraform(version: string): void {
    const noted = join(machine.root, 'calls');
    machine.script(
      join(machine.path, 'terraform'),
      `echo called >>'${noted}'\necho '{"terraform_version": "${version}"}'`,
    );
  }
  const calls = () => readFileSync(join(machine.root, 'calls'), 'utf8').split('\n').length - 1;

  it('starts no program the second time, until what it found has changed', async () => {
    terraform('1.9.0');
    const first = await locateTerraform({ variables: machine.variables });
    expect(await locateTerraform({ variables: machine.variables })).to.deep.equal(first);
    expect(calls()).to.equal(1);
    terraform('1.10.0');
    expect(await locateTerraform({ variables: machine.variables })).to.have.property('version', '1.10.0');
    expect(calls()).to.equal(2);
  });

  it('asks anew for another mirror, and names it in the configuration that it writes for Terraform', async () => {
    terraform('1.9.0');
    const mirror = join(machine.root, 'plugins');
    machine.file(`plugins/registry.terraform.io/hashicorp/aws/5.100.0/${platformName()}/provider`);
    const found = await locateTerraform({ variables: machine.variables, pluginMirror: mirror });
    expect(found.mirror).to.equal(mirror);
    expect(readFileSync(found.cliConfigFile, 'utf8')).to.include(`path    = "${mirror}"`);
  });

  it('names the command that mends it where nothing is set up', async () => {
    machine.python('python3.11', '3.11.9');
    const error = await locateRuntime({ variables: machine.variables }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(DataplatError);
    expect(error).to.have.property('code', 'DP3006');
    expect(error).to.have.nested.property('details.next[0]', 'npm run setup');
  });

  it('says that Python is too old, which set-up cannot mend', async () => {
    machine.python('python3', '3.8.1');
    const error = await locateRuntime({ variables: machine.variables }).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'DP3001');
    expect(error).to.have.property('message').that.includes('3.8.1');
  });
});
