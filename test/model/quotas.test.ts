import { expect } from 'chai';
import { passedQuotas, quotaCounts } from '../../src/model/quotas.js';
import type { Platform } from '../../src/model/platform.js';
import { validateProject } from '../../src/model/read-platform.js';
import { quotasText } from '../../src/ui/quotas.js';
import { withManyJobs } from '../stacks/many-jobs.js';
import { declared, platformOf, resources, synthesized, type Synthesized } from '../stacks/synthesized.js';
import { projectWith } from './project.js';

/** How many of a type are synthesized. */
function made({ stacks }: Synthesized, ...types: string[]): number {
  return Object.values(stacks).flatMap((stack) => types.flatMap((type) => resources(stack, type))).length;
}

interface Widget {
  readonly properties: { readonly metrics?: readonly unknown[] };
}

/** The metrics of each graph, dashboard by dashboard. */
function graphs({ stacks }: Synthesized): number[][] {
  return resources(stacks.observability, 'aws_cloudwatch_dashboard').map(([, { dashboard_body: body }]) =>
    (JSON.parse(String(body)) as { widgets: Widget[] }).widgets.map(
      ({ properties }) => properties.metrics?.length ?? 0,
    ),
  );
}

describe('the quotas of an account', () => {
  const cases: Readonly<Record<string, () => Synthesized>> = {
    dev: () => declared('dev'),
    prod: () => declared('prod'),
    'a larger graph in prod': () => synthesized(withManyJobs(platformOf('prod'), 10)),
  };
  for (const [title, make] of Object.entries(cases)) {
    it(`are held against what is made of ${title}`, () => {
      const synthesis = make();
      const counts = quotaCounts(synthesis.platform);
      const of = (...types: string[]) => made(synthesis, ...types);
      const tables = Object.values(synthesis.stacks).flatMap((stack) =>
        resources(stack, 'aws_glue_catalog_table').map(([, table]) => String(table['database_name'])),
      );
      expect(counts.get('IAM roles')).to.equal(of('aws_iam_role'));
      expect(counts.get('S3 buckets')).to.equal(of('aws_s3_bucket'));
      expect(counts.get('EventBridge rules')).to.equal(of('aws_cloudwatch_event_rule'));
      expect(counts.get('standard SSM parameters')).to.equal(of('aws_ssm_parameter'));
      expect(counts.get('secrets')).to.equal(of('aws_secretsmanager_secret'));
      expect(counts.get('Glue tables')).to.equal(tables.length);
      const databases = [...new Set(tables)].map((name) => tables.filter((one) => one === name).length);
      expect(counts.get('Glue tables of one database')).to.equal(Math.max(...databases));
      const values = resources(synthesis.stacks.data, 'aws_lakeformation_lf_tag').map(
        ([, tag]) => (tag['values'] as string[]).length,
      );
      expect(counts.get('values of one LF-tag')).to.equal(Math.max(...values));
      expect(counts.get('metrics of one graph')).to.equal(Math.max(...graphs(synthesis).flat()));
      const sums = graphs(synthesis).map((all) => all.reduce((sum, one) => sum + one, 0));
      expect(counts.get('metrics of one dashboard')).to.equal(Math.max(...sums));
    });
  }

  const dev = platformOf('dev');
  const large = withManyJobs(dev, 500);
  const jobs = dev.jobs.length + 1002;

  it('are none that this repository passes', () => {
    expect(passedQuotas([dev, platformOf('prod')])).to.deep.equal([]);
    expect(validateProject(projectWith({})).quotas).to.deep.equal([]);
  });

  it('are passed by workers that are kept ready above what a new account has of vCPUs', () => {
    const prod = platformOf('prod');
    const { account, region, emr } = prod.environment;
    const workers = { cpu: 4, memoryGb: 16 } as const;
    const initialCapacity = { drivers: { ...workers, count: 2 }, executors: { ...workers, count: 4 } };
    const ready = { ...prod, environment: { ...prod.environment, emr: { ...emr, initialCapacity } } };
    // Two drivers and four executors of four vCPUs each.
    expect(passedQuotas([ready])).to.deep.equal([
      {
        what: 'vCPUs of ready EMR Serverless workers',
        count: 24,
        quota: 16,
        raisable: true,
        account,
        region,
        environments: ['prod'],
      },
    ]);
  });

  it('are told with the number, the default, and whether AWS raises it', () => {
    const found = passedQuotas([large]);
    const where = { account: '111122223333', environments: ['dev'] };
    const region = 'eu-central-1';
    // A role a layer, Airflow's and the flow log's.
    expect(found[0]).to.deep.equal({
      ...where,
      what: 'IAM roles',
      count: jobs + 5,
      quota: 1000,
      raisable: true,
    });
    expect(found[1]).to.deep.equal({
      ...where,
      what: 'EventBridge rules',
      count: jobs + 3,
      quota: 300,
      raisable: true,
      region,
    });
    // A dashboard shows the 500 jobs and 500 datasets of silver, or of gold.
    expect(found.slice(2).map(({ what, raisable }) => [what, raisable])).to.deep.equal([
      ['metrics of one dashboard', false],
      ['metrics of one graph', false],
    ]);
  });

  it('are of all environments of an account together, where these share them', () => {
    const half = withManyJobs(dev, 80);
    const sister: Platform = { ...half, environment: { ...half.environment, name: 'sister' } };
    const abroad: Platform = { ...half, environment: { ...half.environment, region: 'eu-west-1' } };
    const other: Platform = { ...half, environment: { ...half.environment, account: '999988887777' } };
    const rules = (...platforms: Platform[]) =>
      passedQuotas(platforms).find(({ what }) => what === 'EventBridge rules');
    expect(rules(half)).to.equal(undefined);
    expect(rules(half, sister)?.environments).to.deep.equal(['dev', 'sister']);
    expect(rules(half, abroad)).to.equal(undefined);
    expect(rules(half, other)).to.equal(undefined);
  });

  it('are none of the local endpoint', () => {
    expect(passedQuotas([withManyJobs(platformOf('local'), 500)])).to.deep.equal([]);
  });

  it('are lines for people', () => {
    expect(quotasText([])).to.equal('');
    expect(
      quotasText(passedQuotas([large]))
        .split('\n')
        .slice(1, 4),
    ).to.deep.equal([
      'An AWS account allows less by default. Before it is deployed:',
      `  dev: ${(jobs + 5).toLocaleString('en-US')} IAM roles, of 1,000 in account 111122223333; AWS raises it when asked`,
      `  dev: ${(jobs + 3).toLocaleString('en-US')} EventBridge rules, of 300 in account 111122223333, eu-central-1; AWS raises it when asked`,
    ]);
  });
});
