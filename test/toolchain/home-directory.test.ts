import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { packageDirectory } from '../../src/project/project-directory.js';

/** A number that is not ours. */
const nobody = 54_321;

describe('the home of a user whom the system does not know', () => {
  const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'dataplat-home-')));
  after(() => rmSync(temporary, { recursive: true }));
  const file = pathToFileURL(join(packageDirectory, 'dist', 'src', 'toolchain', 'home-directory.js')).href;
  /** What a process of its own finds, in which Node itself knows of no home. */
  const settled = (before: string): string =>
    execFileSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import os from 'node:os'; import { syncBuiltinESMExports } from 'node:module'; import { mkdirSync, symlinkSync } from 'node:fs';
         os.homedir = () => { throw new Error('uv_os_homedir'); }; syncBuiltinESMExports();
         const { settleHome } = await import(${JSON.stringify(file)});
         const variables = {}; ${before}
         try { settleHome(variables, ${JSON.stringify(temporary)}); console.log(variables.HOME); } catch (error) { console.log(error.code); }`,
      ],
      { encoding: 'utf8' },
    ).trim();
  const home = join(temporary, `dataplat-home-${process.getuid?.() ?? 'nobody'}`);

  it('is what HOME says, where it says something', () => {
    expect(settled("variables.HOME = '/elsewhere';")).to.equal('/elsewhere');
  });

  it('is a folder of its own below the temporary one, made or not', () => {
    expect(settled('')).to.equal(home);
    expect(settled(`mkdirSync(${JSON.stringify(home)});`)).to.equal(home);
    expect(settled('')).to.equal(home);
  });

  it('is none that somebody else has made', () => {
    rmSync(home, { recursive: true });
    expect(settled(`symlinkSync('/etc', ${JSON.stringify(home)});`)).to.equal('DP1010');
    expect(
      settled(
        `process.getuid = () => ${nobody}; mkdirSync(${JSON.stringify(join(temporary, `dataplat-home-${nobody}`))});`,
      ),
    ).to.equal('DP1010');
  });
});
