import { expect } from 'chai';
import type { Environment } from '../../src/model/environment.js';
import { carriedJars, imageJars } from '../../src/model/connector-jars.js';
import { groupOfJar, wantedJars } from '../../src/toolchain/jars.js';

describe('the jars of connectors', () => {
  const jdbc = (url: string): Environment['sources'] => ({
    one: { kind: 'jdbc', url, secret: 'one', partitions: 1 },
  });
  const kafka: Environment['sources'] = { queue: { kind: 'kafka', bootstrapServers: 'b:9096' } };

  const carriedBy = (sources: Environment['sources'], ...delivered: { system: string; format: 'avro' }[]) =>
    carriedJars({ environment: { sources }, sources: delivered });

  it('are brought by a release where EMR’s image has none', () => {
    expect(carriedBy({ till: { kind: 'files' } })).to.deep.equal([]);
    expect(carriedBy(kafka)).to.deep.equal(['kafka']);
    const both = { ...jdbc('jdbc:postgresql://p:5432/x'), ...kafka };
    expect(carriedBy(both)).to.deep.equal(['kafka', 'postgresql']);
  });

  it('are brought for files of Avro, and not for a system that delivers none', () => {
    const avro = { system: 'till', format: 'avro' } as const;
    expect(carriedBy({ till: { kind: 'files' }, ...kafka }, avro)).to.deep.equal(['avro', 'kafka']);
    expect(carriedBy({ till: { kind: 'kafka', bootstrapServers: 'b:9096' } }, avro)).to.deep.equal(['kafka']);
    expect(carriedBy({ shop: { kind: 'files' } })).to.deep.equal([]);
  });

  it('are named where EMR’s image has them', () => {
    const redshift = jdbc('jdbc:redshift://r:5439/x');
    expect(carriedBy(redshift)).to.deep.equal([]);
    expect(imageJars({ sources: redshift })).to.deep.equal(['/usr/share/aws/redshift/jdbc/RedshiftJDBC.jar']);
    expect(imageJars({ sources: kafka })).to.deep.equal([]);
  });

  it('are told apart from Spark’s own: every pinned jar has its place', () => {
    const placed = [...wantedJars().keys()].map((name) => [
      groupOfJar(name),
      name.replace(/-[\d.]+(\.Final)?\.jar$/, ''),
    ]);
    expect(placed.filter(([group]) => group === undefined)).to.deep.equal([]);
    expect(placed.filter(([group]) => group === 'kafka').map(([, name]) => name)).to.deep.equal([
      'commons-pool2',
      'kafka-clients',
      'spark-sql-kafka-0-10_2.12',
      'spark-token-provider-kafka-0-10_2.12',
    ]);
  });
});
