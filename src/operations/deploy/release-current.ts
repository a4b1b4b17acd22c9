import { packageDirectory } from '../../project/project-directory.js';
import { buildEmrLibraries, emrLibrariesBuilt } from '../../toolchain/emr-libraries.js';
import { sha256 } from '../../toolchain/jars.js';
import { locateLineageListener, locatePackagingTools } from '../../toolchain/locate-toolchain.js';
import { deployedPlatform } from '../airflow/deployed-platform.js';
import type { EnvironmentAccess } from '../environment-access.js';
import { step, type Steps } from '../events.js';
import { publishDags } from '../release/release-dags.js';
import { planRelease } from '../release/release.js';
import { publishRelease } from '../release/publish-release.js';
import { readCurrentRelease, writeCurrentRelease } from '../release/current-release.js';
import { readReleaseFiles } from '../release/read-release-files.js';

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
  const release = planRelease(readReleaseFiles(projectDirectory, packageDirectory), libraries, listener);
  const { uploaded } = yield* publishRelease(release, environment, aws.objects);
  const current = await readCurrentRelease(environment, aws.objects);
  if (current !== release.id) await writeCurrentRelease(release.id, environment, aws.objects);
  const described = await deployedPlatform({ platform, projectDirectory, aws }, release.id);
  const dags = yield* publishDags(release, environment, aws.objects, described);
  return { id: release.id, uploaded: uploaded > 0 || current !== release.id || dags.changed };
}
