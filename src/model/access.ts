import type { Dataset } from './dataset.js';
import type { Environment } from './environment.js';
import { bucketsOf, type KeyName } from './keys.js';
import { bucketKinds, type BucketKind } from './layers.js';
import { sourceIdOf, type Job, type Source } from './lineage.js';
import { logFolders } from './log-folders.js';
import { names } from './names.js';
import type { Platform } from './platform.js';
import { secretsOf, type Secret } from './secrets.js';

/** A folder of a bucket. */
export interface Folder {
  readonly bucket: BucketKind;
  /** Ends with a slash. */
  readonly path: string;
}

/** What the graph says that a job touches. */
export interface JobAccess {
  readonly sources: readonly Source[];
  readonly reads: readonly Dataset[];
  readonly writes: readonly Dataset[];
}

/** What each job of a platform touches. Made once a platform, for what is looked up is indexed here. */
export class JobsAccess {
  private readonly sources: Shelf<Source>;
  private readonly datasets: Shelf<Dataset>;
  /** By the job's id. */
  private readonly secrets: ReadonlyMap<string, Secret[]>;

  constructor(platform: Platform) {
    this.sources = new Shelf(platform.sources);
    this.datasets = new Shelf(platform.datasets);
    const secrets = new Map(platform.jobs.map(({ id }): [string, Secret[]] => [id, []]));
    for (const secret of secretsOf(platform)) {
      for (const { id } of secret.readers) secrets.get(id)?.push(secret);
    }
    this.secrets = secrets;
  }

  /** What the graph says, in the order of the declaration. */
  of(job: Job): JobAccess {
    return {
      sources: this.sources.named(job.inputs.flatMap((input) => sourceIdOf(input) ?? [])),
      reads: this.datasets.named(job.inputs),
      writes: this.datasets.named(job.outputs),
    };
  }

  /** The secrets that a job may fetch. */
  secretsFor(job: Job): readonly Secret[] {
    return this.secrets.get(job.id) ?? [];
  }
}

/** Things that are found by their ids, in the order in which they stand. */
class Shelf<Item extends { readonly id: string }> {
  private readonly places: ReadonlyMap<string, { readonly item: Item; readonly place: number }>;

  constructor(items: readonly Item[]) {
    this.places = new Map(items.map((item, place) => [item.id, { item, place }]));
  }

  named(ids: readonly string[]): Item[] {
    return [...new Set(ids)]
      .flatMap((id) => this.places.get(id) ?? [])
      .sort((a, b) => a.place - b.place)
      .map(({ item }) => item);
  }
}

/** Where a job's inputs are, and its release. */
export function readFolders(touched: JobAccess): Folder[] {
  return [...inputFolders(touched), { bucket: 'artifacts', path: 'releases/' }];
}

/** Where a job's inputs are: of sources what is delivered for one date, or for any where none is given. */
export function inputFolders({ sources, reads }: JobAccess, date = '{date}'): Folder[] {
  return [
    ...sources.map((source): Folder => ({ bucket: 'landing', path: deliveryFolder(source, date) })),
    ...reads.map(tableFolder),
  ];
}

/** Where a job's outputs are, and the rows of them that it rejects; of one that checks, its data docs. */
export function writeFolders({ writes }: JobAccess, job: Job): Folder[] {
  const tables = writes.flatMap((dataset): Folder[] => [
    tableFolder(dataset),
    { bucket: dataset.layer, path: `${names.quarantineTable(dataset)}/` },
  ]);
  const docs: Folder[] =
    job.gate === true ? [{ bucket: 'logs', path: `${logFolders.dataDocs}${job.id}/` }] : [];
  return [...tables, ...docs];
}

/**
 * The tags of a job's role by which the policies of buckets, keys and secrets know what it touches: a policy that named
 * every role would grow with the jobs, and each kind of policy has a size that it cannot pass.
 */
export const roleTags = {
  /** The buckets that it reaches at all, with a space between them. */
  reads: 'lake-reads',
  /** Those of them that it writes. */
  writes: 'lake-writes',
  /** There where it may fetch the secret. */
  secret: (secret: Pick<Secret, 'id'>): string => `secret-${secret.id}`,
} as const;

export function tagsOf(
  touched: JobAccess,
  job: Job,
  secrets: readonly Secret[],
): Readonly<Record<string, string>> {
  const buckets = (folders: readonly Folder[]): string => {
    const named = new Set(folders.map(({ bucket }) => bucket));
    return bucketKinds.filter((kind) => named.has(kind)).join(' ');
  };
  const writing = [...writeFolders(touched, job), logFolder(job)];
  return {
    [roleTags.reads]: buckets([...readFolders(touched), ...writing]),
    [roleTags.writes]: buckets(writing),
    ...Object.fromEntries(secrets.map((secret) => [roleTags.secret(secret), 'read'])),
  };
}

