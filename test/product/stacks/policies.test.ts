import { join } from 'node:path';
import {
  validateEndpointPolicy,
  validateIdentityPolicy,
  validateResourcePolicy,
  validateTrustPolicy,
} from '@cloud-copilot/iam-policy';
import { expect } from 'chai';
import { execa } from 'execa';
import { packageDirectory } from '../../../src/project/project-directory.js';
import { locateReviewTools } from '../../../src/toolchain/locate-toolchain.js';
import { environmentNames } from '../../stacks/environments.js';
import { withManyJobs } from '../../stacks/many-jobs.js';
import { SimulatedAccess, type Document } from '../../stacks/simulated-access.js';
import { synthesized, type Synthesized } from '../../stacks/synthesized.js';
import { product, productStacks } from '../declared.js';

const script = join(packageDirectory, 'test', 'product', 'stacks', 'review_policies.py');

type Policies = ReadonlyMap<string, Document>;

/** What is written in policies, by where each stands: "data aws_kms_key.key_bronze policy". */
function policiesOf(made: Synthesized): Policies {
  const access = new SimulatedAccess(made);
  const found = new Map<string, Document>();
  for (const [kind, { resource }] of Object.entries(made.stacks)) {
    for (const [type, byName] of Object.entries(resource)) {
      for (const [name, attributes] of Object.entries(byName)) {
        for (const [attribute, text] of Object.entries(attributes)) {
          if (typeof text !== 'string' || !text.includes('"Statement"')) continue;
          found.set(`${kind} ${type}.${name} ${attribute}`, access.read(text));
        }
      }
    }
  }
  return found;
}

function ofRoles(policies: Policies): Policies {
  return new Map([...policies].filter(([place]) => / aws_iam_(role_)?policy\./.test(place)));
}

/** Statements that a policy's size has put into several parts, as the one that they are: parliament looks at each alone. */
function whole(policies: Policies): Policies {
  const joined = new Map<string, Document>();
  for (const [place, document] of policies) {
    const one = place.replace(/(\.job_\w+_policy)_\d+ /, '$1 ');
    const statements = [...(joined.get(one)?.Statement ?? []), ...document.Statement] as Record<
      string,
      unknown
    >[];
    const byRight = new Map<string, Record<string, unknown>>();
    for (const statement of statements) {
      const { Resource } = statement;
      const right = { ...statement, Sid: undefined, Resource: undefined };
      const known = byRight.get(JSON.stringify(right));
      const resources = [known?.['Resource'] ?? [], Resource ?? []].flat(2);
      byRight.set(JSON.stringify(right), known ? { ...known, Resource: resources } : statement);
    }
    joined.set(one, { ...document, Statement: [...byRight.values()] });
  }
  return joined;
}

/** In a key's policy "*" is the key: it cannot name itself, for its name is made with it. */
function meaning(policies: Policies): Policies {
  const itself = 'arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-000000000000';
  return new Map(
    [...policies].map(([place, document]) => [
      place,
      place.includes(' aws_kms_key.')
        ? {
            ...document,
            Statement: document.Statement.map((one) => ({ ...(one as object), Resource: itself })),
          }
        : document,
    ]),
  );
}

interface Review {
  /** What cloudsplaining finds in any policy. */
  readonly dangers: readonly string[];
  /** What parliament, too, finds in policies of roles; it knows no other kind. */
  readonly mistakes: readonly string[];
}

async function review(policies: Policies): Promise<Review> {
  const { python } = await locateReviewTools();
  const asked = {
    all: Object.fromEntries(meaning(policies)),
    ofRoles: Object.fromEntries(whole(ofRoles(policies))),
  };
  const { stdout } = await execa(python, [script], { input: JSON.stringify(asked) });
  const found = JSON.parse(stdout) as Record<keyof Review, Record<string, string[]>>;
  const lines = (part: keyof Review): string[] =>
    Object.entries(found[part]).flatMap(([place, all]) => all.map((one) => `${place}: ${one}`));
  return { dangers: lines('dangers'), mistakes: lines('mistakes') };
}

/** What is malformed as AWS parses policies of its kind. */
function malformed(policies: Policies): string[] {
  return [...policies].flatMap(([place, document]) => {
    const validate = place.endsWith('assume_role_policy')
      ? validateTrustPolicy
      : place.includes(' aws_vpc_endpoint.')
        ? validateEndpointPolicy
        : ofRoles(new Map([[place, document]])).size > 0
          ? validateIdentityPolicy
          : validateResourcePolicy;
    return validate(document).map(({ path, message }) => `${place}: ${path} ${message}`);
  });
}

describe('the policies', function () {
  const made: Readonly<Record<string, () => Synthesized>> = {
    ...Object.fromEntries(environmentNames.map((name) => [name, () => productStacks(name)])),
    'a larger graph': () => synthesized(withManyJobs(product('prod'), 3)),
  };
  for (const [title, make] of Object.entries(made)) {
    it(`of ${title} let nobody gain rights, open resources or carry data off, and none is malformed`, async () => {
      const policies = policiesOf(make());
      expect(policies.size).to.be.greaterThan(20);
      expect(malformed(policies)).to.deep.equal([]);
      const { dangers, mistakes } = await review(policies);
      expect(dangers).to.deep.equal([]);
      expect(mistakes).to.deep.equal([]);
    });
  }

  it('would be found wanting if one were wrong', async () => {
    const one = (place: string, Action: string[], Resource = '*'): [string, Document] => [
      `platform aws_iam_policy.${place} policy`,
      { Version: '2012-10-17', Statement: [{ Sid: 'One', Effect: 'Allow', Action, Resource }] } as Document,
    ];
    const policies = new Map([
      one('escalation', ['iam:CreatePolicyVersion']),
      one('exposure', ['s3:PutBucketPolicy']),
      one('exfiltration', ['s3:GetObject']),
      one('misspelt', ['s3:GetObjekt'], 'arn:aws:s3:::one/*'),
      one('mismatched', ['s3:GetObject'], 'arn:aws:s3:::one'),
      one('sound', ['s3:GetObject'], 'arn:aws:s3:::one/*'),
    ]);
    const { dangers, mistakes } = await review(policies);
    const of = (place: string) =>
      [...dangers, ...mistakes].filter((finding) => finding.includes(`.${place} `)).join('\n');
    expect(of('escalation')).to.contain('privilege escalation: CreateNewPolicyVersion');
    expect(of('exposure')).to.contain('resource exposure: s3:PutBucketPolicy');
    expect(of('exfiltration')).to.contain('data exfiltration: s3:GetObject');
    expect(of('misspelt')).to.contain('UNKNOWN_ACTION');
    expect(of('mismatched')).to.contain('RESOURCE_MISMATCH: s3:GetObject');
    expect(of('sound')).to.equal('');
    const [place, sound] = one('sound', ['s3:GetObject']);
    expect(malformed(new Map([[place, { ...sound, Statement: [{ Effect: 'Perhaps' }] }]]))).not.to.be.empty;
  });
});
