import type { Objects } from '../../aws/objects.js';
import type { Environment } from '../../model/environment.js';
import { DataplatError } from '../../model/errors.js';
import { names } from '../../model/names.js';
import { notDeployed } from './release.js';

const currentKey = 'releases/current.json';

/** `releases/current.json`: what the environment's runs start from unless told otherwise. */
export interface CurrentRelease {
  readonly release: string;
}

/** The release that runs start from, or undefined before the first deploy. */
export async function readCurrentRelease(
  environment: Environment,
  objects: Objects,
): Promise<string | undefined> {
  const found = await objects.get({ bucket: names.bucket(environment, 'artifacts'), key: currentKey });
  return found && (JSON.parse(found.toString('utf8')) as CurrentRelease).release;
}

/** Makes a published release the one that runs start from. */
export async function writeCurrentRelease(
  release: string,
  environment: Environment,
  objects: Objects,
): Promise<void> {
  const content: CurrentRelease = { release };
  const place = { bucket: names.bucket(environment, 'artifacts'), key: currentKey };
  await objects.put(place, `${JSON.stringify(content)}\n`, 'application/json');
}

/**
 * The release to run: the one that is named, by its id or a beginning of it, else the current one.
 * @throws DataplatError DP4004 before the first deploy, DP1001 for a release that is not there
 */
export async function resolveRelease(
  environment: Environment,
  objects: Objects,
  wanted?: string,
): Promise<string> {
  if (wanted === undefined) {
    const current = await readCurrentRelease(environment, objects);
    if (current === undefined) throw notDeployed(environment, 'no release was deployed');
    return current;
  }
  const bucket = names.bucket(environment, 'artifacts');
  if (
    /^[0-9a-f]{16}$/.test(wanted) &&
    (await objects.head({ bucket, key: `releases/${wanted}/manifest.json` }))
  )
    return wanted;
  const manifests = (await objects.list(bucket, 'releases/')).flatMap(({ key }) => {
    const id = /^releases\/([0-9a-f]{16})\/manifest\.json$/.exec(key)?.[1];
    return id === undefined ? [] : [id];
  });
  const fitting = manifests.filter((id) => wanted.length >= 4 && id.startsWith(wanted));
  if (fitting.length === 1 && fitting[0] !== undefined) return fitting[0];
  throw new DataplatError(
    'DP1001',
    fitting.length > 1
      ? `release "${wanted}" is ${fitting.join(' or ')}`
      : `no release "${wanted}" in environment "${environment.name}"; there is: ${manifests.join(', ') || 'none'}`,
  );
}
