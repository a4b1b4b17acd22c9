import { expect } from 'chai';
import { reachedBy } from '../../src/model/closed-ports.js';
import { connectorSchema } from '../../src/model/connector.js';
import { validateProject } from '../../src/model/read-platform.js';
import { packageDirectory } from '../../src/project/project-directory.js';
import { edited, lineOf, projectWith } from './project.js';

const dev = 'config/environments/dev.yaml';
const local = 'config/environments/local.yaml';

function problemsWith(changes: Record<string, string>): string[] {
  return validateProject(projectWith(changes)).problems.map(
    ({ location, message, hint }) => `${location.file}:${location.line} ${message} (${hint ?? ''})`,
  );
}

describe('where a job connects to', () => {
  const destinations = (connector: object): string[] =>
    (reachedBy(connectorSchema.parse(connector))?.destinations ?? []).map(
      ({ host, port }) => `${host}:${port}`,
    );
  const jdbc = { kind: 'jdbc', secret: 'one', partitions: 1 };

  it('is what its connector names, at the port that the system has by itself where it names none', () => {
    expect(destinations({ kind: 'files' })).to.deep.equal([]);
    expect(destinations({ kind: 'kafka', bootstrapServers: 'a:9096,b:9094' })).to.deep.equal([
      'a:9096',
      'b:9094',
    ]);
    expect(destinations({ ...jdbc, url: 'jdbc:redshift://web.example.com:5440/web' })).to.deep.equal([
      'web.example.com:5440',
    ]);
    expect(destinations({ ...jdbc, url: 'jdbc:redshift://web.example.com/web?ssl=true' })).to.deep.equal([
      'web.example.com:5439',
    ]);
    expect(destinations({ ...jdbc, url: 'jdbc:postgresql://10.1.2.3/books' })).to.deep.equal([
      '10.1.2.3:5432',
    ]);
    expect(destinations({ kind: 'http', url: 'https://rates.example.com/a' })).to.deep.equal([
      'rates.example.com:443',
    ]);
    expect(destinations({ kind: 'http', url: 'http://rates.example.com:8080' })).to.deep.equal([
      'rates.example.com:8080',
    ]);
    const snowflake = { kind: 'snowflake', account: 'org-one', warehouse: 'W', database: 'D', secret: 'one' };
    expect(destinations(snowflake)).to.deep.equal(['org-one.snowflakecomputing.com:443']);
  });
});

describe('the region of snapshots that Airflow takes', () => {
  const prod = 'config/environments/prod.yaml';
  const way = 'from: [airflow]';

  it('must be open to Airflow where it is another one, and only where a snapshot is scheduled', () => {
    const closed = `${prod}:${lineOf(prod, 'region: eu-west-1\n  keep')} Airflow, which "snapshots.schedule" has take snapshots, cannot reach s3.eu-west-1.amazonaws.com:443, where "snapshots.region" leads ("network.sources" opens it to Airflow: name, cidr: 0.0.0.0/0, port: 443, from: [airflow], description)`;
    expect(problemsWith({ [prod]: edited(prod, way, 'from: [jobs]') })).to.deep.equal([closed]);
    const unscheduled = edited(prod, way, 'from: [jobs]').replace(/^ {2}schedule:.*$/m, '');
    expect(problemsWith({ [prod]: unscheduled })).to.deep.equal([]);
    const sameRegion = edited(prod, way, 'from: [jobs]').replace(
      'region: eu-west-1\n  keep',
      'region: eu-central-1\n  keep',
    );
    expect(problemsWith({ [prod]: sameRegion })).to.deep.equal([]);
  });

  it('is asked for a schedule that cron knows', () => {
    const [problem] = problemsWith({ [prod]: edited(prod, "'30 6 * * *'", "'30 25 * * *'") });
    expect(problem).to.match(/prod\.yaml:\d+ "snapshots\.schedule".*an hour from 0 to 23/);
  });
});

describe('a system that jobs ask', () => {
  const kafka = lineOf(dev, 'bootstrapServers:');
  const closed = (where: string, port: number, line: number, setting: string): string =>
    `${dev}:${line} jobs cannot reach ${where}:${port}, where "sources.${setting}" leads ("network.sources" opens it to jobs: name, cidr, port: ${port}, from: [jobs], description)`;

  it('must be open to them by its port', () => {
    expect(problemsWith({ [dev]: edited(dev, 'port: 9096', 'port: 9094') })).to.deep.equal([
      closed('b-1.tills.example.com', 9096, kafka, 'queue.bootstrapServers'),
    ]);
    // What is open to Airflow is not open to jobs.
    expect(
      problemsWith({
        [dev]: edited(dev, 'port: 9096\n      from: [jobs]', 'port: 9096\n      from: [airflow]'),
      }),
    ).to.deep.equal([closed('b-1.tills.example.com', 9096, kafka, 'queue.bootstrapServers')]);
  });

  it('must be, each of its servers', () => {
    expect(
      problemsWith({ [dev]: edited(dev, 'b-2.tills.example.com:9096', 'b-2.tills.example.com:9098') }),
    ).to.deep.equal([closed('b-2.tills.example.com', 9098, kafka, 'queue.bootstrapServers')]);
  });

  it('must be by its address too, where the connector names that', () => {
    const at = (address: string) =>
      problemsWith({ [dev]: edited(dev, 'b-1.tills.example.com:9096,b-2.tills.example.com', address) });
    expect(at('10.60.15.255')).to.deep.equal([]);
    expect(at('10.60.16.1')).to.deep.equal([closed('10.60.16.1', 9096, kafka, 'queue.bootstrapServers')]);
  });

  it('must be where it is told of lineage', () => {
    const told = (url: string) =>
      problemsWith({
        [dev]: edited(dev, 'transport: file # OpenLineage', `transport: http\n  url: ${url}\n  #`),
      });
    const line = lineOf(dev, 'transport: file') + 1;
    expect(told('http://marquez.example.com:5000/api')).to.deep.equal([
      `${dev}:${line} jobs cannot reach marquez.example.com:5000, where "lineage.url" leads ("network.sources" opens it to jobs: name, cidr, port: 5000, from: [jobs], description)`,
    ]);
    expect(told('http://marquez.example.com:9096/api')).to.deep.equal([]);
  });

  it('need not be where the platform lives on this machine, which has no such network', () => {
    expect(
      problemsWith({
        [local]: edited(
          local,
          'queue: { kind: files }',
          'queue: { kind: kafka, bootstrapServers: "127.0.0.1:19092" }',
        ),
      }),
    ).to.deep.equal([]);
  });

  it('is, in every environment of this repository', () => {
    expect(validateProject(projectWith({}, packageDirectory)).problems).to.deep.equal([]);
  });
});

describe('workers that are kept ready', () => {
  const prod = 'config/environments/prod.yaml';
  it('are of a size that jobs ask for', () => {
    const drivers = 'drivers: { count: 2, cpu: 2, memoryGb: 4 }';
    expect(
      problemsWith({ [prod]: edited(prod, drivers, drivers.replace('memoryGb: 4', 'memoryGb: 16')) }),
    ).to.deep.equal([
      `${prod}:${lineOf(prod, drivers)} no job's drivers are of 2 vCPU and 16 GB, so that these are kept ready for nobody (jobs ask for { cpu: 2, memoryGb: 4 }; or leave "emr.initialCapacity" out)`,
    ]);
    const executors = 'executors: { count: 4, cpu: 2, memoryGb: 4 }';
    expect(
      problemsWith({ [prod]: edited(prod, executors, executors.replace('cpu: 2', 'cpu: 4')) }),
    ).to.have.length(1);
  });
});
