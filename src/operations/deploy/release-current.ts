import { basename } from 'node:path';
import { carriedJars } from '../../model/connector-jars.js';
import type { Platform } from '../../model/platform.js';
import { packageDirectory } from '../../project/project-directory.js';
import { buildEmrLibraries, emrLibrariesBuilt } from '../../toolchain/emr-libraries.js';
import { groupOfJar, sha256, wantedJars } from '../../toolchain/jars.js';
import {
  locateLineageListener,
  locatePackagingTools,
  locateRuntime,
} from '../../toolchain/locate-toolchain.js';
import { deployedPlatform } from '../airflow/deployed-platform.js';
import type { EnvironmentAccess } from '../environment-access.js';
import { step, type Steps } from '../events.js';
import { publishDags } from '../release/release-dags.js';
import { jobsPlatformOf } from '../release/jobs-platform-file.js';
import { planRelease, type ReleaseJar } from '../release/release.js';
import { publishRelease } from '../release/publish-release.js';
import { readCurrentRelease, writeCurrentRelease } from '../release/current-release.js';
import { readReleaseFiles } from '../release/read-release-files.js';
import { publishNode, snapshotProgram } from '../release/snapshot-program.js';

/**
 * Uploads the project's jobs, DAGs and configuration as one release, makes it the current one and hands Airflow its
 * DAGs: in this order, so that no DAG names a job that the current release does not have.
 */
export async function* releaseCurrent({
  platform,
  projectDirectory,
  aws,
}: EnvironmentAccess): Steps<{ id: string; uploaded: boolean }> {
  const { environment } = platform;
  const { architecture } = environment.emr;
  const build = async () => buildEmrLibraries(await locatePackagingTools(), architecture);
  const libraries = emrLibrariesBuilt(architecture)
    ? await build()
    : yield* step('libraries', `Build the jobs' libraries for EMR (${architecture})`, build);
  const listener = environment.lineage.columns
    ? yield* step('listener', "Find OpenLineage's listener for Spark", async () => {
        const path = await locateLineageListener();
        return { path, hash: await sha256(path) };
      })
    : undefined;
  const project = readReleaseFiles(projectDirectory, packageDirectory);
  const files = [...project, await jobsPlatformOf(project, environment)];
  const release = planRelease(files, libraries, listener, await connectorJars(platform));
  const { uploaded } = yield* publishRelease(release, environment, aws.objects);
  const current = await readCurrentRelease(environment, aws.objects);
  if (current !== release.id) await writeCurrentRelease(release.id, environment, aws.objects);
  const node = yield* publishNode(environment, aws.objects);
  const described = await deployedPlatform({ platform, projectDirectory, aws }, release.id, node);
  const program = await snapshotProgram(environment);
  const dags = yield* publishDags(release, environment, aws.objects, described, program);
  return { id: release.id, uploaded: uploaded > 0 || current !== release.id || dags.changed };
}

/** The jars that EMR's image lacks and the environment's sources need, in the order in which they are pinned. */
async function connectorJars(platform: Platform): Promise<ReleaseJar[]> {
  const wanted = carriedJars(platform);
  if (wanted.length === 0) return [];
  const { jars } = await locateRuntime();
  const pinned = wantedJars();
  return jars.flatMap((path) => {
    const name = basename(path);
    const hash = pinned.get(name);
    return hash !== undefined && wanted.some((group) => group === groupOfJar(name))
      ? [{ name, path, hash }]
      : [];
  });
}
