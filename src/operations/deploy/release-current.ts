import { packageDirectory } from '../../project/project-directory.js';
import { buildEmrLibraries, emrLibrariesBuilt } from '../../toolchain/emr-libraries.js';
import { locatePackagingTools } from '../../toolchain/locate-toolchain.js';
import type { EnvironmentAccess } from '../environment-access.js';
import { step, type Steps } from '../events.js';
import {
  planRelease,
  publishRelease,
  readCurrentRelease,
  readReleaseFiles,
  writeCurrentRelease,
} from '../release.js';

/** Uploads the project's jobs, DAGs and configuration as one release and makes it the current one. */
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
  const release = planRelease(readReleaseFiles(projectDirectory, packageDirectory), libraries);
  const { uploaded } = yield* publishRelease(release, environment, aws.objects);
  const current = await readCurrentRelease(environment, aws.objects);
  if (current !== release.id) await writeCurrentRelease(release.id, environment, aws.objects);
  return { id: release.id, uploaded: uploaded > 0 || current !== release.id };
}
