import pLimit from 'p-limit';
import type { Objects } from '../../aws/objects.js';
import type { Environment } from '../../model/environment.js';
import { snapshotProgramFile, type AirflowPlatform } from '../airflow-platform.js';
import { names } from '../../model/names.js';
import { step, type Steps } from '../events.js';
import { sha256, type Release, type ReleaseFile } from './release.js';

/** What a deploy has put into Airflow's folder, by key and hash; missing while one is at it. */
interface DagsRecord {
  readonly release: string;
  readonly files: Readonly<Record<string, string>>;
}

/** Where, in Airflow's folder, DAGs find the declaration that they are made from, and the release whose jobs they run. */
const declarationFolder = 'dataplat/';

const snapshotProgram = `${declarationFolder}${snapshotProgramFile}`;

/** Of no use to a DAG: what editors and MWAA itself read. */
const leftOut = ['config/editor/', 'config/airflow/'];

/**
 * What is in Airflow's folder for a release: its DAGs as they lie in the project, and beside them the declaration,
 * for MWAA brings nothing but this folder to where DAGs are read.
 */
export function dagFiles(
  release: Pick<Release, 'id' | 'files'>,
  environment: Environment,
  platform?: AirflowPlatform,
  program?: Uint8Array,
): ReleaseFile[] {
  const about = { release: release.id, environment: environment.name };
  return [
    ...release.files
      .filter(({ path }) => path.startsWith('config/') && !leftOut.some((one) => path.startsWith(one)))
      .map(({ path, content }) => ({ path: `${declarationFolder}${path}`, content })),
    { path: `${declarationFolder}release.json`, content: Buffer.from(`${JSON.stringify(about)}\n`) },
    ...(platform
      ? [
          {
            path: `${declarationFolder}platform.json`,
            content: Buffer.from(`${JSON.stringify(platform, null, 1)}\n`),
          },
        ]
      : []),
    ...(program ? [{ path: snapshotProgram, content: program }] : []),
    ...release.files
      .filter(({ path }) => path.startsWith('dags/'))
      // What tries out a new environment has no business in a protected one.
      .filter(({ path }) => !(environment.protected && path.startsWith('dags/development/')))
      .map(({ path, content }) => ({ path: path.slice('dags/'.length), content })),
  ];
}

/**
 * Makes the one folder that MWAA reads equal to the release. Airflow may look at any moment, so what DAGs import and
 * read is written before them, and what the release no longer has goes last. A second call changes nothing; one that
 * was broken off is made whole by the next.
 */
export async function* publishDags(
  release: Release,
  environment: Environment,
  objects: Objects,
  platform?: AirflowPlatform,
  program?: Uint8Array,
): Steps<{ changed: boolean }> {
  const bucket = names.bucket(environment, 'artifacts');
  const record = { bucket, key: names.airflowDagsRecord };
  const wanted = dagFiles(release, environment, platform, program).map(({ path, content }) => ({
    key: `${names.airflowDags}${path}`,
    content,
    hash: sha256(content),
  }));
  const [recorded, listed] = await Promise.all([
    objects.get(record).then((found) => found && (JSON.parse(found.toString('utf8')) as DagsRecord)),
    objects.list(bucket, names.airflowDags),
  ]);
  const there = new Map(listed.map(({ key, size }) => [key, size]));
  const stale = wanted.filter(
    ({ key, content, hash }) => recorded?.files[key] !== hash || there.get(key) !== content.byteLength,
  );
  const gone = listed.map(({ key }) => key).filter((key) => !wanted.some((one) => one.key === key));
  if (stale.length === 0 && gone.length === 0) return { changed: false };
  return yield* step('dags', `DAGs of release ${release.id} for Airflow`, async function* () {
    // Until all is written nobody can say what is there: whoever comes next writes everything.
    await objects.remove(bucket, [record.key]);
    const total = stale.length + gone.length;
    const limit = pLimit(8);
    const put = (files: typeof stale): Promise<unknown> =>
      Promise.all(files.map(({ key, content }) => limit(() => objects.put({ bucket, key }, content))));
    const [dags, imported] = [stale.filter(isDag), stale.filter((file) => !isDag(file))];
    await put(imported);
    yield { done: imported.length, total };
    await put(dags);
    yield { done: stale.length, total };
    await objects.remove(bucket, gone);
    yield { done: total, total };
    const content: DagsRecord = {
      release: release.id,
      files: Object.fromEntries(wanted.map(({ key, hash }) => [key, hash])),
    };
    await objects.put(record, `${JSON.stringify(content)}\n`, 'application/json');
    return { changed: true };
  });
}

function isDag({ key }: { readonly key: string }): boolean {
  const path = key.slice(names.airflowDags.length);
  return path.endsWith('.py') && !/^(?:utils|dataplat)\//.test(path);
}
