import { Chalk } from 'chalk';
import { expect } from 'chai';
import { estimateCost, localCost } from '../../src/model/cost/estimate.js';
import { costText } from '../../src/ui/cost.js';

const plain = new Chalk({ level: 0 });
const of = (type: string, region = 'us-east-1', values = {}) => ({
  address: `${type}.one`,
  type,
  values,
  region,
});

describe('the cost as a person reads it', () => {
  const bucket = of('aws_s3_bucket');
  const cost = estimateCost([of('aws_nat_gateway'), of('aws_kms_key'), of('aws_kms_key'), bucket], [bucket]);

  it('is a line a component, the total, and the difference, all said to be an estimate', () => {
    expect(costText(plain, cost, false).split('\n')).to.deep.equal([
      '',
      'Cost a month  estimate in USD, list prices of 2025-06, us-east-1',
      'Component     Units   Each  Month',
      'NAT gateways      1  32.85  32.85',
      'KMS keys          2   1.00   2.00',
      'Fixed                       34.85',
      '34.85 more than what is deployed now (0.00).',
      'On top, by use (--verbose has the rates): KMS keys, NAT gateways, S3 storage',
    ]);
  });

  it('has the rates with --verbose', () => {
    expect(costText(plain, cost, true).split('\n').slice(-3)).to.deep.equal([
      '  KMS keys: 0.03 USD per 10,000 requests',
      '  NAT gateways: 0.045 USD a GB',
      '  S3 storage: 0.023 USD a GB a month (standard class), and requests',
    ]);
  });

  it('says what is not known, and that this machine costs nothing', () => {
    expect(costText(plain, estimateCost([of('aws_kms_key', 'sa-east-1')]), false)).to.equal(
      'Cost: no prices are known of sa-east-1, only of eu-central-1, eu-west-1, us-east-1.',
    );
    expect(costText(plain, localCost, false)).to.equal('Cost: nothing, it runs on this machine.');
    expect(costText(plain, estimateCost([of('aws_redshift_cluster')]), false)).to.include(
      'No price is known of: aws_redshift_cluster',
    );
  });
});
