import { copyFile, writeFile, mkdir, chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { buildOnce, isComplete } from './complete-directory.js';
import { setUp, type Finding } from './finding.js';
import { packageDirectory } from '../project/project-directory.js';
import { programsOnPath } from './programs-on-path.js';
import type { Python } from './python.js';
import { hashOfFiles, requirementsFile } from './requirements.js';
import { runProgram } from './run-program.js';
import { uvVariables } from './uv.js';
import { compareVersions } from './versions.js';

export interface TerraformProgram {
  readonly command: string;
  readonly version: string;
  /** OpenTofu answers as `tofu`; it asks another registry for the same providers. */
  readonly flavour: 'terraform' | 'opentofu';
}

const oldest = '1.5.0';
const shim = join(packageDirectory, 'src', 'toolchain', 'terraform_shim.py');

function directoryOf(cache: string, python: Python): string {
  return join(cache, 'terraform', hashOfFiles([requirementsFile('terraform.txt'), shim], python.command));
}

/** Finds Terraform: `terraform`, then `tofu` on PATH, then the library that set-up has installed behind a shim. */
export async function findTerraform(
  cache: string,
  python: Python | undefined,
  variables: NodeJS.ProcessEnv = process.env,
): Promise<Finding<TerraformProgram>> {
  const candidates = [...programsOnPath('terraform', variables), ...programsOnPath('tofu', variables)];
  if (python) {
    const directory = directoryOf(cache, python);
    if (isComplete(directory)) candidates.push(join(directory, 'bin', 'terraform'));
  }
  let tooOld: { version: string; where: string } | undefined;
  for (const command of candidates) {
    const version = await versionOf(command, variables);
    if (version === undefined) continue;
    if (compareVersions(version, oldest) >= 0) {
      const flavour = command.endsWith('tofu') ? 'opentofu' : 'terraform';
      return { state: 'found', version, where: command, value: { command, version, flavour } };
    }
    tooOld ??= { version, where: command };
  }
  const wanted = 'Terraform or OpenTofu 1.5 or newer is needed';
  return tooOld
    ? {
        state: 'too-old',
        ...tooOld,
        reason: `${wanted}; found ${tooOld.version} at ${tooOld.where}`,
        mend: setUp,
      }
    : { state: 'missing', reason: `${wanted}; found none on PATH`, mend: setUp };
}

async function versionOf(command: string, variables: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { execa } = await import('execa');
  const { failed, stdout } = await execa(command, ['version', '-json'], {
    env: { ...variables, CHECKPOINT_DISABLE: '1' },
    extendEnv: false,
    reject: false,
    timeout: 20_000,
  });
  if (failed) return undefined;
  return /"terraform_version"\s*:\s*"([^"]+)"/.exec(stdout)?.[1];
}

/** Installs Terraform as a library and the program in front of it. @throws DataplatError DP3001, DP3005 */
export async function installTerraform(
  cache: string,
  python: Python,
  uv: string,
  onWait?: (holder: number) => void,
): Promise<string> {
  const directory = directoryOf(cache, python);
  const command = join(directory, 'bin', 'terraform');
  await buildOnce(
    directory,
    async () => {
      const library = join(directory, 'library');
      const list = ['--require-hashes', '--no-deps', '-r', requirementsFile('terraform.txt')];
      await runProgram({
        purpose: 'install Terraform',
        command: uv,
        args: ['pip', 'install', '--python', python.command, '--target', library, ...list],
        variables: uvVariables(),
      });
      const program = join(directory, 'terraform_shim.py');
      await copyFile(shim, program);
      await mkdir(join(directory, 'bin'), { recursive: true });
      const start = `exec ${quoted(python.command)} -I -S ${quoted(program)} ${quoted(library)} "$@"`;
      await writeFile(command, `#!/bin/sh\n${start}\n`);
      await chmod(command, 0o755);
    },
    onWait,
  );
  return command;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
