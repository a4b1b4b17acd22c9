import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { AcceptanceProject } from './acceptance/acceptance-project.js';

/**
 * The local environment leaves out what costs a wait and proves nothing (config/environments/local.yaml says what). Here
 * nothing is left out: lifecycle rules, NAT gateways, alarm mails, as in production.
 */
describe('a local environment with everything that production has', function () {
  this.timeout(1_800_000);
  let project: AcceptanceProject;
  let script: string;

  before(async () => {
    project = await AcceptanceProject.make();
    script = mkdtempSync(join(tmpdir(), 'dataplat-full-apply-'));
    const file = join(project.directory, 'config', 'environments', 'local.yaml');
    const edited = readFileSync(file, 'utf8')
      .replace('lifecycleRules: false', 'lifecycleRules: true')
      .replace('nat: none', 'nat: per-zone')
      .replace('emails: []', 'emails: [somebody@example.com]');
    writeFileSync(file, edited);
  });

  after(async () => {
    await project.remove();
    rmSync(script, { recursive: true, force: true });
  });

  /** What a command prints, and its exit code. */
  async function run(command: string): Promise<string> {
    writeFileSync(join(script, 'script'), `${command}\necho "exit $?"\n`);
    return project.run(script);
  }

  it('is applied, changes nothing the second time, and goes without a trace', async () => {
    const first = await run('dataplat deploy --yes');
    expect(first)
      .to.contain('exit 0')
      .and.match(/Deployed local: \d+ added, 0 changed, 0 replaced, 0 destroyed/);
    const second = await run('dataplat deploy --yes');
    expect(second).to.contain('exit 0').and.contain('No changes: local is as declared');
    const last = await run('dataplat teardown --include-data --yes');
    expect(last).to.contain('exit 0').and.contain('Nothing is left.');
  });
});
