import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Objects } from '../../aws/objects.js';
import { takesScheduledSnapshots } from '../../model/access.js';
import { DataplatError } from '../../model/errors.js';
import type { Environment } from '../../model/environment.js';
import { names } from '../../model/names.js';
import { packageDirectory } from '../../project/project-directory.js';
import { airflowNodeFetched, fetchAirflowNode } from '../../toolchain/airflow-node.js';
import { locatePackagingTools } from '../../toolchain/locate-toolchain.js';
import type { AirflowNode } from '../airflow-platform.js';
import { step, type Steps } from '../events.js';

/**
 * The program with which Airflow takes snapshots (src/snapshot-program.ts), as the build made it; undefined where the
 * environment has none.
 * @throws DataplatError DP3006
 */
export async function snapshotProgram({ snapshots }: Environment): Promise<Uint8Array | undefined> {
  if (!snapshots) return undefined;
  try {
    return await readFile(join(packageDirectory, 'dist', 'src', 'snapshot-program.bundle.mjs'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new DataplatError('DP3006', 'the program that takes snapshots is not built yet', {
      next: ['npm run setup'],
    });
  }
}

/** Puts Node where Airflow's machines find it, which have none; undefined where Airflow takes no snapshots, or is here. */
export async function* publishNode(
  environment: Environment,
  objects: Objects,
): Steps<AirflowNode | undefined> {
  if (!takesScheduledSnapshots(environment) || environment.endpoint) return undefined;
  const fetching = async () => fetchAirflowNode(await locatePackagingTools());
  const { path, sha256 } = airflowNodeFetched()
    ? await fetching()
    : yield* step('node', "Fetch Node for Airflow's machines", fetching);
  const place = { bucket: names.bucket(environment, 'artifacts'), key: names.airflowNode(sha256) };
  if (!(await objects.head(place))) {
    yield* step('node-upload', "Upload Node for Airflow's machines", async () =>
      objects.put(place, await readFile(path)),
    );
  }
  return { ...place, sha256 };
}
