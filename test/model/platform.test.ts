import { expect } from 'chai';
import { DataplatError } from '../../src/model/errors.js';
import { readPlatform, validateProject } from '../../src/model/read-platform.js';
import { edited, lineOf, projectWith } from './project.js';

const dev = 'config/environments/dev.yaml';
const lineage = 'config/shared/lineage.yaml';
const shops = 'config/schemas/shops_bronze.json';

/** Every problem as `file:line:column message (hint)`. */
function problemsWith(changes: Record<string, string | undefined>): string[] {
  return validateProject(projectWith(changes)).problems.map(
    ({ location, message, hint }) =>
      `${location.file}:${location.line}:${location.column} ${message}${hint === undefined ? '' : ` (${hint})`}`,
  );
}

describe('the declaration', () => {
  it('is valid as it stands', () => {
    const { problems, counts } = validateProject(projectWith({}));
    expect(problems).to.deep.equal([]);
    expect(counts).to.deep.equal({ environments: 3, datasets: 6, sources: 4, jobs: 8 });
  });

  it('names the place of an unknown key and the key that was probably meant', () => {
    expect(problemsWith({ [dev]: edited(dev, '  zones: [a, b]', '  zoness: [a, b]') })).to.deep.equal([
      `${dev}:11:1 "network.zones" is missing (expected a list)`,
      `${dev}:13:3 unknown key "network.zoness" (did you mean "zones"?)`,
    ]);
  });

  it('says what a wrong value is and what was expected', () => {
    expect(problemsWith({ [dev]: edited(dev, 'nat: single', 'nat: sngle') })).to.deep.equal([
      `${dev}:14:8 "network.nat" is "sngle" (expected none, single or per-zone)`,
    ]);
  });

  it('refuses a source on the internet where there is no way to it, and anything but HTTPS to the whole of it', () => {
    expect(problemsWith({ [dev]: edited(dev, 'nat: single', 'nat: none') })).to.deep.equal([
      `${dev}:17:13 "network.sources[0].cidr" is "0.0.0.0/0" (on the internet, which is reached through NAT: set network.nat, or take https out)`,
    ]);
    expect(problemsWith({ [dev]: edited(dev, 'port: 443', 'port: 22') })).to.deep.equal([
      `${dev}:18:13 "network.sources[0].port" is 22 (the whole internet is reached by HTTPS alone: 443)`,
    ]);
  });

  it('refuses copies in the region of their originals', () => {
    const prod = 'config/environments/prod.yaml';
    const [problem, ...others] = problemsWith({
      [prod]: edited(prod, 'region: eu-west-1', 'region: eu-central-1'),
    });
    expect(problem).to.match(
      /^config.environments.prod\.yaml:\d+:13 "lake\.replication\.region" is "eu-central-1"/,
    );
    expect(others).to.deep.equal([]);
  });

  it('wants the account in quotes, because YAML would take its leading zeros away', () => {
    expect(
      problemsWith({ [dev]: edited(dev, "account: '111122223333'", 'account: 111122223333') }),
    ).to.deep.equal([`${dev}:3:10 "account" is 111122223333 (expected a text, in quotes: '111122223333')`]);
  });

  it('says that an environment is named as its file', () => {
    expect(problemsWith({ [dev]: edited(dev, 'name: dev', 'name: development') })).to.deep.equal([
      `${dev}:2:7 "name" is "development" (expected dev, the name of the file)`,
    ]);
  });

  it('reports YAML that is none, with its place, and goes on with the other files', () => {
    const problems = problemsWith({
      [dev]: 'name: [dev\n',
      [lineage]: edited(lineage, 'outputs: [shops_bronze]', 'outputs: [shps_bronze]'),
    });
    expect(problems[0]).to.match(/^config\/environments\/dev\.yaml:2:1 /);
    expect(problems.at(-1)).to.equal(
      `${lineage}:${lineOf(lineage, 'outputs: [shops_bronze]')}:15 no dataset "shps_bronze" (did you mean shops_bronze?)`,
    );
  });

  it('refuses a key that stands twice', () => {
    const [problem] = problemsWith({ [dev]: edited(dev, 'name: dev', 'name: dev\nname: dev') });
    expect(problem).to.equal(`${dev}:3:1 Map keys must be unique`);
  });

  it('names a source, an entry point and a threshold of nothing', () => {
    const quality = 'config/shared/dq_thresholds.yaml';
    const text = edited(lineage, 'source/shops]', 'source/shop]').replace(
      'jobs/ingest/members_ingest.py',
      'jobs/ingest/nothing_ingest.py',
    );
    expect(
      problemsWith({
        [lineage]: text,
        [quality]: edited(quality, 'shops_bronze', 'shops_bronz'),
      }),
    ).to.deep.equal([
      `${lineage}:${lineOf(lineage, 'inputs: [source/shops]')}:14 no source "shop" (did you mean shops?)`,
      `${lineage}:${lineOf(lineage, 'jobs/ingest/members_ingest.py')}:17 no file jobs/ingest/nothing_ingest.py`,
      `${quality}:5:3 no dataset "shops_bronz" (did you mean shops_bronze?)`,
    ]);
  });

  it('lets jobs share an entry point that is told which of them it is, and no other', () => {
    const own = 'jobs/ingest/shops_ingest.py';
    expect(problemsWith({ [lineage]: edited(lineage, 'jobs/ingest/members_ingest.py', own) })).to.deep.equal([
      `${lineage}:${lineOf(lineage, 'jobs/ingest/members_ingest.py')}:17 ${own} is the entry point of shops already (one that several jobs share is told its job by --job, and has no JOB of its own)`,
    ]);
    const { jobs } = readPlatform(projectWith({}), 'local');
    expect(jobs.filter(({ entryPoint }) => entryPoint === 'jobs/transform/check.py')).to.have.length(2);
  });

  it('wants to know which of several changes of a key is the last, and which column says that it is gone', () => {
    const members = 'config/schemas/members_silver.json';
    const orderedBy = '["updated_at", "ingest_date"]';
    const problemOf = (from: string, to: string): string[] =>
      problemsWith({ [members]: edited(members, from, to) }).map((text) => text.slice(`${members}:`.length));
    const line = lineOf(members, '"orderedBy"');
    expect(problemOf('"updated_at", "ingest_date"]\n    }', '"updated_att"]\n    }')).to.deep.equal([
      `${line}:21 no column "updated_att" (did you mean updated_at?)`,
    ]);
    expect(
      problemOf('"wants_offers", "updated_at", "ingest_date"]', '"wants_offers", "ingest_date"]'),
    ).to.include(
      `${lineOf(members, '"updated_at": {')}:5 "updated_at" orders the changes of a key and may be null (list it under "required" and take "null" out of its type)`,
    );
    expect(problemOf(orderedBy, `${orderedBy}, "deletedBy": "shop_id"`)).to.deep.equal([
      `${line}:64 "shop_id" says whether a row is deleted and is a string (expected a boolean column)`,
    ]);
    expect(problemOf('"write": "merge"', '"write": "replace"')).to.deep.equal([
      `${line - 1}:14 the strategy replace merges nothing (expected merge or scd2)`,
    ]);
    const [missing, ...others] = problemsWith({
      [shops]: edited(shops, '"write": "replace-partition"', '"write": "merge"'),
    });
    expect(missing).to.equal(
      `${shops}:${lineOf(shops, '  "x-dataplat": {', '"additionalProperties": false,\n  "x-')}:3 "x-dataplat.merge" is missing (the strategy merge must know which of several changes of a key is the last)`,
    );
    expect(others).to.deep.equal([]);
  });

  it('refuses a strategy by which no job writes what a source delivers', () => {
    const events = 'config/schemas/order_events_bronze.json';
    for (const [file, from, to, expected] of [
      [
        shops,
        '"write": "replace-partition"',
        '"write": "replace"',
        '"x-dataplat.write" is "replace", and shops ingests it (expected replace-partition or merge: what a job of mode batch writes of a source by)',
      ],
      [
        events,
        '"write": "append-stream"',
        '"write": "replace-partition"',
        '"x-dataplat.write" is "replace-partition", and order_events ingests it (expected append-stream: what a job of mode stream writes of a source by)',
      ],
    ] as const)
      expect(problemsWith({ [file]: edited(file, from, to) })).to.deep.equal([
        `${file}:${lineOf(file, from)}:14 ${expected}`,
      ]);
  });

  it('takes the day of a timestamp only, and only for a date', () => {
    const invoices = 'config/schemas/invoices_bronze.json';
    const description = '"description": "Date of the invoice."';
    const problemOf = (to: string): string[] =>
      problemsWith({
        [invoices]: edited(
          invoices,
          description,
          `${description},\n      "x-dataplat": {\n        "dateOf": "${to}"\n      }`,
        ),
      });
    const place = `${invoices}:${lineOf(invoices, description) + 2}:19`;
    expect(problemOf('booked_att')).to.deep.equal([
      `${place} no column "booked_att" (did you mean booked_at?)`,
    ]);
    expect(problemOf('currency')).to.deep.equal([
      `${place} "currency" is no timestamp (expected one whose day "issued_on" is)`,
    ]);
  });

  it('refuses jobs that wait for each other', () => {
    // Who reads what was ingested waits for its check, too.
    const text = edited(lineage, 'inputs: [source/shops]', 'inputs: [members_bronze]').replace(
      'inputs: [source/members]',
      'inputs: [shops_bronze]',
    );
    expect(problemsWith({ [lineage]: text })).to.deep.equal([
      `${lineage}:${lineOf(lineage, '  check_bronze:', 'jobs:')}:3 jobs wait for each other: check_bronze -> members -> check_bronze`,
    ]);
  });

  it('says which environments there are when one is asked for that is not', () => {
    expect(() => readPlatform(projectWith({}), 'prd'))
      .to.throw(DataplatError, 'no environment "prd" (did you mean prod?)')
      .with.property('exitCode', 2);
  });

  it('lets a flag and a variable come before the file', () => {
    const { environment } = readPlatform(projectWith({}), 'local', { localPort: 5999, region: 'us-east-1' });
    expect(environment.endpoint?.port).to.equal(5999);
    expect(environment.region).to.equal('us-east-1');
  });
});

