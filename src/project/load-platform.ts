import type { Platform, ProjectFiles } from '../model/platform.js';
import { readPlatform, type Overrides } from '../model/read-platform.js';
import { projectFiles } from './project-files.js';

/** A project's platform in one environment, environment variables taken into account. @throws as `readPlatform` */
export function loadPlatform(
  projectDirectory: string,
  environment: string,
  overrides: Overrides = {},
  variables: NodeJS.ProcessEnv = process.env,
): Platform {
  return platformOf(projectFiles(projectDirectory), environment, overrides, variables);
}

/**
 * The same of the declaration alone, as a deploy lays it beside Airflow's DAGs. The jobs' own files are elsewhere: that
 * they are there, the deploy has seen.
 * @throws as `readPlatform`
 */
export function loadDeployedPlatform(
  folder: string,
  environment: string,
  variables: NodeJS.ProcessEnv = process.env,
): Platform {
  return declaredPlatform(projectFiles(folder), environment, variables);
}

/** The same of files that are at hand. @throws as `readPlatform` */
export function declaredPlatform(
  files: ProjectFiles,
  environment: string,
  variables: NodeJS.ProcessEnv = process.env,
): Platform {
  const read = (path: string): string | undefined =>
    files.read(path) ?? (path.startsWith('jobs/') ? '' : undefined);
  return platformOf({ ...files, read }, environment, {}, variables);
}

function platformOf(
  files: ProjectFiles,
  environment: string,
  overrides: Overrides,
  variables: NodeJS.ProcessEnv,
): Platform {
  const port = Number(variables['DATAPLAT_LOCAL_PORT']);
  return readPlatform(files, environment, {
    ...(Number.isInteger(port) && port > 0 && { localPort: port }),
    ...overrides,
  });
}
