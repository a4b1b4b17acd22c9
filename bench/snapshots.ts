import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { S3 } from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import { layers } from '../src/model/layers.js';
import { names } from '../src/model/names.js';
import { loadPlatform } from '../src/project/load-platform.js';
import { locateRuntime } from '../src/toolchain/locate-toolchain.js';
import { judged, seconds, type Command, type Comparison, type Pair } from './compare.js';
import { lateAnswers } from './late-answers.js';

export interface SnapshotBench {
  readonly project: string;
  readonly port: number;
  /** A command of ours on the project. */
  readonly ours: (...words: string[]) => Command;
  readonly files: number;
  readonly bytesAFile: number;
}

const tables = 20;
/** What S3 takes to answer, at the least. Source: Amazon S3 user guide, "Performance design patterns for Amazon S3". */
const milliseconds = 100;

/**
 * A first snapshot of a lake beside `aws s3 sync` of the same files into an empty bucket, and a second one of the same lake
 * beside the same. The bucket of snapshots is emptied before each first one.
 *
 * Once as the local endpoint answers, where both are bound by its one process and by two cores; and once with every answer
 * as late as S3's, which is what a snapshot of a real lake waits for.
 */
export async function snapshotsOfALake(bench: SnapshotBench): Promise<Comparison[]> {
  const { project, port, ours } = bench;
  const { environment } = loadPlatform(project, 'local', {}, { DATAPLAT_LOCAL_PORT: String(port) });
  seconds([ours('local', 'up'), ours('bootstrap', '--yes')]);
  const s3 = new S3({
    endpoint: `http://127.0.0.1:${port}`,
    region: environment.region,
    forcePathStyle: true,
    credentials: { accessKeyId: environment.account, secretAccessKey: 'local' },
  });
  const [lake, copy, store] = [
    names.bucket(environment, 'bronze'),
    'bench-copy',
    environment.snapshots?.bucket ?? '',
  ];
  const location = {
    CreateBucketConfiguration: { LocationConstraint: environment.region as 'eu-central-1' },
  };
  for (const bucket of [...layers.map((layer) => names.bucket(environment, layer)), copy])
    await s3.createBucket({ Bucket: bucket, ...location });
  await writeLake(s3, lake, bench);
  const { localPython } = await locateRuntime();
  const found: Comparison[] = [];
  for (const { late, as } of [
    { late: false, as: 'of the local endpoint' },
    { late: true, as: `answered after ${milliseconds} ms` },
  ]) {
    const hop = late ? await lateAnswers(project, { port, milliseconds }) : undefined;
    const at = hop?.port ?? port;
    const sync: Command = {
      program: join(dirname(localPython), 'aws'),
      words: [
        ...['--endpoint-url', `http://127.0.0.1:${at}`],
        ...['s3', 'sync', '--quiet', `s3://${lake}`, `s3://${copy}`],
      ],
      environment: {
        ...process.env,
        AWS_ACCESS_KEY_ID: environment.account,
        AWS_SECRET_ACCESS_KEY: 'local',
        AWS_DEFAULT_REGION: environment.region,
      },
    };
    const snapshot = ours('dr', 'snapshot', '--no-airflow');
    const taking = { ...snapshot, environment: { ...snapshot.environment, DATAPLAT_LOCAL_PORT: String(at) } };
    const [first, second]: [Pair[], Pair[]] = [[], []];
    for (let turn = 0; turn < 4; turn += 1) {
      await empty(s3, store);
      await empty(s3, copy);
      const synced = seconds([sync]);
      const taken = { a: synced, b: seconds([taking]) };
      const again = { a: synced, b: seconds([taking]) };
      if (turn === 0) continue;
      first.push(taken);
      second.push(again);
    }
    const of = `${bench.files} files, ${as}`;
    found.push(
      judged(`aws s3 sync of ${of} / dataplat dr snapshot of them`, { least: 3 }, first),
      judged(`aws s3 sync of ${of} / dataplat dr snapshot of them, unchanged`, { least: 50 }, second),
    );
    await hop?.stop();
  }
  return found;
}

async function writeLake(s3: S3, bucket: string, { files, bytesAFile }: SnapshotBench): Promise<void> {
  const limit = pLimit(16);
  const content = randomBytes(bytesAFile);
  const each = Math.ceil(files / tables);
  const writing = Array.from({ length: tables }, async (_, table) => {
    const paths = Array.from({ length: each }, (__, file) => `part-${String(file).padStart(5, '0')}.parquet`);
    const put = (path: string, body: Uint8Array | string) =>
      limit(() => s3.putObject({ Bucket: bucket, Key: `table_${table}/${path}`, Body: body }));
    await Promise.all(paths.map((path) => put(path, content)));
    const actions = [
      { protocol: {} },
      { metaData: { id: `table ${table}` } },
      ...paths.map((path) => ({ add: { path, stats: '{"numRecords":1}' } })),
    ];
    await put(
      '_delta_log/00000000000000000000.json',
      actions.map((action) => JSON.stringify(action)).join('\n'),
    );
  });
  await Promise.all(writing);
}

/** Takes everything out of a bucket, what it was before too. */
async function empty(s3: S3, bucket: string): Promise<void> {
  for (;;) {
    const { Versions = [], DeleteMarkers = [] } = await s3.listObjectVersions({ Bucket: bucket });
    const all = [...Versions, ...DeleteMarkers];
    if (all.length === 0) return;
    const Objects = all.slice(0, 1000).map(({ Key, VersionId }) => ({ Key, VersionId }));
    await s3.deleteObjects({ Bucket: bucket, Delete: { Objects } });
  }
}
