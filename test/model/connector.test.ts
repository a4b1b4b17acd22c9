import { expect } from 'chai';
import { connectorSchema, secretOfSource } from '../../src/model/connector.js';
import { readPlatform, validateProject } from '../../src/model/platform.js';
import { secretsOf } from '../../src/model/secrets.js';
import { edited, projectWith } from './project.js';

const dev = 'config/environments/dev.yaml';
const lineage = 'config/shared/lineage.yaml';

/** The problems of the dev environment with another connector for the CRM, as `line:column message (hint)`. */
function problemsWith(crm: string, changes: Record<string, string> = {}): string[] {
  const files = projectWith({ [dev]: edited(dev, 'crm: { kind: files }', crm), ...changes });
  return validateProject(files).problems.map(
    ({ location, message, hint }) =>
      `${location.file}:${location.line}:${location.column} ${message}${hint === undefined ? '' : ` (${hint})`}`,
  );
}

const sourcesLine =
  edited(dev, '', '').split('\n').indexOf('sources: # how each system that delivers is reached') + 1;
const jdbc = 'crm: { kind: jdbc, url: "jdbc:postgresql://crm.example/crm", secret: crm, partitions: 4 }';

describe('how a system is reached', () => {
  it('must be said for each system that a source names, once for all its sources', () => {
    expect(problemsWith('other: { kind: files }')).to.include(
      `${dev}:${sourcesLine}:1 "sources.crm" is missing (source crm_accounts comes from there; { kind: files } where files of it are delivered)`,
    );
    expect(
      problemsWith('other: { kind: files }').filter((problem) => problem.includes('sources.crm')),
    ).to.have.length(1);
  });

  it('is of no use for a system that no source names', () => {
    const [problem] = problemsWith('crm: { kind: files }\n  crn: { kind: files }');
    expect(problem).to.equal(
      `${dev}:${sourcesLine + 2}:3 no source comes from a system "crn" (did you mean crm?)`,
    );
  });

  it('must be known where one environment alone is read, too', () => {
    const files = projectWith({ [dev]: edited(dev, 'crm: { kind: files }', '#') });
    expect(() => readPlatform(files, 'dev')).to.throw('the declaration has');
    expect(readPlatform(files, 'prod').environment.sources['crm']).to.deep.equal({ kind: 'files' });
  });

  it('other than by files needs to know what to ask for', () => {
    const column = '  crm: { kind: '.length + 1;
    expect(problemsWith(jdbc)).to.deep.equal(
      ['crm_accounts', 'crm_contacts', 'crm_opportunities'].map(
        (id) =>
          `${dev}:${sourcesLine + 1}:${column} source ${id} of ${lineage} has no "entity" to ask crm for (name its table, object, topic or path there)`,
      ),
    );
  });

  it('says which kinds there are', () => {
    expect(problemsWith('crm: { kind: ftp }')).to.deep.equal([
      `${dev}:${sourcesLine + 1}:16 "sources.crm.kind" is "ftp" (expected one of files, snowflake, jdbc, salesforce, http, kafka)`,
    ]);
  });

  it('wants a kind, and knows the keys of every kind', () => {
    expect(problemsWith('crm: { url: "https://x.example" }')).to.deep.equal([
      `${dev}:${sourcesLine + 1}:3 "sources.crm.kind" is missing (expected one of files, snowflake, jdbc, salesforce, http, kafka)`,
    ]);
    const [problem] = problemsWith(jdbc.replace('partitions', 'partition'));
    expect(problem).to.match(/"sources\.crm\.partitions" is missing/);
    expect(problemsWith(jdbc.replace('}', ', acount: x }'))[0]).to.contain(
      'unknown key "sources.crm.acount" (did you mean "account"?)',
    );
  });

  it('does not take a user or a password in an address', () => {
    const url = 'jdbc:postgresql://me:pw@crm.example/crm';
    expect(connectorSchema.safeParse({ kind: 'jdbc', url, secret: 'crm', partitions: 1 }).success).to.equal(
      false,
    );
  });

  it('does not take the key of masks for the secret of a system', () => {
    const crm = { kind: 'jdbc', url: 'jdbc:postgresql://crm.example/crm', partitions: 1 };
    expect(connectorSchema.safeParse({ ...crm, secret: 'crm' }).success).to.equal(true);
    expect(connectorSchema.safeParse({ ...crm, secret: 'masking-key' }).success).to.equal(false);
  });
});

describe('the secret of a source', () => {
  const asDatabase = projectWith({
    [dev]: edited(dev, 'crm: { kind: files }', jdbc),
    [lineage]: edited(lineage, '', '').replaceAll('system: crm', 'system: crm\n    entity: crm.things'),
  });

  it('is that of its connector, and none for files', () => {
    const { environment, sources } = readPlatform(asDatabase, 'dev');
    const ofCrm = sources.filter(({ system }) => system === 'crm');
    expect(ofCrm.map((source) => secretOfSource(environment, source))).to.deep.equal(['crm', 'crm', 'crm']);
    const { environment: prod } = readPlatform(projectWith({}), 'prod');
    expect(secretOfSource(prod, ofCrm[0]!)).to.equal(undefined);
  });

  it('is for the jobs that read the source', () => {
    const platform = readPlatform(asDatabase, 'dev');
    const [secret] = secretsOf(platform).filter(({ id }) => id === 'crm');
    expect(secret?.name).to.equal('dataplat-dev/crm');
    expect(secret?.readers.map(({ id }) => id)).to.deep.equal([
      'crm_accounts',
      'crm_contacts',
      'crm_opportunities',
    ]);
    expect(secretsOf(readPlatform(asDatabase, 'prod')).map(({ id }) => id)).not.to.include('crm');
  });
});
