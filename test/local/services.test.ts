import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { packageDirectory } from '../../src/project/project-directory.js';

describe('the services of our own', () => {
  it('are loaded without AWS’s libraries, which take longer to load than they do', () => {
    const services = join(packageDirectory, 'dist', 'src', 'local', 'services.js');
    const program = `
      import { createRequire } from 'node:module';
      await import(${JSON.stringify(services)});
      const loaded = Object.keys(createRequire(${JSON.stringify(services)}).cache);
      console.log(JSON.stringify(loaded.filter((file) => file.includes('@aws-sdk'))));
      await import('@aws-sdk/client-s3');
      console.log(Object.keys(createRequire(${JSON.stringify(services)}).cache).length > loaded.length);`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: packageDirectory,
      encoding: 'utf8',
    });
    expect(stdout.trim().split('\n')).to.deep.equal(['[]', 'true']);
  });
});
