import { expect } from 'chai';
import { connectorSchema } from '../../src/model/connector.js';
import { secretOfSource } from '../../src/model/source-connector.js';
import { readPlatform, validateProject } from '../../src/model/read-platform.js';
import { secretsOf } from '../../src/model/secrets.js';
import { edited, projectWith } from './project.js';

const dev = 'config/environments/dev.yaml';
const lineage = 'config/shared/lineage.yaml';

/** The problems of the dev environment with another connector for the tills, as `line:column message (hint)`. */
function problemsWith(till: string, changes: Record<string, string> = {}): string[] {
  const files = projectWith({ [dev]: edited(dev, 'till: { kind: files }', till), ...changes });
  return validateProject(files).problems.map(
    ({ location, message, hint }) =>
      `${location.file}:${location.line}:${location.column} ${message}${hint === undefined ? '' : ` (${hint})`}`,
  );
}

const sourcesLine =
  edited(dev, '', '').split('\n').indexOf('sources: # how each system that delivers is reached') + 1;
const jdbc = 'till: { kind: jdbc, url: "jdbc:redshift://till.example/till", secret: till, partitions: 4 }';

describe('how a system is reached', () => {
  it('must be said for each system that a source names, once for all its sources', () => {
    expect(problemsWith('other: { kind: files }')).to.include(
      `${dev}:${sourcesLine}:1 "sources.till" is missing (source shops comes from there; { kind: files } where files of it are delivered)`,
    );
    expect(
      problemsWith('other: { kind: files }').filter((problem) => problem.includes('sources.till')),
    ).to.have.length(1);
  });

  it('is of no use for a system that no source names', () => {
    const [problem] = problemsWith('till: { kind: files }\n  tiil: { kind: files }');
    expect(problem).to.equal(
      `${dev}:${sourcesLine + 2}:3 no source comes from a system "tiil" (did you mean till?)`,
    );
  });

  it('must be known where one environment alone is read, too', () => {
    const files = projectWith({ [dev]: edited(dev, 'till: { kind: files }', '#') });
    expect(() => readPlatform(files, 'dev')).to.throw('the declaration has');
    expect(readPlatform(files, 'prod').environment.sources['till']).to.deep.equal({ kind: 'files' });
  });

  it('other than by files needs to know what to ask for', () => {
    const column = '  till: { kind: '.length + 1;
    expect(problemsWith(jdbc)).to.deep.equal(
      ['shops', 'members'].map(
        (id) =>
          `${dev}:${sourcesLine + 1}:${column} source ${id} of ${lineage} has no "entity" to ask till for (name its table, object, topic or path there)`,
      ),
    );
  });

  it('says which kinds there are', () => {
    expect(problemsWith('till: { kind: ftp }')).to.deep.equal([
      `${dev}:${sourcesLine + 1}:17 "sources.till.kind" is "ftp" (expected one of files, snowflake, jdbc, salesforce, http, kafka)`,
    ]);
  });

  it('wants a kind, and knows the keys of every kind', () => {
    expect(problemsWith('till: { url: "https://x.example" }')).to.deep.equal([
      `${dev}:${sourcesLine + 1}:3 "sources.till.kind" is missing (expected one of files, snowflake, jdbc, salesforce, http, kafka)`,
    ]);
    const [problem] = problemsWith(jdbc.replace('partitions', 'partition'));
    expect(problem).to.match(/"sources\.till\.partitions" is missing/);
    expect(problemsWith(jdbc.replace('}', ', acount: x }'))[0]).to.contain(
      'unknown key "sources.till.acount" (did you mean "account"?)',
    );
  });

  it('does not take a user or a password in an address', () => {
    const url = 'jdbc:postgresql://me:pw@till.example/till';
    expect(connectorSchema.safeParse({ kind: 'jdbc', url, secret: 'till', partitions: 1 }).success).to.equal(
      false,
    );
  });

  it('does not take the key of masks for the secret of a system', () => {
    const till = { kind: 'jdbc', url: 'jdbc:postgresql://till.example/till', partitions: 1 };
    expect(connectorSchema.safeParse({ ...till, secret: 'till' }).success).to.equal(true);
    expect(connectorSchema.safeParse({ ...till, secret: 'masking-key' }).success).to.equal(false);
  });
});

describe('the secret of a source', () => {
  const asDatabase = projectWith({
    [dev]: edited(dev, 'till: { kind: files }', jdbc),
    [lineage]: edited(lineage, '', '').replaceAll('system: till', 'system: till\n    entity: till.things'),
  });

  it('is that of its connector, and none for files', () => {
    const { environment, sources } = readPlatform(asDatabase, 'dev');
    const ofTill = sources.filter(({ system }) => system === 'till');
    expect(ofTill.map((source) => secretOfSource(environment, source))).to.deep.equal(['till', 'till']);
    const { environment: prod } = readPlatform(projectWith({}), 'prod');
    expect(secretOfSource(prod, ofTill[0]!)).to.equal(undefined);
  });

  it('is for the jobs that read the source', () => {
    const platform = readPlatform(asDatabase, 'dev');
    const [secret] = secretsOf(platform).filter(({ id }) => id === 'till');
    expect(secret?.name).to.equal('roastery-dev/till');
    expect(secret?.readers.map(({ id }) => id)).to.deep.equal(['members', 'shops']);
    expect(secretsOf(readPlatform(asDatabase, 'prod')).map(({ id }) => id)).not.to.include('till');
  });
});
