import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { DataplatError } from '../../src/model/errors.js';
import { findJars } from '../../src/toolchain/jars.js';
import { findJava } from '../../src/toolchain/java.js';
import { findPluginMirror, platformName } from '../../src/toolchain/plugin-mirror.js';
import { findAirflowPython, findPython } from '../../src/toolchain/python.js';
import { findTerraform } from '../../src/toolchain/terraform.js';
import { findUv } from '../../src/toolchain/uv.js';
import { findEnvironment } from '../../src/toolchain/virtual-environment.js';
import { compareVersions } from '../../src/toolchain/versions.js';
import { FakeMachine } from './fake-machine.js';

describe('what is found on a machine', () => {
  let machine: FakeMachine;
  beforeEach(() => {
    machine = new FakeMachine();
  });
  afterEach(() => machine.remove());

  describe('Python', () => {
    it('is the best supported one, whatever python3 is', async () => {
      machine.python('python3', '3.13.1');
      machine.python('python3.12', '3.12.4');
      const best = machine.python('python3.11', '3.11.9');
      const found = await findPython(machine.variables);
      expect(found).to.deep.include({ state: 'found', version: '3.11.9', where: best });
    });

    it('is found in pyenv, whose shims answer only for what is global', async () => {
      machine.program('python3.10', '', 127);
      const own = join(machine.root, 'pyenv', 'versions', '3.10.4', 'bin', 'python3');
      machine.script(own, `echo '["${own}", "3.10.4", "cpython"]'`);
      expect(await findPython(machine.variables)).to.deep.include({ state: 'found', where: own });
    });

    it('is too old at 3.9, and what was found is named', async () => {
      const old = machine.python('python3', '3.9.2');
      const found = await findPython(machine.variables);
      expect(found).to.deep.include({ state: 'too-old', version: '3.9.2', where: old });
      expect(found).to.have.property('reason').that.includes(`3.9.2 at ${old}`);
    });

    it('is missing on a machine without any', async () => {
      expect(await findPython(machine.variables)).to.have.property('state', 'missing');
    });

    it('is the one that DATAPLAT_PYTHON names, or none', async () => {
      machine.python('python3.11', '3.11.9');
      const named = { ...machine.variables, DATAPLAT_PYTHON: join(machine.root, 'nowhere') };
      const found = await findPython(named);
      expect(found.state).to.equal('missing');
      expect(found).to.have.property('reason').that.includes('DATAPLAT_PYTHON');
    });
  });

  describe("Airflow's Python", () => {
    it('is that of MWAA, beside another that everything else runs on', async () => {
      machine.python('python3.11', '3.11.9');
      const own = machine.python('python3.12', '3.12.4');
      expect(await findAirflowPython(machine.variables)).to.deep.include({ state: 'found', where: own });
    });

    it('is an older one where there is no better, and not the one that DATAPLAT_PYTHON names if that is too new', async () => {
      const newer = machine.python('python3.13', '3.13.1');
      const own = machine.python('python3.11', '3.11.9');
      const variables = { ...machine.variables, DATAPLAT_PYTHON: newer };
      expect(await findAirflowPython(variables)).to.deep.include({ state: 'found', where: own });
    });

    it('is not there where only a newer one is, and 3.12 mends it', async () => {
      machine.python('python3', '3.13.1');
      const found = await findAirflowPython(machine.variables);
      expect(found).to.have.property('reason').that.includes('3.10 to 3.12').and.includes('3.13.1');
      expect(found).to.have.property('mend').that.includes('Python 3.12');
    });
  });

  describe('Java', () => {
    it('is that of JAVA_HOME before that of PATH', async () => {
      const [home, other] = [join(machine.root, 'jdk-11'), join(machine.root, 'jdk-17')];
      machine.java(home, '11');
      machine.java(other, '17');
      const variables = { ...machine.variables, JAVA_HOME: home, PATH: join(other, 'bin') };
      expect(await findJava(machine.cache, variables)).to.deep.include({ state: 'found', value: home });
    });

    it('is that of PATH where JAVA_HOME is one that Spark does not run on', async () => {
      const [home, other] = [join(machine.root, 'jdk-21'), join(machine.root, 'jdk-17')];
      machine.java(home, '21');
      machine.java(other, '17');
      const variables = { ...machine.variables, JAVA_HOME: home, PATH: join(other, 'bin') };
      expect(await findJava(machine.cache, variables)).to.deep.include({ state: 'found', value: other });
    });

    it('is the wrong one where there is only another release, and set-up mends it', async () => {
      const home = join(machine.root, 'jdk-8');
      machine.java(home, '1.8');
      const found = await findJava(machine.cache, { ...machine.variables, JAVA_HOME: home });
      expect(found).to.deep.include({ state: 'too-old', where: home, mend: 'npm run setup' });
    });
  });

  describe('Terraform', () => {
    const says = (version: string) => `{"terraform_version": "${version}"}`;

    it('is terraform from 1.5 on', async () => {
      const command = machine.program('terraform', says('1.5.0'));
      machine.program('tofu', says('1.9.0'));
      const found = await findTerraform(machine.cache, undefined, machine.variables);
      expect(found).to.have.deep.property('value', { command, version: '1.5.0', flavour: 'terraform' });
    });

    it('is tofu where terraform is older than that', async () => {
      machine.program('terraform', says('1.4.7'));
      const command = machine.program('tofu', says('1.8.2'));
      const found = await findTerraform(machine.cache, undefined, machine.variables);
      expect(found).to.have.deep.property('value', { command, version: '1.8.2', flavour: 'opentofu' });
    });

    it('is too old at 1.4, and set-up mends it', async () => {
      machine.program('terraform', says('1.4.7'));
      const found = await findTerraform(machine.cache, undefined, machine.variables);
      expect(found).to.deep.include({ state: 'too-old', version: '1.4.7', mend: 'npm run setup' });
    });
  });

  describe('the AWS provider', () => {
    const mirror = (folder: string) =>
      mkdirSync(join(folder, 'registry.terraform.io/hashicorp/aws/5.100.0', platformName()), {
        recursive: true,
      });

    it('is that of the folder that DATAPLAT_PLUGIN_MIRROR names, before the declared one', () => {
      const [named, declared] = [join(machine.root, 'a'), join(machine.root, 'b')];
      mirror(named);
      mirror(declared);
      const variables = { ...machine.variables, DATAPLAT_PLUGIN_MIRROR: named };
      expect(findPluginMirror({ variables, declared })).to.have.property('value', named);
      expect(findPluginMirror({ variables: machine.variables, declared })).to.have.property(
        'value',
        declared,
      );
    });

    it('is refused where a named folder does not hold it', () => {
      const variables = { ...machine.variables, DATAPLAT_PLUGIN_MIRROR: machine.root };
      expect(() => findPluginMirror({ variables })).to.throw(DataplatError, 'DATAPLAT_PLUGIN_MIRROR');
    });

    it("is found in Terraform's implied folders, then in a folder directly below a given parent", () => {
      const parents = [join(machine.root, 'opt')];
      const question = { variables: machine.variables, parents };
      expect(findPluginMirror(question).state).to.equal('missing');
      mirror(join(machine.root, 'opt', 'anything'));
      expect(findPluginMirror(question)).to.have.property('value', join(machine.root, 'opt', 'anything'));
      mirror(join(machine.root, 'share', 'terraform', 'plugins'));
      const shared = join(machine.root, 'share', 'terraform', 'plugins');
      expect(findPluginMirror(question)).to.have.property('value', shared);
      mirror(join(machine.root, '.terraform.d', 'plugins'));
      const own = join(machine.root, '.terraform.d', 'plugins');
      expect(findPluginMirror(question)).to.have.property('value', own);
    });

    it('is found as a packed file too, but not in another version', () => {
      const provider = 'plugins/registry.terraform.io/hashicorp/aws';
      const question = { declared: join(machine.root, 'plugins'), variables: machine.variables };
      machine.file(`${provider}/terraform-provider-aws_5.99.0_${platformName()}.zip`);
      expect(() => findPluginMirror(question)).to.throw(DataplatError, '5.100.0');
      machine.file(`${provider}/terraform-provider-aws_5.100.0_${platformName()}.zip`);
      expect(findPluginMirror(question).state).to.equal('found');
    });
  });

  it('uv, virtual environments and jars are missing on a new machine, and set-up mends them', async () => {
    const python = { command: '/python', minor: '3.11' };
    const findings = [
      await findUv(machine.cache, machine.variables),
      findEnvironment(machine.cache, 'jobs', python),
      findEnvironment(machine.cache, 'local', python),
      findJars(machine.cache),
    ];
    for (const finding of findings) expect(finding).to.include({ state: 'missing', mend: 'npm run setup' });
  });

  it('versions are compared by their numbers', () => {
    expect(compareVersions('1.10.0', '1.9.9')).to.be.greaterThan(0);
    expect(compareVersions('1.5', '1.5.0')).to.equal(0);
    expect(compareVersions('1.5.0-beta1', '1.6.0')).to.be.lessThan(0);
  });
});