/** Where a job logs, and no other job does. */
export function logFolder(job: Pick<Job, 'id'>): Folder {
  return { bucket: 'logs', path: `${logFolders.runs}${job.id}/` };
}

function tableFolder(dataset: Dataset): Folder {
  return { bucket: dataset.layer, path: `${names.table(dataset)}/` };
}

/** A source's folder, up to what is still open of it: the date, which is another every day. */
function deliveryFolder(source: Source, date: string): string {
  return (source.path.replaceAll('{date}', date).split('{')[0] ?? '').replace(/[^/]*$/, '');
}

/** Who reaches a bucket's objects beside the jobs, as patterns of ARNs. */
export interface BucketUsers {
  readonly readers: readonly string[];
  readonly writers: readonly string[];
}

/** Whether Airflow takes snapshots by itself, and so has a role that may. */
export function takesScheduledSnapshots({ snapshots }: Pick<Environment, 'snapshots'>): boolean {
  return snapshots?.schedule !== undefined;
}

/** Who may read and who may write a bucket's objects beside the jobs, whose roles' tags say it; nobody else. */
export function bucketUsers(platform: Platform, bucket: BucketKind): BucketUsers {
  const { environment } = platform;
  const { deployers, deliverers, recoverers } = environment.access;
  const scheduled = takesScheduledSnapshots(environment) ? [names.snapshotsRoleArn(environment)] : [];
  const copying = environment.lake.replication ? [names.replicationRoleArn(environment)] : [];
  switch (bucket) {
    case 'landing':
      return {
        readers: copying,
        writers: [
          ...deliverers,
          ...unloaders(environment),
          ...(environment.samples === undefined ? [] : deployers),
        ],
      };
    case 'artifacts':
      return {
        readers: [names.roleArn(environment, names.airflowRole(environment)), ...scheduled, ...recoverers],
        writers: deployers,
      };
    case 'logs':
      // Athena writes results of queries with the rights of who asks. The bucket's policy closes its other folders to them.
      return { readers: [], writers: [...deployers, ...askers(platform)] };
    default:
      return {
        readers: [...copying, ...scheduled],
        writers: [names.lakeRoleArn(environment, bucket), ...recoverers],
      };
  }
}

/** The roles with which databases write large pulls into landing. */
export function unloaders({ sources }: Environment): string[] {
  return unique(
    Object.values(sources).flatMap((connector) =>
      connector.kind === 'jdbc' && connector.unload ? [connector.unload.roleArn] : [],
    ),
  );
}

/** Who asks Athena: whom the personas name. */
export function askers({ environment }: Platform): string[] {
  const asking = Object.values(environment.access.personas).flatMap(({ principals }) => principals);
  // Of a whole account, root stands for everyone in it.
  return unique(asking.map((arn) => arn.replace(/:root$/, ':*')));
}

/** Who may use a key beside the jobs: those who may reach what it encrypts. */
export function keyUsers(platform: Platform, key: KeyName): BucketUsers {
  const users = bucketsOf(key).map((bucket) => bucketUsers(platform, bucket));
  const people = key === 'operations' ? askers(platform) : [];
  const airflow = names.roleArn(platform.environment, names.airflowRole(platform.environment));
  const writers = unique([
    ...users.flatMap((one) => one.writers),
    // Its queue and its metadata are encrypted too.
    ...(key === 'operations' ? [airflow] : []),
  ]).filter((arn) => !people.includes(arn) || platform.environment.access.deployers.includes(arn));
  return {
    readers: unique(users.flatMap((one) => one.readers)).filter((arn) => !writers.includes(arn)),
    writers,
  };
}

/** Who may put in the value of a secret: administrators, and the role of the function that rotates it. */
export function writersOfSecret({ access, secrets }: Environment, { id }: Pick<Secret, 'id'>): string[] {
  const rotates = secrets.rotation[id]?.roleArn;
  return [...access.administrators, ...(rotates === undefined ? [] : [rotates])];
}

/** Who may put in the value of any secret, and so uses the key of secrets. */
export function secretWriters({ environment }: Pick<Platform, 'environment'>): string[] {
  const ids = Object.keys(environment.secrets.rotation);
  return unique([
    ...environment.access.administrators,
    ...ids.flatMap((id) => writersOfSecret(environment, { id })),
  ]);
}

/** Who administers keys, buckets and their policies. They are never locked out, and read no data. */
export function administratorsOf({ environment }: Pick<Platform, 'environment'>): string[] {
  const { administrators, deployers } = environment.access;
  return unique([`arn:aws:iam::${environment.account}:root`, ...administrators, ...deployers]);
}

function unique(arns: readonly string[]): string[] {
  return [...new Set(arns)].sort();
}
