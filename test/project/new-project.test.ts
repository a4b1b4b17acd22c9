import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stackKinds } from '../../src/model/names.js';
import type { ProjectFiles } from '../../src/model/platform.js';
import { readPlatform, validateProject } from '../../src/model/read-platform.js';
import { init } from '../../src/operations/init.js';
import { newProjectFiles, type NewProject } from '../../src/project/new-project.js';
import { failureOf } from '../operations/collect.js';
import { synthesized } from '../stacks/synthesized.js';

/** What would be written, as the model reads it. */
function made(project: NewProject): ProjectFiles {
  const files = newProjectFiles(project);
  return {
    read: (path) => files.get(path),
    list: (folder) =>
      [...files.keys()]
        .filter((path) => path.startsWith(`${folder}/`))
        .map((path) => path.slice(folder.length + 1))
        .filter((name) => !name.includes('/')),
  };
}

describe('a new project', () => {
  for (const project of [
    { name: 'my-lake' },
    { name: 'ab', account: '999988887777', region: 'us-east-1' },
    // As long as a name may be, in the region where copies of others are kept.
    { name: 'a-lake-of-18-signs', account: '999988887777', region: 'eu-west-1' },
    { name: 'south', region: 'sa-east-1' },
  ]) {
    it(`is valid and passes no quota: ${Object.values(project).join(', ')}`, () => {
      const { problems, quotas, counts } = validateProject(made(project));
      expect(problems).to.deep.equal([]);
      expect(quotas).to.deep.equal([]);
      expect(counts).to.deep.equal({ environments: 3, datasets: 2, sources: 1, jobs: 2 });
    });
  }

  it('makes Terraform of each environment, in whose names nobody else is', () => {
    const files = made({ name: 'my-lake', account: '999988887777', region: 'us-east-1' });
    for (const environment of ['local', 'dev', 'prod']) {
      const { texts } = synthesized(readPlatform(files, environment));
      const text = stackKinds.map((kind) => texts[kind]).join('\n');
      expect(text, environment).to.include(`my-lake-${environment}`);
      expect(text, environment).to.not.match(
        /dataplat-(local|dev|prod)|111122223333|444455556666|eu-central-1/,
      );
    }
  });

  it('keeps copies in another region than its own', () => {
    for (const region of [
      'eu-west-1',
      'eu-central-1',
      'us-west-2',
      'us-east-2',
      'ap-south-1',
      'me-south-1',
    ]) {
      const { environment } = readPlatform(made({ name: 'my-lake', region }), 'prod');
      expect(environment.region).to.equal(region);
      const copies = environment.lake.replication?.region;
      expect(copies, region).to.be.a('string').that.is.not.equal(region);
      expect(environment.snapshots?.region, region).to.equal(copies);
    }
  });

  it('is refused by a name that AWS would refuse', () => {
    for (const name of ['', 'a', 'A-lake', 'a_lake', '1lake', 'lake-', 'a--lake', 'a-lake-of-19-signs-']) {
      expect(() => newProjectFiles({ name }), name)
        .to.throw()
        .with.property('code', 'DP1001');
    }
    for (const account of ['1', '1111222233334', 'abcdefghijkl'])
      expect(() => newProjectFiles({ name: 'lake', account })).to.throw(/no account/);
    expect(() => newProjectFiles({ name: 'lake', region: 'Europe' })).to.throw(/no region/);
  });
});

describe('a folder for a new project', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'dataplat-init-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  it('gets each file, and by force only those that it lacks', async () => {
    const files = newProjectFiles({ name: 'my-lake' });
    const { written, left } = await init({ directory, name: 'my-lake' });
    expect([written, left]).to.deep.equal([[...files.keys()], []]);
    writeFileSync(join(directory, 'README.md'), 'mine');
    rmSync(join(directory, 'cdktf.json'));
    const failure = await failureOf(init({ directory, name: 'my-lake' }));
    expect(failure).to.have.property('code', 'DP1011');
    const again = await init({ directory, name: 'my-lake', force: true });
    expect(again.written).to.deep.equal(['cdktf.json']);
    expect(readFileSync(join(directory, 'README.md'), 'utf8')).to.equal('mine');
  });

  it('that holds a file where a folder must be is a failure of its own', async () => {
    writeFileSync(join(directory, 'config'), '');
    const failure = await failureOf(init({ directory, name: 'my-lake', force: true }));
    expect(failure).to.have.property('code', 'DP1010');
  });

  it('that is a file is refused', async () => {
    mkdirSync(join(directory, 'below'));
    writeFileSync(join(directory, 'below', 'file'), '');
    const failure = await failureOf(init({ directory: join(directory, 'below', 'file'), name: 'my-lake' }));
    expect(failure).to.have.property('code', 'DP1010');
  });
});
