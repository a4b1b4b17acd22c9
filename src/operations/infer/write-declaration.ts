import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { filesEntryPoint } from '../../model/infer/declared-files.js';
import type { ProjectFiles } from '../../model/platform.js';
import { invalid, validateProject } from '../../model/read-platform.js';
import { packageDirectory } from '../../project/project-directory.js';

/**
 * The files to write, with the entry point where the project has none yet, once the declaration is valid with them.
 *
 * @throws DataplatError DP2001 where it would not be
 */
export function declarationWith(
  files: ProjectFiles,
  changed: Readonly<Record<string, string>>,
): Record<string, string> {
  const all: Record<string, string> = {
    ...changed,
    ...(files.read(filesEntryPoint) === undefined && {
      [filesEntryPoint]: readFileSync(join(packageDirectory, filesEntryPoint), 'utf8'),
    }),
  };
  const { problems } = validateProject({
    read: (path) => all[path] ?? files.read(path),
    list: (folder) => {
      const added = Object.keys(all).filter((path) => dirname(path) === folder);
      return [
        ...new Set([...files.list(folder), ...added.map((path) => path.slice(folder.length + 1))]),
      ].sort();
    },
  });
  if (problems.length > 0) throw invalid(problems);
  return all;
}

export function writeDeclaration(projectDirectory: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    const file = join(projectDirectory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
