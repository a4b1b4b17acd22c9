import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReleaseFile } from './release.js';

/**
 * Reads what a release is made of: the package's job library (`jobs/common`), and from the project all other jobs,
 * the declaration and the DAGs. The library is the package's, so that jobs and command line are of one version; what
 * makes DAGs of the graph (`dags/utils`) is the package's, too, unless the project has a file of its own there.
 */
export function readReleaseFiles(projectDirectory: string, packageDirectory: string): ReleaseFile[] {
  const files = [
    ...filesBelow(projectDirectory, 'jobs').filter((path) => !path.startsWith('jobs/common/')),
    ...filesBelow(projectDirectory, 'config').filter((path) => !path.startsWith('config/editor/')),
    ...filesBelow(projectDirectory, 'dags'),
  ].map((path) => ({ path, content: readFileSync(join(projectDirectory, path)) }));
  const library = [
    ...filesBelow(packageDirectory, 'jobs/common'),
    'jobs/__init__.py',
    ...filesBelow(packageDirectory, 'dags/utils'),
  ]
    .filter((path) => !files.some((file) => file.path === path))
    .map((path) => ({ path, content: readFileSync(join(packageDirectory, path)) }));
  return [...files, ...library];
}

/** Paths of the files below a folder, relative to the root and with `/`, without what tools leave behind. */
function filesBelow(root: string, folder: string): string[] {
  let entries;
  try {
    entries = readdirSync(join(root, folder), { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return entries
    .filter(
      ({ name }) =>
        name === '.airflowignore' ||
        (!name.startsWith('.') && !/^__pycache__$|\.pyc$|\.egg-info$|~$/.test(name)),
    )
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(root, path) : entry.isFile() ? [path] : [];
    });
}
