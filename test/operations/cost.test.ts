import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { KnownCost } from '../../src/model/cost/estimate.js';
import { names, stackKinds } from '../../src/model/names.js';
import { costOf, declaredIn, deployedBefore } from '../../src/operations/cost.js';
import type { StackPlan } from '../../src/operations/stacks/plan-stacks.js';
import { synthesize } from '../../stacks/app.js';
import { platformOf } from '../stacks/synthesized.js';

type Change = StackPlan['changes'][number];

describe('the cost that diff shows', () => {
  const directory = mkdtempSync(join(tmpdir(), 'dataplat-cost-'));
  after(() => rmSync(directory, { recursive: true }));

  function plansOf(name: string, state: StackPlan['state']): StackPlan[] {
    const { environment } = platformOf(name);
    return stackKinds.map((kind) => ({
      stack: {
        terraform: { directory: join(directory, 'stacks', names.stack(environment, kind)) },
      } as StackPlan['stack'],
      state,
      counts: { add: 0, change: 0, replace: 0, destroy: 0 },
      changes: [],
      findings: [],
    }));
  }

  it('knows the price of every type that the environments use, and that prod costs more than dev', async () => {
    const totals: number[] = [];
    for (const name of ['dev', 'prod']) {
      synthesize({ platform: platformOf(name), queries: [] }, directory);
      const cost = await costOf(platformOf(name).environment, plansOf(name, 'planned'));
      expect(cost.kind).to.equal('estimate');
      const { monthly, unpriced, change, components } = cost as KnownCost;
      expect(unpriced).to.deep.equal([]);
      expect(change).to.equal(0);
      expect(components.map(({ component }) => component)).to.include.members([
        'KMS keys',
        'Interface endpoints x zones',
        `Airflow ${platformOf(name).environment.airflow.environmentClass}`,
      ]);
      totals.push(monthly);
    }
    expect(totals[1]).to.be.above(totals[0] ?? Infinity);
  });

  it('does not say what is deployed where a stack could not be planned yet', async () => {
    const cost = await costOf(platformOf('prod').environment, plansOf('prod', 'later'));
    expect(cost).not.to.have.any.keys('deployed', 'change');
  });

  it('of an environment on this machine is nothing', async () => {
    expect(await costOf(platformOf('local').environment, [])).to.deep.equal({
      kind: 'local',
      currency: 'USD',
      monthly: 0,
    });
  });

  const declared = declaredIn(
    {
      provider: { aws: [{ region: 'eu-central-1' }, { alias: 'recovery', region: 'eu-west-1' }] },
      resource: {
        aws_kms_key: { bronze: {}, recovery: { provider: 'aws.recovery' } },
        aws_nat_gateway: { nat_0: {} },
      },
    },
    'eu-central-1',
  );

  it('is by the region of each resource', () => {
    expect(declared.map(({ address, region }) => [address, region])).to.deep.equal([
      ['aws_kms_key.bronze', 'eu-central-1'],
      ['aws_kms_key.recovery', 'eu-west-1'],
      ['aws_nat_gateway.nat_0', 'eu-central-1'],
    ]);
  });

  it('of what is deployed leaves out what is added, and counts what changes or goes as it is now', () => {
    const changes: Change[] = [
      { address: 'aws_kms_key.bronze', action: 'add' },
      { address: 'aws_nat_gateway.nat_0', action: 'change' },
      { address: 'aws_eip.gone', action: 'destroy' },
    ];
    const before = [
      { address: 'aws_nat_gateway.nat_0', type: 'aws_nat_gateway', values: { id: 'nat-1' } },
      { address: 'aws_eip.gone', type: 'aws_eip', values: { id: 'eip-1' } },
    ];
    const plan = { state: 'planned', changes, before } as const;
    expect(
      deployedBefore(plan, declared, 'eu-central-1')?.map(({ address, values }) => [address, values]),
    ).to.deep.equal([
      ['aws_kms_key.recovery', { provider: 'aws.recovery' }],
      ['aws_nat_gateway.nat_0', { id: 'nat-1' }],
      ['aws_eip.gone', { id: 'eip-1' }],
    ]);
  });

  it('of what is deployed is unknown where a plan out of a file changes something', () => {
    const changes: Change[] = [{ address: 'aws_eip.gone', action: 'destroy' }];
    expect(deployedBefore({ state: 'planned', changes }, declared, 'eu-central-1')).to.equal(undefined);
  });
});
