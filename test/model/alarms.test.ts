import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { alarmDescription, alarmKinds, runbookFile, type Alarm } from '../../src/model/alarm.js';
import { declaredAlarms, ruleOf, scopeAlarms } from '../../src/model/alarms.js';
import { datasetMetric, jobMetric } from '../../src/model/metrics.js';
import { names } from '../../src/model/names.js';
import type { Platform } from '../../src/model/platform.js';
import { loadPlatform } from '../../src/project/load-platform.js';
import { packageDirectory } from '../../src/project/project-directory.js';
import { grown } from './growing-platform.js';
import { smallPlatform } from '../small-platform.js';

const prod = loadPlatform(smallPlatform, 'prod', {}, {});
const deployed = { applicationId: 'app', natGatewayIds: ['nat-a', 'nat-b', 'nat-c'] };
const lake = grown(prod, [
  ['orders', 'bronze'],
  ['orders', 'silver'],
  ['revenue', 'gold'],
]);

function alarm(platform: Platform, kind: string, subject?: string): Alarm {
  const found = declaredAlarms(platform, deployed).find(
    (one) => one.kind === kind && (subject === undefined || one.subject === subject),
  );
  if (!found) throw new Error(`no alarm ${kind} of ${subject}`);
  return found;
}

function without<Item extends object, Key extends keyof Item>(item: Item, key: Key): Omit<Item, Key> {
  const rest: Partial<Item> = { ...item };
  delete rest[key];
  return rest as Omit<Item, Key>;
}

describe('alarms derived from what is declared', () => {
  it('watch every job for failing, being late and waiting, every dataset for errors and age', () => {
    const watched = declaredAlarms(lake, deployed)
      .filter(({ scope }) => scope !== 'platform')
      .map(({ kind, subject, scope }) => `${scope}: ${kind} ${subject}`);
    expect(watched).to.have.members(
      [
        ['bronze', 'orders_bronze'],
        ['silver', 'orders_silver'],
        ['gold', 'revenue_gold'],
      ].flatMap(([layer, dataset]) => [
        `${layer}: job-failed make_${dataset}`,
        `${layer}: job-late make_${dataset}`,
        `${layer}: job-queued make_${dataset}`,
        `${layer}: quality-error ${dataset}`,
        `${layer}: data-stale ${dataset}`,
      ]),
    );
  });

  it('promise only what is declared: no SLA, no alarm for lateness; no freshness, none for age', () => {
    const careless: Platform = {
      ...lake,
      jobs: lake.jobs.map((job) => without(job, 'sla')),
      datasets: lake.datasets.map((dataset) => without(dataset, 'freshness')),
    };
    const kinds = new Set(declaredAlarms(careless, deployed).map(({ kind }) => kind));
    expect([...kinds])
      .not.to.include.members(['job-late'])
      .and.not.to.include('data-stale');
    expect([...kinds]).to.include.members(['job-failed', 'job-queued', 'quality-error']);
  });

  it('count a job that writes nothing, as maintenance does, to the platform', () => {
    const [job, ...others] = lake.jobs;
    if (!job) throw new Error('no job');
    const tidying = { ...lake, jobs: [{ ...job, outputs: [] }, ...others] };
    expect(alarm(tidying, 'job-failed', job.id).scope).to.equal('platform');
  });

  it('take silence for a breach where something must be heard, and for none where there is nothing to say', () => {
    const silence = (kind: string) => alarm(lake, kind).silence;
    for (const kind of ['job-late', 'data-stale', 'airflow-scheduler'])
      expect(silence(kind), kind).to.equal('breaching');
    for (const kind of [
      'job-failed',
      'job-queued',
      'emr-capacity',
      'nat-ports',
      'undelivered',
      'key-endangered',
    ])
      expect(silence(kind), kind).to.equal('notBreaching');
    // Broken data is not mended by nobody looking at it.
    expect(silence('quality-error')).to.equal('ignore');
  });

  it('do not take silence for lateness where nothing measures', () => {
    const { environment } = lake;
    const quiet = {
      ...lake,
      environment: { ...environment, alarms: { ...environment.alarms, silenceIsLate: false } },
    };
    expect(alarm(quiet, 'job-late').silence).to.equal('notBreaching');
    expect(alarm(quiet, 'data-stale').silence).to.equal('notBreaching');
    expect(alarm(quiet, 'airflow-scheduler').silence).to.equal('breaching');
  });

  it('have their limits from the declaration', () => {
    // 26 h of freshness; half of 360 minutes in the queue; nine tenths of 400 vCPUs; 10 workers of 10 tasks each.
    expect(alarm(lake, 'data-stale')).to.include({ threshold: 93_600, comparison: 'GreaterThanThreshold' });
    expect(alarm(lake, 'job-queued').threshold).to.equal(10_800);
    expect(alarm(lake, 'emr-capacity')).to.include({ threshold: 360, periodSeconds: 60, wrongPeriods: 30 });
    expect(alarm(lake, 'airflow-queue').threshold).to.equal(100);
  });

  it('watch both errors of each NAT gateway, and none where there is none', () => {
    const nat = (ids: readonly string[]) =>
      declaredAlarms(lake, { ...deployed, natGatewayIds: ids }).filter(({ kind }) => kind.startsWith('nat-'));
    expect(nat(deployed.natGatewayIds)).to.have.length(6);
    expect(nat([])).to.deep.equal([]);
  });

  it('read the metrics that are emitted: one namespace, the environment and one other dimension', () => {
    const { environment } = lake;
    expect(jobMetric(environment, { id: 'shops' }, 'SecondsLate')).to.deep.equal({
      namespace: 'dataplat',
      name: 'SecondsLate',
      dimensions: { environment: 'prod', job: 'shops' },
    });
    expect(alarm(lake, 'data-stale', 'orders_silver').measured).to.deep.equal({
      metric: datasetMetric(environment, { id: 'orders_silver' }, 'FreshnessSeconds'),
      statistic: 'Maximum',
    });
  });

  it('look back no further than CloudWatch allows: a day, in periods that it knows', () => {
    for (const { kind, periodSeconds, periods, wrongPeriods } of declaredAlarms(lake, deployed)) {
      expect(periodSeconds % 60, kind).to.equal(0);
      expect(periodSeconds * periods, kind).to.be.at.most(86_400);
      expect(wrongPeriods, kind).to.be.within(1, periods);
    }
  });
});

