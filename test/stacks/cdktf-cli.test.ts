import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadPlatform } from '../../src/project/load-platform.js';
import { packageDirectory } from '../../src/project/project-directory.js';
import { synth } from '../../src/operations/synth.js';
import { collect } from '../operations/collect.js';
import { filesOf } from './files-of.js';

describe('npx cdktf synth', () => {
  const project = mkdtempSync(join(tmpdir(), 'dataplat-cdktf-'));
  after(() => rmSync(project, { recursive: true }));

  it('writes the same bytes as dataplat synth', async function () {
    // A project of its own, so that the repository's cdktf.out stays as it is.
    for (const part of ['config', 'jobs']) {
      cpSync(join(packageDirectory, part), join(project, part), { recursive: true });
    }
    const settings = JSON.parse(readFileSync(join(packageDirectory, 'cdktf.json'), 'utf8')) as object;
    writeFileSync(
      join(project, 'cdktf.json'),
      JSON.stringify({ ...settings, app: `node ${join(packageDirectory, 'dist/stacks/main.js')}` }),
    );
    execFileSync(
      process.execPath,
      [join(packageDirectory, 'node_modules/cdktf-cli/bundle/bin/cdktf.js'), 'synth'],
      {
        cwd: project,
        stdio: 'pipe',
        env: { ...process.env, CHECKPOINT_DISABLE: '1', DATAPLAT_ENV: 'prod', CI: '1' },
      },
    );
    const byCdktf = filesOf(join(project, 'cdktf.out'));

    rmSync(join(project, 'cdktf.out'), { recursive: true });
    await collect(synth({ platform: loadPlatform(project, 'prod', {}, {}), projectDirectory: project }));

    expect([...byCdktf.keys()]).to.have.members([
      'manifest.json',
      'stacks/prod-data/cdk.tf.json',
      'stacks/prod-observability/cdk.tf.json',
      'stacks/prod-platform/cdk.tf.json',
    ]);
    expect(filesOf(join(project, 'cdktf.out'))).to.deep.equal(byCdktf);
  });
});