describe('a contract', () => {
  it('whose type is none of JSON Schema is told so, and nothing else is asked of it', () => {
    const problems = problemsWith({
      [shops]: edited(shops, '"type": ["string", "null"]', '"type": { "a": 1 }'),
    });
    expect(problems.filter((problem) => problem.startsWith(shops))).to.not.deep.equal([]);
    for (const problem of problems) expect(problem).to.contain('"properties.roast.type"');
  });

  it('becomes a dataset whose columns have their types, nullability and origin', () => {
    const { datasets } = readPlatform(projectWith({}), 'dev');
    const columns = datasets.find((dataset) => dataset.id === 'shops_bronze')?.columns ?? [];
    const brief = columns.map(({ name, type, nullable, origin }) => [name, type, nullable, origin]);
    expect(brief).to.deep.include.members([
      ['shop_id', 'string', false, 'source'],
      ['yearly_rent', 'decimal(18,2)', true, 'source'],
      ['seats', 'int', true, 'source'],
      ['is_open', 'boolean', false, 'source'],
      ['updated_at', 'timestamp', false, 'source'],
      ['ingest_date', 'date', false, 'platform'],
      ['_unmapped', 'map<string,string>', true, 'platform'],
    ]);
  });

  it('refuses a type that Spark does not have, with its place and the reason', () => {
    const text = edited(shops, '"decimal(18,2)"', '"decimal(40,2)"');
    const line = text.split('\n').findIndex((one) => one.includes('decimal(40,2)')) + 1;
    const [problem] = validateProject(projectWith({ [shops]: text })).problems;
    expect(problem?.message).to.equal('unknown type "decimal(40,2)"');
    expect(problem?.hint).to.equal('precision is at most 38');
    expect(problem?.location.line).to.equal(line);
  });

  it('refuses a key column that is none, or may be null', () => {
    const [unknown] = validateProject(
      projectWith({
        [shops]: edited(shops, '"primaryKey": ["shop_id"]', '"primaryKey": ["shp_id"]'),
      }),
    ).problems;
    expect(unknown?.message).to.equal('no column "shp_id"');
    expect(unknown?.hint).to.equal('did you mean shop_id?');
    const [nullable] = validateProject(
      projectWith({
        [shops]: edited(shops, '"primaryKey": ["shop_id"]', '"primaryKey": ["seats"]'),
      }),
    ).problems;
    expect(nullable?.message).to.equal('"seats" is part of the primary key and may be null');
  });

  it('refuses a layer that is none and a key that is unknown', () => {
    const text = edited(shops, '"layer": "bronze"', '"layer": "copper",\n    "colour": "red"');
    const messages = validateProject(projectWith({ [shops]: text })).problems.map(
      (problem) => `${problem.message} (${problem.hint})`,
    );
    expect(messages).to.deep.equal([
      'unknown key "x-dataplat.colour" (there is: freshness, layer, maintenance, maskInPlace, maskedCopyOf, merge, owner, partitionedBy, primaryKey, table, tags, watermark, write)',
      '"x-dataplat.layer" is "copper" (expected bronze, silver or gold)',
    ]);
  });

  it('must be JSON proper, although it would pass as YAML', () => {
    const [problem] = validateProject(projectWith({ [shops]: '{ "a": 1, }' })).problems;
    expect(problem?.code).to.equal('DP2002');
  });
});
