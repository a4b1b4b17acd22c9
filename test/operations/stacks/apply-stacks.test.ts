import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { applyStacks, type AppliedStack } from '../../../src/operations/stacks/apply-stacks.js';
import { planStacks } from '../../../src/operations/stacks/plan-stacks.js';
import type { Stack } from '../../../src/operations/stacks/stacks.js';
import { failureOf, madeBy } from '../collect.js';
import { terraformStack } from './terraform-stack.js';

describe('a deploy that fails half-way', () => {
  let parent: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'dataplat-half-way-'));
  });
  afterEach(() => {
    rmSync(parent, { recursive: true });
  });

  it('says what stands, and the same command goes on from there', async () => {
    const there = join(parent, 'there');
    const stacks: readonly Stack[] = [
      await terraformStack(parent, 'data', { resource: { terraform_data: { first: {} } } }),
      await terraformStack(parent, 'platform', {
        resource: {
          terraform_data: {
            second: {},
            third: {
              depends_on: ['terraform_data.second'],
              provisioner: { 'local-exec': { command: `test -e ${there}` } },
            },
          },
        },
      }),
      await terraformStack(parent, 'observability', { resource: { terraform_data: { fourth: {} } } }),
    ];
    const deploy = async (): Promise<AppliedStack[]> =>
      madeBy(
        applyStacks(await madeBy(planStacks(stacks)), {
          refuse: () => undefined,
          consent: () => Promise.resolve(true),
        }),
      );

    const failure = await failureOf(deploy());
    expect(failure).to.have.property('code', 'DP5001');
    expect(failure).to.have.nested.property(
      'details.left',
      'dev-data done; what dev-platform has made so far is in its state; the same command goes on from there',
    );
    expect(existsSync(join(parent, 'observability', 'terraform.tfstate'))).to.equal(false);

    writeFileSync(there, '');
    const made = Object.fromEntries((await deploy()).map(({ stack, changed }) => [stack, changed]));
    const nothing = { add: 0, change: 0, replace: 0, destroy: 0 };
    expect(made).to.deep.equal({
      'dev-data': nothing,
      // Of the third it is not known what it left behind: it is made anew.
      'dev-platform': { ...nothing, replace: 1 },
      'dev-observability': { ...nothing, add: 1 },
    });
    expect(
      (await deploy()).every(({ changed }) => Object.values(changed).every((count) => count === 0)),
    ).to.equal(true);
  });
});
