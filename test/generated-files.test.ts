import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { generatedFiles } from '../src/generated-files.js';
import { packageDirectory } from '../src/project/project-directory.js';

describe('the files that are made from the program', () => {
  it('are as `npm run generate` writes them', async () => {
    for (const [path, content] of Object.entries(await generatedFiles())) {
      expect(readFileSync(join(packageDirectory, path), 'utf8'), path).to.equal(content);
    }
  });
});
