import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';
import { DataplatError } from '../model/errors.js';
import type { ProjectFiles } from '../model/platform.js';

/**
 * A project's files as Git has them at a revision: what a change is compared with.
 * @returns undefined where the project is not under Git, or has no such files there
 * @throws DataplatError DP1001 for a revision that Git does not know
 */
export function filesAtRevision(projectDirectory: string, revision: string): ProjectFiles | undefined {
  const git = (args: readonly string[], input?: string): Buffer =>
    execFileSync('git', ['-C', projectDirectory, ...args], {
      maxBuffer: 1 << 28,
      stdio: ['pipe', 'pipe', 'ignore'],
      ...(input !== undefined && { input }),
    });
  if (!isRepository(git)) return undefined;
  let commit: string;
  try {
    commit = git(['rev-parse', '--verify', '--quiet', `${revision}^{commit}`])
      .toString('utf8')
      .trim();
  } catch {
    throw new DataplatError('DP1001', `Git knows no revision "${revision}"`, { next: ['git log --oneline'] });
  }
  const paths = git(['ls-tree', '-r', '-z', '--name-only', commit, '--', 'config', 'queries', 'jobs'])
    .toString('utf8')
    .split('\0')
    .filter((path) => path !== '');
  if (paths.length === 0) return undefined;
  // Of code it matters only that it is there.
  const read = paths.filter((path) => !path.startsWith('jobs/'));
  const texts = new Map(paths.map((path) => [path, '']));
  const answer = git(['cat-file', '--batch'], read.map((path) => `${commit}:./${path}\n`).join(''));
  let at = 0;
  for (const path of read) {
    const end = answer.indexOf(10, at);
    const size = Number(/ blob (\d+)$/.exec(answer.toString('utf8', at, end))?.[1] ?? 0);
    texts.set(path, answer.toString('utf8', end + 1, end + 1 + size));
    at = end + 1 + size + 1;
  }
  return {
    read: (path) => texts.get(path),
    list: (folder) =>
      paths.flatMap((path) => (dirname(path) === folder ? [path.slice(folder.length + 1)] : [])).sort(),
  };
}

function isRepository(git: (args: readonly string[]) => Buffer): boolean {
  try {
    git(['rev-parse', '--git-dir']);
    return true;
  } catch {
    return false;
  }
}
