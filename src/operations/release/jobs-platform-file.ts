import type { Environment } from '../../model/environment.js';
import type { ProjectFiles } from '../../model/platform.js';
import { readPlatform } from '../../model/read-platform.js';
import { jobsPlatform, jobsPlatformFile } from '../jobs-platform.js';
import { readEmrConfiguration } from '../spark-run.js';
import type { ReleaseFile } from './release.js';

/**
 * The platform as the jobs of a release see it, read from the release's own files: neither the port that the local
 * endpoint has on this machine nor anything else of it gets into the release's id.
 * @throws DataplatError DP2001
 */
export async function jobsPlatformOf(
  files: readonly ReleaseFile[],
  { name, region }: Environment,
): Promise<ReleaseFile> {
  const own = filesOf(files);
  const platform = jobsPlatform(readPlatform(own, name, { region }), await readEmrConfiguration(own));
  return { path: jobsPlatformFile, content: Buffer.from(`${JSON.stringify(platform, null, 1)}\n`) };
}

function filesOf(files: readonly ReleaseFile[]): ProjectFiles {
  const decoder = new TextDecoder();
  const byPath = new Map(files.map(({ path, content }) => [path, content]));
  return {
    read: (path) => {
      const content = byPath.get(path);
      return content && decoder.decode(content);
    },
    list: (folder) =>
      files
        .filter(({ path }) => path.startsWith(`${folder}/`))
        .map(({ path }) => path.slice(folder.length + 1))
        .filter((name) => !name.includes('/'))
        .sort(),
  };
}
