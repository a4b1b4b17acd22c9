import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withLock } from '../../toolchain/file-lock.js';
import type { FoundRecord, Records } from '../../aws/records.js';

/** Records as files of this machine. Whoever changes one is alone at it, from the look at its version to the write. */
export function fileRecords(directory: string): Records {
  /** What `change` makes of a record that is still of this version; undefined where it is not. */
  const changing = async <Made>(
    name: string,
    version: string,
    change: () => Promise<Made>,
  ): Promise<Made | undefined> =>
    withLock(join(directory, `${name}.changing`), async () =>
      (await read(name))?.version === version ? change() : undefined,
    );
  const read = async (name: string): Promise<FoundRecord | undefined> => {
    const text = await unless('ENOENT', readFile(join(directory, name), 'utf8'));
    return text === undefined ? undefined : { text, version: versionOf(text) };
  };
  const write = async (name: string, text: string): Promise<string> => {
    const file = join(directory, `${name}.${randomUUID()}`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    return file;
  };
  return {
    read,
    create: async (name, text) => {
      const written = await write(name, text);
      try {
        // It appears with its text or not at all.
        const made = await unless(
          'EEXIST',
          link(written, join(directory, name)).then(() => true),
        );
        return made ? versionOf(text) : undefined;
      } finally {
        await rm(written, { force: true });
      }
    },
    replace: (name, text, version) =>
      changing(name, version, async () => {
        await rename(await write(name, text), join(directory, name));
        return versionOf(text);
      }),
    remove: async (name, version) =>
      (await changing(name, version, async () => {
        await rm(join(directory, name), { force: true });
        return true;
      })) ?? false,
    move: async (name, to, version) =>
      (await changing(name, version, async () => {
        await rename(join(directory, name), join(directory, to));
        return true;
      })) ?? false,
    list: async (prefix) => {
      const folder = dirname(`${prefix}x`);
      const found = (await unless('ENOENT', readdir(join(directory, folder)))) ?? [];
      return found
        .map((name) => join(folder, name))
        .filter((name) => name.startsWith(prefix))
        .sort();
    },
  };
}

async function unless<Made>(code: string, work: Promise<Made>): Promise<Made | undefined> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return undefined;
    throw error;
  }
}

function versionOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
