import { expect } from 'chai';
import { validateProject } from '../../src/model/read-platform.js';
import { packageDirectory } from '../../src/project/project-directory.js';
import { projectFiles } from '../../src/project/project-files.js';

describe('what this repository declares', () => {
  it('is valid', () => {
    expect(validateProject(projectFiles(packageDirectory)).problems).to.deep.equal([]);
  });
});
