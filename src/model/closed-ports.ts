import type { Connector } from './connector.js';
import type { Path, SourceDocument } from './document.js';
import type { Environment } from './environment.js';
import type { Problem } from './errors.js';
import { holdsAddress } from './ipv4-range.js';

/** Where a job connects to. */
export interface Destination {
  readonly host: string;
  readonly port: number;
}

/** The setting of a connector that says where its system is, and the places that it names. */
interface Reached {
  readonly setting: string;
  readonly destinations: readonly Destination[];
}

/** Where a job connects to that reads from a system; undefined for files, which are delivered. */
export function reachedBy(connector: Connector): Reached | undefined {
  switch (connector.kind) {
    case 'files':
      return undefined;
    case 'kafka':
      return {
        setting: 'bootstrapServers',
        destinations: connector.bootstrapServers.split(',').map((server) => hostAndPort(server, 9092)),
      };
    case 'jdbc': {
      const [, database = '', hosts = ''] = /^jdbc:(\w+):\/\/([^/?;]*)/.exec(connector.url) ?? [];
      const usual = database === 'redshift' ? 5439 : 5432;
      return { setting: 'url', destinations: hosts.split(',').map((host) => hostAndPort(host, usual)) };
    }
    case 'salesforce':
      return { setting: 'loginUrl', destinations: [ofUrl(connector.loginUrl)] };
    case 'http':
      return { setting: 'url', destinations: [ofUrl(connector.url)] };
    case 'snowflake':
      return connector.url === undefined
        ? {
            setting: 'account',
            destinations: [{ host: `${connector.account}.snowflakecomputing.com`, port: 443 }],
          }
        : { setting: 'url', destinations: [ofUrl(connector.url)] };
  }
}

function hostAndPort(text: string, usual: number): Destination {
  const [, host = text, port] = /^(.*):(\d+)$/.exec(text) ?? [];
  return { host, port: port === undefined ? usual : Number(port) };
}

function ofUrl(url: string): Destination {
  const { hostname, port, protocol } = new URL(url);
  return { host: hostname, port: port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port) };
}

/**
 * Every system that jobs ask or tell must be one that the network lets them reach: a job would wait for a connection that
 * nobody answers. An address is looked for in the ranges; of a host's name nobody knows here where it is, so that its port must be
 * open. A platform on this machine has no network of its own.
 */
export function closedPortProblems(document: SourceDocument, environment: Environment): Problem[] {
  if (environment.endpoint !== undefined) return [];
  return [...closedToJobs(document, environment), ...closedRegions(document, environment)];
}

function closedToJobs(document: SourceDocument, environment: Environment): Problem[] {
  return askedByJobs(environment).flatMap(({ path, destinations }): Problem[] => {
    const closed = destinations.find((destination) => !isOpen(environment, destination, 'jobs'));
    if (!closed) return [];
    return [
      {
        code: 'DP2005',
        location: document.locateValue(path),
        message: `jobs cannot reach ${closed.host}:${closed.port}, where "${path.join('.')}" leads`,
        hint: `"network.sources" opens it to jobs: name, cidr, port: ${closed.port}, from: [jobs], description`,
      },
    ];
  });
}

/** The systems that jobs read from, and who is told of their lineage; each by the setting that says where it is. */
function askedByJobs({
  sources,
  lineage,
}: Environment): { readonly path: Path; readonly destinations: readonly Destination[] }[] {
  const systems = Object.entries(sources).flatMap(([system, connector]) => {
    const reached = reachedBy(connector);
    return reached
      ? [{ path: ['sources', system, reached.setting], destinations: reached.destinations }]
      : [];
  });
  const { url } = lineage;
  return [
    ...systems,
    ...(url === undefined ? [] : [{ path: ['lineage', 'url'], destinations: [ofUrl(url)] }]),
  ];
}

/** S3's endpoint leads to the environment's own region; a snapshot that Airflow takes may need another one's. */
function closedRegions(document: SourceDocument, environment: Environment): Problem[] {
  const { region, snapshots, state } = environment;
  if (snapshots?.schedule === undefined) return [];
  const needed: readonly (readonly [Path, string | undefined])[] = [
    [['snapshots', 'region'], snapshots.region],
    [['state', 'region'], state.backend === 's3' ? state.region : undefined],
  ];
  return needed.flatMap(([path, other]): Problem[] => {
    if (other === undefined || other === region) return [];
    const destination = { host: `s3.${other}.amazonaws.com`, port: 443 };
    if (isOpen(environment, destination, 'airflow')) return [];
    return [
      {
        code: 'DP2005',
        location: document.locateValue(path),
        message: `Airflow, which "snapshots.schedule" has take snapshots, cannot reach ${destination.host}:443, where "${path.join('.')}" leads`,
        hint: '"network.sources" opens it to Airflow: name, cidr: 0.0.0.0/0, port: 443, from: [airflow], description',
      },
    ];
  });
}

function isOpen({ network }: Environment, { host, port }: Destination, from: 'jobs' | 'airflow'): boolean {
  return network.sources.some(
    (source) =>
      source.port === port && source.from.includes(from) && holdsAddress(source.cidr, host) !== false,
  );
}
