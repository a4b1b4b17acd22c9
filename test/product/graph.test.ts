import { expect } from 'chai';
import type { Job } from '../../src/model/lineage.js';
import { product } from './declared.js';

const platform = product('local');
const ids = (jobs: readonly Job[]): string[] => jobs.map(({ id }) => id);

describe('the gate of bronze', () => {
  it('checks the whole layer', () => {
    const bronze = platform.jobs.find(({ id }) => id === 'dq_check_bronze');
    const inputs = platform.datasets.filter(({ layer }) => layer === 'bronze').map(({ id }) => id);
    expect(bronze?.inputs).to.deep.equal(inputs);
  });
});

describe('silver', () => {
  const merges = platform.jobs.filter(
    ({ mode, outputs }) => mode !== 'maintenance' && outputs.some((name) => name.endsWith('_silver')),
  );

  it('has one job a dataset, which reads the bronze of the same name and waits for its gate', () => {
    const silver = platform.datasets.filter(({ layer, write }) => layer === 'silver' && write === 'merge');
    expect(merges.flatMap(({ outputs }) => outputs)).to.have.members(silver.map(({ id }) => id));
    for (const merge of merges) {
      expect(merge.inputs).to.deep.equal(
        merge.outputs.map((name) => name.replace(/_silver$/, '_bronze')),
        merge.id,
      );
      expect(ids(platform.graph.upstreamOf(merge))).to.include('dq_check_bronze', merge.id);
      expect(ids(platform.graph.downstreamOf(merge))).to.include('dq_check_silver', merge.id);
    }
  });
});
