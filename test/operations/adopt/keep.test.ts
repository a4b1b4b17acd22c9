import { expect } from 'chai';
import { keepingInterrupted } from '../../../src/operations/adopt/keep.js';
import type { ResourceChange } from '../../../src/terraform/plan-file.js';
import { madeBy } from '../collect.js';

describe('what was interrupted while it was made', () => {
  const replaced = (type: string, reason?: string): ResourceChange => ({
    address: `${type}.one`,
    mode: 'managed',
    type,
    name: 'one',
    ...(reason !== undefined && { action_reason: reason }),
    change: { actions: ['delete', 'create'], before: {}, after: {} },
  });
  const kept = async (...changes: ResourceChange[]): Promise<[boolean, string[]]> => {
    const untainted: string[] = [];
    const terraform = {
      untaint: (address: string) => {
        untainted.push(address);
        return Promise.resolve();
      },
    };
    const stack = { kind: 'data', name: 'dev-data', terraform };
    return [await madeBy(keepingInterrupted(stack, { resource_changes: changes })), untainted];
  };

  it('is kept where it holds data', async () => {
    expect(
      await kept(
        replaced('aws_s3_bucket', 'replace_because_tainted'),
        replaced('aws_kms_key', 'replace_because_tainted'),
        replaced('aws_subnet', 'replace_because_tainted'),
      ),
    ).to.deep.equal([true, ['aws_s3_bucket.one', 'aws_kms_key.one']]);
  });

  it('is not what is replaced for another reason', async () => {
    expect(
      await kept(replaced('aws_s3_bucket'), replaced('aws_kms_key', 'replace_because_cannot_update')),
    ).to.deep.equal([false, []]);
  });
});
