import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProjectFiles } from '../../src/model/platform.js';
import { smallPlatform } from '../small-platform.js';

/** A project, the small platform unless told otherwise, with some of its files replaced, added or (undefined) taken away. */
export function projectWith(
  changes: Readonly<Record<string, string | undefined>>,
  directory = smallPlatform,
): ProjectFiles {
  return {
    read: (path) => {
      if (path in changes) return changes[path];
      try {
        return readFileSync(join(directory, path), 'utf8');
      } catch {
        return undefined;
      }
    },
    list: (folder) => {
      const there = listed(join(directory, folder)).filter((name) => !(`${folder}/${name}` in changes));
      const added = Object.keys(changes).filter(
        (path) => changes[path] !== undefined && path.startsWith(`${folder}/`),
      );
      const names = added.map((path) => path.slice(folder.length + 1)).filter((name) => !name.includes('/'));
      return [...there, ...names].sort();
    },
  };
}

/** What a folder holds; nothing, where there is none. */
function listed(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** The text of a file of such a project with one piece replaced; fails where the piece is not there. */
export function edited(path: string, from: string, to: string, directory = smallPlatform): string {
  const text = readFileSync(join(directory, path), 'utf8');
  if (!text.includes(from)) throw new Error(`${path} does not hold ${from}`);
  return text.replace(from, to);
}

/** The line, from 1, where a piece of a file of the small platform stands first, behind another where one is named. */
export function lineOf(path: string, piece: string, behind = ''): number {
  const text = readFileSync(join(smallPlatform, path), 'utf8');
  const from = text.indexOf(behind);
  const at = from < 0 ? -1 : text.indexOf(piece, from);
  if (at < 0) throw new Error(`${path} does not hold ${piece}`);
  return text.slice(0, at).split('\n').length;
}
