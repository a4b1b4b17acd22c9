import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataplatError } from '../model/errors.js';
import { jsonSchemas } from '../model/json-schemas.js';
import { packageDirectory } from './project-directory.js';

/** What is said of a project before there is any file of it. */
export interface NewProject {
  /** The beginning of every name in AWS, before the environment's. */
  readonly name: string;
  /** Of `dev` and `prod`. Default: numbers of nobody, to be replaced. */
  readonly account?: string | undefined;
  /** Default: the one of the product's own environments. */
  readonly region?: string | undefined;
}

/** The files of a new project, by path. What is common to all projects is the product's own declaration. */
export function newProjectFiles(project: NewProject): Map<string, string> {
  refuseWrongNames(project);
  const files = new Map<string, string>();
  const template = join(packageDirectory, 'src', 'project', 'template');
  for (const path of filesBelow(template)) {
    const text = readFileSync(join(template, path), 'utf8');
    // npm leaves a file of that name out of packages, and git would apply it here.
    files.set(path === 'gitignore' ? '.gitignore' : path, text.replaceAll('my-platform', project.name));
  }
  for (const path of shared) files.set(path, ours(path));
  for (const [name, schema] of Object.entries(jsonSchemas()))
    files.set(`config/editor/${name}`, `${JSON.stringify(schema, null, 2)}\n`);
  for (const name of ['local', 'dev', 'prod']) {
    const path = `config/environments/${name}.yaml`;
    files.set(path, environmentOf(project, ours(path)));
  }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Settings that teams have in common. */
const shared = [
  'config/airflow/requirements.txt',
  'config/airflow/startup.sh',
  'config/emr/delta-core.conf',
  'config/emr/logging.yaml',
  'config/emr/spark-defaults.conf',
  'config/shared/logging.conf',
];

function ours(path: string): string {
  return readFileSync(join(packageDirectory, path), 'utf8');
}

/** One of the product's environments with the names of a new project, and with its one system. */
function environmentOf({ name, account, region }: NewProject, text: string): string {
  const isLocal = /^name: local$/m.test(text);
  const [, ownAccount] = found(text, /^account: '(\d{12})'/m);
  const [, ownRegion] = found(text, /^region: (\S+)$/m);
  let made = text.replace(/\bdataplat-(?=local|dev|prod|snapshots)/g, `${name}-`);
  made = replaceOnce(made, /^sources:.*\n(?:[ #].*\n)*/m, `${systems}\n`);
  // What is delivered as files is in S3, to which the network has a way of its own.
  if (!isLocal) {
    made = replaceOnce(
      made,
      /^ {2}nat: \S+.*$/m,
      '  nat: none # single | per-zone, for sources on the internet',
    );
    made = replaceOnce(
      made,
      /^ {2}sources:\n(?: {4}.*\n)+/m,
      '  sources: [] # what jobs reach besides AWS: { name, cidr, port, from: [jobs], description }\n',
    );
    // Airflow would need a way to the other region.
    made = made.replace(
      /^ {2}schedule: (.*?) #.*$/m,
      '  # schedule: $1 # in UTC: Airflow takes it, and needs in network.sources a way to S3 of that region',
    );
  }
  if (account !== undefined && !isLocal) made = made.replaceAll(ownAccount, account);
  if (region === undefined || region === ownRegion) return made;
  const other = otherRegion(region);
  // The regions of copies are another one than the environment's.
  return made
    .split('\n')
    .map((line) => (/^ +region: /.test(line) ? line.replace(/region: \S+/, `region: ${other}`) : line))
    .join('\n')
    .replace(/^region: \S+$/m, `region: ${region}`);
}

const systems = [
  'sources: # how each system that delivers is reached',
  '  shop: { kind: files } # into the landing bucket',
].join('\n');

/** Where copies are kept: in another region, of the same part of the world as far as it has two. */
function otherRegion(region: string): string {
  const pair = regionPairs[region.slice(0, region.indexOf('-'))] ?? regionPairs['eu'] ?? [];
  return pair.find((one) => one !== region) ?? region;
}

const regionPairs: Readonly<Record<string, readonly string[]>> = {
  ap: ['ap-southeast-2', 'ap-northeast-1'],
  ca: ['ca-central-1', 'ca-west-1'],
  eu: ['eu-west-1', 'eu-central-1'],
  sa: ['us-east-1'],
  us: ['us-west-2', 'us-east-1'],
};

/** @throws DataplatError DP1001 */
function refuseWrongNames({ name, account, region }: NewProject): void {
  const wrong = (message: string, hint: string): DataplatError =>
    new DataplatError('DP1001', message, { left: 'nothing was written', next: [hint] });
  // The longest environment makes it a prefix of 24 characters at most.
  if (!/^[a-z][a-z0-9-]{0,16}[a-z0-9]$/.test(name) || name.includes('--')) {
    throw wrong(
      `"${name}" cannot begin the names in AWS: lower-case letters, digits and single hyphens, 2 to 18 characters`,
      `dataplat init … --name ${suggestedName(name)}`,
    );
  }
  if (account !== undefined && !/^\d{12}$/.test(account))
    throw wrong(`--account ${account} is no account: twelve digits`, 'aws sts get-caller-identity');
  if (region !== undefined && !/^[a-z]{2}(-[a-z]+)+-\d$/.test(region))
    throw wrong(`--region ${region} is no region of AWS`, '--region eu-central-1, for example');
}

function suggestedName(name: string): string {
  const letters = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 18)
    .replace(/-+$/, '');
  return letters.length >= 2 ? letters : 'my-platform';
}

function found(text: string, pattern: RegExp): [string, string] {
  const [all, group] = pattern.exec(text) ?? [];
  if (all === undefined || group === undefined) throw new Error(`an environment has no ${pattern.source}`);
  return [all, group];
}

function replaceOnce(text: string, pattern: RegExp, by: string): string {
  found(text, new RegExp(`(${pattern.source})`, pattern.flags));
  return text.replace(pattern, () => by);
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('__pycache__'))
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    );
}
