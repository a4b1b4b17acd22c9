import type { Platform } from '../model/platform.js';
import { readPlatform, type Overrides } from '../model/read-platform.js';
import { projectFiles } from './project-files.js';

/** A project's platform in one environment, environment variables taken into account. @throws as `readPlatform` */
export function loadPlatform(
  projectDirectory: string,
  environment: string,
  overrides: Overrides = {},
  variables: NodeJS.ProcessEnv = process.env,
): Platform {
  const port = Number(variables['DATAPLAT_LOCAL_PORT']);
  return readPlatform(projectFiles(projectDirectory), environment, {
    ...(Number.isInteger(port) && port > 0 && { localPort: port }),
    ...overrides,
  });
}
