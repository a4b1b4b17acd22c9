/** Writes the folder that MWAA would read for an environment: `node dag-folder.js <environment> <folder>`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { airflowPlatform } from '../../src/operations/airflow-platform.js';
import { planRelease } from '../../src/operations/release/release.js';
import { readReleaseFiles } from '../../src/operations/release/read-release-files.js';
import { dagFiles } from '../../src/operations/release/release-dags.js';
import { snapshotProgram } from '../../src/operations/release/snapshot-program.js';
import { readEmrConfiguration } from '../../src/operations/spark-run.js';
import { loadPlatform } from '../../src/project/load-platform.js';
import { packageDirectory } from '../../src/project/project-directory.js';
import { projectFiles } from '../../src/project/project-files.js';

const [environmentName = 'local', folder = 'dags'] = process.argv.slice(2);
const platform = loadPlatform(packageDirectory, environmentName, {}, {});
const release = planRelease(readReleaseFiles(packageDirectory, packageDirectory));
const described = airflowPlatform(platform, {
  release: release.id,
  libraries: true,
  applicationId: '00f5k2pmu4ds4f09',
  logKeyArn: `arn:aws:kms:${platform.environment.region}:${platform.environment.account}:key/logs`,
  configuration: await readEmrConfiguration(projectFiles(packageDirectory)),
});
const program = await snapshotProgram(platform.environment);
for (const { path, content } of dagFiles(release, platform.environment, described, program)) {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
