import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { packageDirectory } from '../../src/project/project-directory.js';
import { environmentNames } from './environments.js';
import { filesOf } from './files-of.js';

/**
 * CDKTF is archived; cdktn continues it under another name. Installed under the old name by an npm alias, it compiles the
 * same sources and synthesizes the same bytes, but for its version. Fetches about 100 MB of packages.
 */
describe('the sources under cdktn', function () {
  this.timeout(600_000);
  const directory = mkdtempSync(join(tmpdir(), 'dataplat-cdktn-'));
  after(() => rmSync(directory, { recursive: true }));

  const synthesized = (from: string, environment: string): Map<string, string> => {
    const output = join(directory, 'out', environment);
    rmSync(output, { recursive: true, force: true });
    mkdirSync(output, { recursive: true });
    execFileSync(process.execPath, [join(from, 'dist', 'stacks', 'main.js')], {
      cwd: packageDirectory,
      env: { PATH: process.env['PATH'], DATAPLAT_ENV: environment, CDKTF_OUTDIR: output },
      stdio: 'pipe',
    });
    return filesOf(output);
  };

  before(() => {
    for (const name of ['src', 'stacks', 'tsconfig.json', 'package.json', 'package-lock.json']) {
      cpSync(join(packageDirectory, name), join(directory, name), { recursive: true });
    }
    const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
      devDependencies: Record<string, string>;
    };
    manifest.dependencies['cdktf'] = 'npm:cdktn@0.24.0';
    // The command line of cdktf wants cdktf itself; what only tests and lint need is not needed here.
    for (const name of Object.keys(manifest.devDependencies)) {
      if (!name.startsWith('@types/') && name !== 'typescript') delete manifest.devDependencies[name];
    }
    writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest));
    const quiet = [
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      '--legacy-peer-deps',
      '--loglevel',
      'error',
    ];
    execFileSync('npm', ['install', ...quiet], { cwd: directory, stdio: 'pipe' });
    const tsc = join(directory, 'node_modules', 'typescript', 'bin', 'tsc');
    execFileSync(process.execPath, [tsc, '-p', 'tsconfig.json'], { cwd: directory, stdio: 'pipe' });
  });

  it('are compiled and run with cdktn', () => {
    const { name, version } = JSON.parse(
      readFileSync(join(directory, 'node_modules', 'cdktf', 'package.json'), 'utf8'),
    ) as { name: string; version: string };
    expect({ name, version }).to.deep.equal({ name: 'cdktn', version: '0.24.0' });
  });

  for (const environment of environmentNames) {
    it(`synthesize the same bytes for ${environment}, but for the version`, () => {
      const ours = synthesized(packageDirectory, environment);
      const theirs = synthesized(directory, environment);
      expect([...ours.values()].join()).to.contain('"0.21.0"');
      expect([...theirs.values()].join()).to.contain('"0.24.0"');
      const unstamped = (files: Map<string, string>): unknown =>
        Object.fromEntries(
          [...files].map(([path, text]) => [
            path,
            text.replaceAll(/"version": "0\.2[14]\.0"/g, '"version": "-"'),
          ]),
        );
      expect(unstamped(theirs)).to.deep.equal(unstamped(ours));
    });
  }
});
