import { expect } from 'chai';
import { renamedIn, renaming } from '../../../src/model/snapshots/other-environment.js';

const prod = {
  name: 'prod',
  account: '444455556666',
  region: 'eu-central-1',
  prefix: 'roastery-prod',
  bucketPrefix: 'roastery-prod-444455556666',
};
const drill = {
  name: 'drill',
  account: '111122223333',
  region: 'eu-west-1',
  prefix: 'roastery-drill',
  bucketPrefix: 'roastery-drill-111122223333',
};
const rename = renaming(prod, drill);

describe('the names of one environment in another', () => {
  it('are those of its buckets, databases and own roles', () => {
    expect(rename('s3://roastery-prod-444455556666-gold/sales/')).to.equal(
      's3://roastery-drill-111122223333-gold/sales/',
    );
    expect(rename('roastery_prod_gold')).to.equal('roastery_drill_gold');
    expect(rename('arn:aws:iam::444455556666:role/roastery-prod-job-sales')).to.equal(
      'arn:aws:iam::111122223333:role/roastery-drill-job-sales',
    );
    expect(rename('prod')).to.equal('drill');
  });

  it('leave alone what is of neither', () => {
    for (const text of [
      'arn:aws:iam::444455556666:role/analyst',
      's3://roastery-prod-else/x',
      'a product of prod',
      'roastery_prod_goldfish',
    ])
      expect(rename(text)).to.equal(text);
  });

  it('are found in all texts of a document', () => {
    expect(renamedIn({ a: ['roastery_prod_gold', 1, null], b: { c: 'prod' } }, rename)).to.deep.equal({
      a: ['roastery_drill_gold', 1, null],
      b: { c: 'drill' },
    });
  });
});
