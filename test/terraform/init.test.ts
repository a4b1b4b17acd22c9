import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Terraform } from '../../src/terraform/terraform.js';

describe('a stack that is new here', () => {
  let parent: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'dataplat-init-'));
  });
  afterEach(() => {
    rmSync(parent, { recursive: true });
  });

  it('is made ready once, though two look at it at the same moment, and once more where it has changed', async () => {
    const [directory, dataDirectory] = [join(parent, 'stack'), join(parent, 'data')];
    mkdirSync(directory);
    const asked = join(parent, 'asked');
    const command = join(parent, 'terraform');
    writeFileSync(command, `#!/bin/sh\necho "$1" >>'${asked}'\ntouch .terraform.lock.hcl\n`);
    chmodSync(command, 0o755);
    const stack = (content: string): Terraform => {
      writeFileSync(join(directory, 'cdk.tf.json'), content);
      const cliConfigFile = join(parent, 'terraformrc');
      return new Terraform({
        command,
        cliConfigFile,
        directory,
        dataDirectory,
        backendConfig: {},
        variables: {},
      });
    };
    const one = '{"terraform":{"required_providers":{"aws":{"version":"6.1.0"}}}}';
    await Promise.all([stack(one).init(), stack(one).init()]);
    await stack(one).init();
    expect(readFileSync(asked, 'utf8')).to.equal('init\n');
    await stack(one.replace('6.1.0', '6.2.0')).init();
    expect(readFileSync(asked, 'utf8')).to.equal('init\ninit\n');
  });
});
