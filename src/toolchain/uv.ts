import { join } from 'node:path';
import { DataplatError } from '../model/errors.js';
import { buildOnce, isComplete } from './complete-directory.js';
import { setUp, type Finding } from './finding.js';
import { programsOnPath } from './programs-on-path.js';
import type { Python } from './python.js';
import { hashOfFiles, requirementsFile } from './requirements.js';
import { failure, runProgram } from './run-program.js';
import { compareVersions } from './versions.js';

/** The first that knows every flag used here. */
const oldest = '0.6.0';

function directoryOf(cache: string): string {
  return join(cache, 'uv', hashOfFiles([requirementsFile('uv.txt')]));
}

/** Finds uv: on PATH where it is new enough, else the one that set-up has installed. */
export async function findUv(
  cache: string,
  variables: NodeJS.ProcessEnv = process.env,
): Promise<Finding<string>> {
  const own = directoryOf(cache);
  const candidates = programsOnPath('uv', variables);
  if (isComplete(own)) candidates.push(join(own, 'bin', 'uv'));
  let tooOld: { version: string; where: string } | undefined;
  for (const where of candidates) {
    const version = await versionOf(where, variables);
    if (version === undefined) continue;
    if (compareVersions(version, oldest) >= 0) return { state: 'found', version, where, value: where };
    tooOld ??= { version, where };
  }
  return tooOld
    ? {
        state: 'too-old',
        ...tooOld,
        reason: `uv ${oldest} or newer is needed; found ${tooOld.version}`,
        mend: setUp,
      }
    : { state: 'missing', reason: 'uv is not installed', mend: setUp };
}

async function versionOf(command: string, variables: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { execa } = await import('execa');
  const { failed, stdout } = await execa(command, ['--version'], {
    env: variables,
    extendEnv: false,
    reject: false,
    timeout: 10_000,
  });
  return failed ? undefined : /\d+\.\d+\.\d+/.exec(stdout)?.[0];
}

/**
 * Installs uv, pinned by hash, into the cache. Debian's Python comes without `venv` or even without pip, so pip is
 * used the way that works: in a virtual environment of its own, else with `--target`.
 * @throws DataplatError DP3001, DP3005
 */
export async function installUv(
  cache: string,
  python: Python,
  onWait?: (holder: number) => void,
): Promise<string> {
  const directory = directoryOf(cache);
  await buildOnce(
    directory,
    async () => {
      const variables = pipVariables();
      const wanted = [
        '--require-hashes',
        '--no-deps',
        '--only-binary',
        ':all:',
        '-r',
        requirementsFile('uv.txt'),
      ];
      const quiet = ['--disable-pip-version-check', '--no-input', '--no-cache-dir', '-q'];
      const said: string[] = [];
      const attempt = async (...args: string[]): Promise<boolean> => {
        try {
          await runProgram({ purpose: 'install uv', command: python.command, args, variables });
          return true;
        } catch (error) {
          if (error instanceof DataplatError) said.push(...(error.details.excerpt ?? []));
          return false;
        }
      };
      const target = ['-m', 'pip', 'install', ...quiet, '--target', directory, ...wanted];
      if (await attempt(...target)) return;
      const bootstrap = join(directory, 'bootstrap');
      if (await attempt('-I', '-m', 'venv', bootstrap)) {
        const pip = { purpose: 'install uv', command: join(bootstrap, 'bin', 'python'), variables };
        await runProgram({ ...pip, args: target });
        return;
      }
      const reported = failure({ purpose: 'install uv', command: python.command }, 1, said.join('\n'));
      if (/No module named '?(pip|venv|ensurepip)|ensurepip is not/i.test(said.join('\n'))) {
        throw new DataplatError(
          'DP3001',
          `could not install uv: ${python.command} has neither pip nor venv`,
          {
            ...reported.details,
            next: ['install uv or the package python3-venv (Debian: apt install python3-venv)', setUp],
          },
        );
      }
      throw reported;
    },
    onWait,
  );
  return join(directory, 'bin', 'uv');
}

/** pip with nothing of the caller's own Python in the way. Its index, proxy and certificate settings stay. */
function pipVariables(): NodeJS.ProcessEnv {
  const variables = { ...process.env };
  for (const name of [
    'PYTHONPATH',
    'PYTHONHOME',
    'PIP_TARGET',
    'PIP_PREFIX',
    'PIP_USER',
    'PIP_REQUIRE_VIRTUALENV',
  ]) {
    delete variables[name];
  }
  return variables;
}

/** What uv is run with: it never fetches a Python of its own, and takes pip's index and certificate where it has none. */
export function uvVariables(variables: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const own: NodeJS.ProcessEnv = {
    ...variables,
    UV_PYTHON_DOWNLOADS: 'never',
    UV_NO_PROGRESS: '1',
    NO_COLOR: '1',
  };
  for (const name of [
    'VIRTUAL_ENV',
    'PYTHONPATH',
    'PYTHONHOME',
    'UV_SYSTEM_PYTHON',
    'UV_PYTHON',
    'UV_TARGET',
  ]) {
    delete own[name];
  }
  if (variables['PIP_INDEX_URL'] && !variables['UV_INDEX_URL'])
    own['UV_DEFAULT_INDEX'] ??= variables['PIP_INDEX_URL'];
  if (variables['PIP_CERT']) own['SSL_CERT_FILE'] ??= variables['PIP_CERT'];
  return own;
}
