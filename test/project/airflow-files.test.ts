import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { airflowFiles } from '../../src/project/airflow-files.js';

describe("a project's files for Airflow", () => {
  let project: string;
  before(() => {
    project = mkdtempSync(join(tmpdir(), 'dataplat-airflow-files-'));
  });
  after(() => rmSync(project, { recursive: true }));

  it('are none where it has none', () => {
    expect(airflowFiles(project)).to.deep.equal({});
  });

  it('are texts as they are, and the hash of what is no text', () => {
    const folder = join(project, 'config', 'airflow');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'startup.sh'), 'echo ü\n');
    writeFileSync(join(folder, 'requirements.txt'), '');
    writeFileSync(join(folder, 'plugins.zip'), 'abc');
    expect(airflowFiles(project)).to.deep.equal({
      startupScript: 'echo ü\n',
      requirements: '',
      plugins: {
        path: 'config/airflow/plugins.zip',
        // The SHA-256 of "abc" as its standard gives it.
        hash: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      },
    });
  });
});
