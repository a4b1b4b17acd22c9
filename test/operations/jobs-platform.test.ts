import { expect } from 'chai';
import type { Dataset } from '../../src/model/dataset.js';
import { names } from '../../src/model/names.js';
import type { Platform } from '../../src/model/platform.js';
import { secretsOf } from '../../src/model/secrets.js';
import { jobsPlatform } from '../../src/operations/jobs-platform.js';
import { jobsPlatformOf } from '../../src/operations/release/jobs-platform-file.js';
import { planRelease } from '../../src/operations/release/release.js';
import { readReleaseFiles } from '../../src/operations/release/read-release-files.js';
import { loadPlatform } from '../../src/project/load-platform.js';
import { packageDirectory } from '../../src/project/project-directory.js';
import { smallPlatform } from '../small-platform.js';

const platform = loadPlatform(smallPlatform, 'prod', {}, {});
const configuration = {
  'spark-defaults': { 'spark.sql.ansi.enabled': 'false', 'spark.jars': '/usr/share/aws/delta/lib/a.jar' },
};

/** The platform with what a test says of one of its datasets. */
function saying(id: string, says: Partial<Dataset>): Platform {
  return {
    ...platform,
    datasets: platform.datasets.map((one) => (one.id === id ? { ...one, ...says } : one)),
  };
}

describe('what jobs are told of the platform', () => {
  const told = jobsPlatform(platform, configuration);

  it('names secrets as stacks make them, and holds no value of one', () => {
    const made = secretsOf(platform).map(({ name }) => name);
    const named = Object.values(told.environment.connectors).flatMap(({ secret }) => secret ?? []);
    expect(named).to.not.be.empty;
    expect(made).to.include.members([...named, told.environment.maskingKey]);
    for (const { settings } of Object.values(told.environment.connectors))
      expect(settings).to.not.have.any.keys('secret', 'kind');
  });

  it('has the properties that a run is sent, without those that name files of the image', () => {
    expect(told.spark).to.deep.equal({
      'spark.sql.catalogImplementation': 'in-memory',
      'spark.hadoop.fs.s3a.endpoint.region': platform.environment.region,
      'spark.sql.ansi.enabled': 'false',
    });
  });

  it('parts what a job reads into sources and datasets, layers resolved', () => {
    for (const { id, inputs } of platform.jobs) {
      const { sources = [], inputs: read = [] } = told.jobs[id] ?? {};
      expect([...sources.map((source) => `source/${source}`), ...read], id).to.have.members(inputs);
      expect(
        read.every((name) => name in told.datasets),
        id,
      ).to.equal(true);
    }
  });

  it('says of what is ingested from which source, and of nothing else', () => {
    const [source] = told.jobs['members']?.sources ?? [];
    expect(source).to.equal('members');
    expect(told.datasets['members_bronze']?.source).to.equal('members');
    expect(told.datasets['members_silver']?.source).to.equal(null);
  });

  it('fills in how tables are kept, and counts durations in seconds', () => {
    const week = { clustering: null, fileMegabytes: 128, keepVersionsSeconds: 7 * 24 * 60 * 60 };
    const clustering = { by: 'zorder', columns: ['member_id'] } as const;
    const said = saying('members_silver', {
      maintenance: { clustering, keepVersions: '10d' },
      maskInPlace: { markedBy: 'masked', after: '26h' },
    });
    expect(told.datasets['members_silver']).to.deep.include({ maintenance: week, maskAfterSeconds: 0 });
    expect(jobsPlatform(said, configuration).datasets['members_silver']).to.deep.equal({
      source: null,
      maintenance: { clustering, fileMegabytes: 128, keepVersionsSeconds: 864_000 },
      quarantineMaintenance: week,
      maskAfterSeconds: 93_600,
    });
  });

  it("takes for freshness what the contract says where the threshold doesn't", () => {
    const expectations = [{ expect: 'freshness', severity: 'warn' } as const];
    const quality = { datasets: { members_bronze: { contract: 'error' as const, expectations } } };
    const said = { ...saying('members_bronze', { freshness: '2d', watermark: 'joined_at' }), quality };
    expect(jobsPlatform(said, configuration).quality['members_bronze']?.['expectations']).to.deep.equal([
      { expect: 'freshness', severity: 'warn', column: 'joined_at', within: '2d', withinSeconds: 172_800 },
    ]);
  });

  it('has every bucket by its whole name', () => {
    expect(Object.values(told.environment.buckets)).to.have.members(names.buckets(platform.environment));
  });
});

describe('what jobs are told, in a release', () => {
  const files = readReleaseFiles(smallPlatform, packageDirectory);

  it('is the same bytes wherever it is made, whatever port the local endpoint has there', async () => {
    const { environment } = loadPlatform(smallPlatform, 'local', {}, {});
    const here = loadPlatform(smallPlatform, 'local', { localPort: 4999 }, {});
    const [one, other] = [
      await jobsPlatformOf(files, environment),
      await jobsPlatformOf(files, here.environment),
    ];
    expect(one.path).to.equal('platform.json');
    expect(planRelease([...files, one]).id).to.equal(planRelease([...files, other]).id);
    expect(JSON.parse(Buffer.from(one.content).toString())).to.have.nested.property(
      'environment.endpointPort',
      environment.endpoint?.port,
    );
  });
});
