import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { exportContracts } from '../../src/operations/export-contracts.js';
import { packageDirectory } from '../../src/project/project-directory.js';
import { locateReviewTools } from '../../src/toolchain/locate-toolchain.js';
import { product } from './declared.js';

describe('the exported contracts', function () {
  this.timeout(600_000);
  const folder = mkdtempSync(join(tmpdir(), 'dataplat-contracts-'));
  after(() => rmSync(folder, { recursive: true }));

  it('are taken by datacontract-cli', async () => {
    const platform = product('prod');
    const { files } = await exportContracts(platform, folder);
    expect(files).to.have.length(platform.datasets.length);
    const { python } = await locateReviewTools();
    const script = join(packageDirectory, 'test', 'product', 'lint_contracts.py');
    const { stdout } = await execa(python, [script, folder], { env: { PYTHONWARNINGS: 'ignore' } });
    expect(stdout).to.equal(`${files.length} read`);
  });
});
