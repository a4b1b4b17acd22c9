import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { stackKinds } from '../../../src/model/names.js';
import { packageDirectory } from '../../../src/project/project-directory.js';
import { locateReviewTools } from '../../../src/toolchain/locate-toolchain.js';
import { type Synthesized } from '../../stacks/synthesized.js';
import { productStacks } from '../declared.js';

const acceptedFile = join(packageDirectory, 'test', 'product', 'stacks', 'accepted-checkov-findings.txt');

interface Finding {
  readonly check_id: string;
  readonly check_name: string;
  readonly resource: string;
}

interface Report {
  readonly results: {
    readonly failed_checks: readonly Finding[];
    readonly passed_checks: readonly Finding[];
  };
  readonly summary: { readonly parsing_errors: number };
}

/** What must be found, in a folder beside the stacks: a key that is not rotated, and a rule that lets the world in. */
const wrong = {
  resource: {
    aws_kms_key: { wrong: { description: 'not rotated', enable_key_rotation: false } },
    aws_vpc_security_group_ingress_rule: {
      wrong: {
        ...{ security_group_id: 'sg-1', cidr_ipv4: '0.0.0.0/0', ip_protocol: 'tcp' },
        ...{ from_port: 22, to_port: 22, description: 'open' },
      },
    },
  },
};

/** What checkov says of the stacks and of what is wrong, with none of its checks left out: it takes long to start. */
async function checked(texts: Synthesized['texts']): Promise<Report> {
  const { checkov } = await locateReviewTools();
  const directory = mkdtempSync(join(tmpdir(), 'dataplat-checkov-'));
  try {
    const folders = { ...texts, wrong: JSON.stringify(wrong, null, 2) };
    for (const kind of [...stackKinds, 'wrong'] as const) {
      mkdirSync(join(directory, kind));
      writeFileSync(join(directory, kind, 'cdk.tf.json'), folders[kind]);
    }
    const flags = ['--framework', 'terraform_json', '--output', 'json', '--compact', '--skip-download'];
    // It exits with 1 where a check failed.
    const { stdout, stderr } = await execa(checkov, ['--directory', directory, ...flags], { reject: false });
    const report = JSON.parse(stdout) as Report;
    expect(report.summary.parsing_errors, stderr).to.equal(0);
    return report;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

interface Accepted {
  readonly line: string;
  readonly id: string;
  readonly resource: RegExp;
  readonly reason: string;
}

function acceptedFindings(): Accepted[] {
  return readFileSync(acceptedFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, id = '', resource = '', reason = ''] = /^(CKV\w+) (\S+) (.+)$/.exec(line) ?? [];
      return { line, id, resource: new RegExp(`^${resource}$`), reason };
    });
}

describe('checkov', function () {
  const accepted = acceptedFindings();
  let report: Report;
  let failed: readonly Finding[];
  const isOfTheStacks = ({ resource }: Finding): boolean => !resource.endsWith('.wrong');
  before(async () => {
    report = await checked(productStacks('prod').texts);
    failed = report.results.failed_checks.filter(isOfTheStacks);
  });

  it('finds nothing wrong in production but what was accepted', () => {
    const left = failed.filter(
      ({ check_id, resource }) => !accepted.some((one) => one.id === check_id && one.resource.test(resource)),
    );
    expect(left.map((one) => `${one.check_id} ${one.resource}: ${one.check_name}`)).to.deep.equal([]);
    // It looked into every stack.
    expect(report.results.passed_checks.filter(isOfTheStacks).length).to.be.greaterThan(300);
  });

  it('has at most ten findings accepted, each for a reason and still there', () => {
    expect(accepted.length).to.be.at.most(10);
    for (const { line, id, resource, reason } of accepted) {
      expect(reason.length, line).to.be.greaterThan(20);
      const found = failed.some((one) => one.check_id === id && resource.test(one.resource));
      expect(found, `nothing is found any more by: ${line}`).to.equal(true);
    }
  });

  it('finds a key that is not rotated, and a rule that lets the world in', () => {
    const found = report.results.failed_checks.filter((one) => !isOfTheStacks(one));
    expect(found.map(({ check_id }) => check_id)).to.include.members(['CKV_AWS_7', 'CKV_AWS_24']);
  });
});
