import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { environmentSchema } from '../../../src/model/environment.js';
import { airflowFiles } from '../../../src/project/airflow-files.js';
import { packageDirectory } from '../../../src/project/project-directory.js';
import { environmentNames } from '../../stacks/environments.js';
import { withManyJobs } from '../../stacks/many-jobs.js';
import { synthesized } from '../../stacks/synthesized.js';
import { product, productStacks } from '../declared.js';

const text = readFileSync(join(packageDirectory, 'docs', 'README_TERRAFORM.md'), 'utf8');

/** The last table: which types of resource a section tells of. */
function listedTypes(): string[] {
  const table = text.slice(text.indexOf('\n## Which type of resource belongs where\n'));
  return [...table.matchAll(/`(aws_\w+)`/g)].map(([, type = '']) => type);
}

/** What an environment file can say, two levels deep: "network.nat". */
function switches(): [part: string, key: string][] {
  const inner = (schema: unknown): string[] => {
    const { shape, unwrap } = schema as { shape?: Record<string, unknown>; unwrap?: () => unknown };
    if (shape) return Object.keys(shape);
    return unwrap ? inner(unwrap.call(schema)) : [];
  };
  return Object.entries(environmentSchema.shape).flatMap(([part, schema]): [string, string][] => {
    const keys = inner(schema);
    return keys.length === 0 ? [['', part]] : keys.map((key) => [part, key]);
  });
}

describe("Terraform's readme", () => {
  it('lists every type of resource once, and none that is not made', () => {
    const query = { name: 'one', sql: 'SELECT 1', layer: 'bronze' as const };
    const large = synthesized(withManyJobs(product('prod'), 30), [query], airflowFiles(packageDirectory));
    const made = [...environmentNames.map(productStacks), large].flatMap(({ stacks }) =>
      Object.values(stacks).flatMap(({ resource }) => Object.keys(resource)),
    );
    expect(listedTypes()).to.have.members([...new Set(made)]);
  });

  it('has a section behind every row of that list', () => {
    const table = text.slice(text.indexOf('\n## Which type of resource belongs where\n'));
    const sections = [...table.matchAll(/^\| ([A-Z][^|]+) \|/gm)].flatMap(([, title = '']) =>
      title.includes(', ') ? title.split(', ') : [title],
    );
    for (const section of sections) expect(text).to.contain(`\n## ${section}\n`);
  });

  it('names every switch of an environment file', () => {
    expect(switches().length).to.be.greaterThan(50);
    const missing = switches().filter(
      ([part, key]) => !new RegExp(part === '' ? `\`${key}\`` : `\`(${part})?\\.${key}\\b`).test(text),
    );
    expect(missing.map((path) => path.join('.'))).to.deep.equal([]);
  });
});
