import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FoundRecord, Records } from '../../aws/records.js';

/**
 * Records as files of this machine. Making one is atomic; only its holder replaces one, and only a person removes
 * another's, so that between looking and writing nobody else is expected.
 */
export function fileRecords(directory: string): Records {
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
    replace: async (name, text, version) => {
      if ((await read(name))?.version !== version) return undefined;
      await rename(await write(name, text), join(directory, name));
      return versionOf(text);
    },
    remove: async (name, version) => {
      if ((await read(name))?.version !== version) return false;
      await rm(join(directory, name), { force: true });
      return true;
    },
    move: async (name, to, version) => {
      if ((await read(name))?.version !== version) return false;
      await rename(join(directory, name), join(directory, to));
      return true;
    },
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
