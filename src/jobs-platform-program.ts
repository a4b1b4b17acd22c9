/**
 * The platform as jobs see it, for a job that runs as a plain script: `node jobs-platform-program.js <config/> <environment>`
 * prints what a release brings as `platform.json`. The jobs' library starts it (jobs/common/find_declaration.py).
 */
import { DataplatError } from './model/errors.js';
import { jobsPlatform } from './operations/jobs-platform.js';
import { readEmrConfiguration } from './operations/spark-run.js';
import { declaredPlatform } from './project/load-platform.js';
import { declarationFiles } from './project/project-files.js';
import { errorDocument, exitCodeOf } from './ui/show-error.js';

const [folder, environmentName] = process.argv.slice(2);

try {
  if (folder === undefined || environmentName === undefined) {
    throw new DataplatError('DP1001', 'a folder and an environment are to be named');
  }
  const files = declarationFiles(folder);
  const platform = declaredPlatform(files, environmentName);
  process.stdout.write(JSON.stringify(jobsPlatform(platform, await readEmrConfiguration(files))));
} catch (error) {
  process.stdout.write(JSON.stringify({ error: errorDocument(error) }));
  process.exitCode = exitCodeOf(error);
}
