import { expect } from 'chai';
import { mustBeNamed, needsName, requireName } from '../../../src/operations/stacks/protection.js';
import type { Finding } from '../../../src/operations/findings/finding.js';
import { platformOf } from '../../stacks/synthesized.js';
import { failureOf } from '../collect.js';

const [prod, dev] = [platformOf('prod').environment, platformOf('dev').environment];
const finding = (kind: Finding['kind']): Finding => ({ kind, address: 'aws_one.two', text: 'something' });

describe('the name of a protected environment', () => {
  it('is asked for where a plan calls something out, but for rights alone, and nowhere else', () => {
    expect(needsName(prod, [finding('data-loss')])).to.equal(true);
    expect(needsName(prod, [finding('iam-widening'), finding('exposure')])).to.equal(true);
    expect(needsName(prod, [finding('iam-widening')])).to.equal(false);
    expect(needsName(prod, [])).to.equal(false);
    expect(needsName(dev, [finding('data-loss')])).to.equal(false);
  });

  it('is known to be missing where nobody can type it, and where another was given', () => {
    const typeName = () => Promise.resolve('prod');
    expect(mustBeNamed(prod, {})).to.equal(true);
    expect(mustBeNamed(prod, { typeName })).to.equal(false);
    expect(mustBeNamed(prod, { confirm: 'prod' })).to.equal(false);
    expect(mustBeNamed(prod, { confirm: 'dev', typeName })).to.equal(true);
  });

  it('is taken from the flag or from who types it, letter by letter', async () => {
    await requireName(prod, { confirm: 'prod' }, 'dataplat deploy --env prod');
    await requireName(prod, { typeName: () => Promise.resolve('prod') }, 'dataplat deploy --env prod');
    for (const typed of ['', 'y', 'yes', 'Prod', 'dev']) {
      const failure = await failureOf(
        requireName(prod, { typeName: () => Promise.resolve(typed) }, 'dataplat deploy --env prod'),
      );
      expect(failure, typed).to.have.property('code', 'DP5005');
      expect(failure, typed)
        .to.have.nested.property('details.next')
        .that.deep.equals(['dataplat deploy --env prod --confirm prod']);
    }
  });
});