describe('the alarms that page', () => {
  const { environment } = lake;

  it('are one a layer and one of the platform; none of a layer that holds nothing', () => {
    const paging = (platform: Platform) =>
      scopeAlarms(environment, declaredAlarms(platform, deployed)).map(({ name, pages }) => [name, pages]);
    expect(paging(lake)).to.deep.equal(
      ['bronze', 'silver', 'gold', 'platform'].map((scope) => [`roastery-prod-${scope}`, true]),
    );
    expect(paging(prod)).to.deep.equal(
      ['bronze', 'silver', 'gold', 'platform'].map((scope) => [`roastery-prod-${scope}`, true]),
    );
  });

  it('have every alarm among their children once, but for those that page by themselves', () => {
    const alarms = declaredAlarms(lake, deployed);
    const children = scopeAlarms(environment, alarms).flatMap((composite) => composite.children);
    const expected = alarms
      .map((one) => names.alarm(environment, one))
      .filter((name) => name !== 'roastery-prod-key-endangered');
    expect(children).to.have.members(expected);
    expect(new Set(children).size).to.equal(children.length);
  });

  it('stay within what a rule may hold as a layer grows: 70 jobs and datasets in one, and still one page', () => {
    const many = grown(
      prod,
      Array.from({ length: 70 }, (_, index) => [`a_table_of_some_length_${index}`, 'silver'] as const),
    );
    const alarms = declaredAlarms(many, deployed).filter(({ scope }) => scope === 'silver');
    expect(alarms).to.have.length(350);
    const composites = scopeAlarms(environment, alarms);
    for (const composite of composites) {
      expect(composite.children.length, composite.name).to.be.at.most(100);
      expect(ruleOf(composite).length, composite.name).to.be.at.most(10_240);
    }
    expect(composites.filter(({ pages }) => pages).map(({ name }) => name)).to.deep.equal([
      'roastery-prod-silver',
    ]);
    const below = composites.filter(({ pages }) => !pages);
    expect(composites.at(-1)?.children).to.deep.equal(below.map(({ name }) => name));
    expect(below.flatMap(({ children }) => children)).to.have.length(350);
  });
});

describe('the runbook', () => {
  const text = readFileSync(join(packageDirectory, runbookFile), 'utf8');
  /** Sections below `## Alarms`, by the anchors that their titles have on a page. */
  const sections = new Map(
    (text.split(/^## Alarms$/m)[1] ?? '')
      .split(/^## /m)[0]
      ?.split(/^### /m)
      .slice(1)
      .map((section) => {
        const title = section.slice(0, section.indexOf('\n'));
        return [title.toLowerCase().replaceAll(' ', '-'), section] as const;
      }),
  );

  it('has a section for every kind of alarm, and no section that no alarm names', () => {
    expect([...sections.keys()]).to.have.members([...alarmKinds]);
    const kinds = new Set(declaredAlarms(lake, deployed).map(({ kind }) => kind));
    expect([...sections.keys()]).to.include.members([...kinds]);
  });

  it('is named, with its section, by every alarm', () => {
    for (const one of declaredAlarms(lake, deployed)) {
      expect(alarmDescription(one)).to.match(new RegExp(`\\. docs/RUNBOOK_AWS\\.md#${one.kind}$`));
    }
  });

  it('says in each section what to type, when it is over and how it is kept from coming back', () => {
    for (const [anchor, section] of sections) {
      expect(section, anchor).to.match(/```\n(dataplat|aws) /);
      expect(section, anchor).to.contain('**Over when**').and.to.contain('**Prevention**');
    }
  });

  it('names only verbs and flags of the command line that exist', () => {
    const reference = readFileSync(join(packageDirectory, 'docs/CLI.md'), 'utf8');
    const typed = [...text.matchAll(/dataplat ((?:[a-z]+)(?: [^\n`]*)?)/g)].map((match) => match[1] ?? '');
    for (const line of typed) {
      const verb = line.split(' ')[0] ?? '';
      expect(reference, line).to.contain(`\n## ${verb}\n`);
      const section = reference.split(`\n## ${verb}\n`)[1]?.split('\n## ')[0] ?? '';
      for (const flag of line.match(/--[a-z-]+/g) ?? []) {
        expect(`${section}${reference.split('## Exit codes')[0]}`, line).to.contain(flag);
      }
    }
  });

  it('links only to sections that it has', () => {
    for (const [, anchor] of text.matchAll(/\]\(#([a-z-]+)\)/g))
      expect([...sections.keys()]).to.include(anchor);
  });
});
