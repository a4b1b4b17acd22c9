import { createWriteStream } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack, type Pack } from 'tar-stream';
import { cacheDirectory } from './cache-directory.js';
import { buildOnce, isComplete } from './complete-directory.js';
import type { PackagingTools } from './locate-toolchain.js';
import { hashOfFiles, requirementsFile } from './requirements.js';
import { runProgram } from './run-program.js';
import { uvVariables } from './uv.js';

/** As the environment's file names them. */
export type EmrArchitecture = 'ARM64' | 'X86_64';

/** The jobs' Python libraries, packed; the hash names what is in them. */
export interface EmrLibraries {
  readonly path: string;
  readonly hash: string;
}

const platforms: Record<EmrArchitecture, string> = {
  ARM64: 'aarch64-manylinux_2_28',
  X86_64: 'x86_64-manylinux_2_28',
};

/** EMR Serverless 7.x runs this one unless an image says otherwise. */
const emrPython = '3.9';
const format = '1';

function directoryOf(cache: string, architecture: EmrArchitecture): string {
  const hash = hashOfFiles([requirementsFile('emr.txt')], emrPython, platforms[architecture], format);
  return join(cache, 'emr-libraries', hash);
}

/** Whether the libraries of this architecture are built already, so that nothing needs to be fetched. */
export function emrLibrariesBuilt(architecture: EmrArchitecture, cache = cacheDirectory()): boolean {
  return isComplete(directoryOf(cache, architecture));
}

/**
 * Builds the jobs' libraries for EMR's Python and the given architecture, whatever this machine is, and packs them
 * as `libraries.tar.gz`. Built once for each list of pins; the archive has the same bytes wherever it is built.
 * @throws DataplatError DP3001, DP3005
 */
export async function buildEmrLibraries(
  tools: PackagingTools,
  architecture: EmrArchitecture,
  cache = cacheDirectory(),
): Promise<EmrLibraries> {
  const directory = directoryOf(cache, architecture);
  const path = join(directory, 'libraries.tar.gz');
  await buildOnce(directory, async () => {
    const target = join(directory, 'unpacked');
    await runProgram({
      purpose: `build the jobs' libraries for EMR (${architecture})`,
      command: tools.uv,
      args: [
        ...['pip', 'install', '--python', tools.python, '--target', target, '--no-compile-bytecode'],
        ...['--python-version', emrPython, '--python-platform', platforms[architecture]],
        ...['--only-binary', ':all:', '--require-hashes', '-r', requirementsFile('emr.txt')],
      ],
      variables: uvVariables(),
    });
    await packDirectory(target, path);
    await rm(target, { recursive: true });
  });
  return { path, hash: directory.slice(-16) };
}

/** Packs a folder so that the same content gives the same bytes: sorted, without times, owners or this machine's paths. */
export async function packDirectory(directory: string, file: string): Promise<void> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((name) => !namesThisMachine(name))
    .sort();
  const archive = pack();
  const written = pipeline(archive, createGzip({ level: 6 }), createWriteStream(file));
  const filled = fill(archive, directory, files).catch((error: unknown) => archive.destroy(error as Error));
  await Promise.all([written, filled]);
}

async function fill(archive: Pack, directory: string, files: readonly string[]): Promise<void> {
  for (const name of files) {
    const path = join(directory, name);
    const [content, { mode }] = [await readFile(path), await stat(path)];
    const header = { name, mode: mode & 0o111 ? 0o755 : 0o644, mtime: new Date(0), uid: 0, gid: 0 };
    await new Promise<void>((resolve, reject) => {
      archive.entry({ ...header, size: content.length }, content, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  }
  archive.finalize();
}

/** Scripts begin with this machine's interpreter, and the installer's notes list them; nothing imports either. */
function namesThisMachine(name: string): boolean {
  return (
    name.startsWith('bin/') ||
    name === '.lock' ||
    name.includes('__pycache__/') ||
    /\.dist-info\/(RECORD|INSTALLER|REQUESTED|direct_url\.json|uv_cache\.json)$/.test(name)
  );
}
