import { expect } from 'chai';
import { validateProject } from '../../src/model/read-platform.js';
import { edited, projectWith } from './project.js';

const dev = 'config/environments/dev.yaml';

/** What is said of an edited development environment. */
function said(before: string, after: string): string[] {
  return validateProject(projectWith({ [dev]: edited(dev, before, after) })).problems.map(
    ({ message, hint }) => `${message}${hint === undefined ? '' : ` (${hint})`}`,
  );
}

describe('an environment', () => {
  it('has as many parts of Airflow as its class takes', () => {
    expect(said('environmentClass: mw1.small', 'environmentClass: mw1.micro')).to.have.length(1);
    expect(said('environmentClass: mw1.small', 'environmentClass: mw1.micro')[0]).to.contain(
      'mw1.micro has one worker, scheduler and web server',
    );
    expect(said('  schedulers: 2', '  schedulers: 1')).to.have.length(1);
  });

  it('restarts Airflow on the half hour', () => {
    expect(said('maintenanceWindow: SUN:12:00', 'maintenanceWindow: SUN:12:15')).to.have.length(1);
  });

  it('rotates secrets that there are', () => {
    const rotation = `
    masking-kee:
      lambdaArn: arn:aws:lambda:eu-central-1:111122223333:function:rotate
      roleArn: arn:aws:iam::111122223333:role/rotate
      days: 30 #`;
    expect(said('  rotation: {}', `  rotation:${rotation}`)).to.deep.equal([
      'the platform has no secret "masking-kee" (did you mean masking-key?)',
    ]);
    expect(said('  rotation: {}', `  rotation:${rotation.replace('kee', 'key')}`)).to.deep.equal([]);
  });

  it('keeps a deleted secret for a week at least, or not at all', () => {
    expect(said('recoveryDays: 7', 'recoveryDays: 3')).to.have.length(1);
    expect(said('recoveryDays: 7', 'recoveryDays: 0')).to.deep.equal([]);
  });
});
