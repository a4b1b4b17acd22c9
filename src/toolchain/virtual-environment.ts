import { join } from 'node:path';
import { buildOnce, isComplete } from './complete-directory.js';
import { setUp, setUpAirflow, type Finding } from './finding.js';
import type { Python } from './python.js';
import { hashOfFiles, requirementsOf, type EnvironmentName } from './requirements.js';
import { runProgram } from './run-program.js';
import { uvVariables } from './uv.js';

/** The folder is named by what is in it, so a changed pin is another folder and never a half-updated one. */
export function environmentDirectory(cache: string, name: EnvironmentName, python: Python): string {
  return join(cache, 'venvs', `${name}-${hashOfFiles(requirementsOf(name), python.minor)}`);
}

/** @returns the environment's interpreter */
export function findEnvironment(cache: string, name: EnvironmentName, python: Python): Finding<string> {
  const directory = environmentDirectory(cache, name, python);
  return isComplete(directory)
    ? { state: 'found', version: python.minor, where: directory, value: join(directory, 'bin', 'python') }
    : {
        state: 'missing',
        reason: `the Python environment of ${purposes[name]} is not made`,
        mend: name === 'airflow' ? setUpAirflow : setUp,
      };
}

const purposes: Record<EnvironmentName, string> = {
  jobs: 'the jobs',
  local: 'the local endpoint',
  airflow: 'Airflow',
  review: 'the review',
  dbt: 'dbt',
};

/** Makes a virtual environment from its pinned list. @returns its interpreter @throws DataplatError DP3001, DP3005 */
export async function installEnvironment(
  cache: string,
  name: EnvironmentName,
  python: Python,
  uv: string,
  listen: { onLine?: (line: string) => void; onWait?: (holder: number) => void } = {},
): Promise<string> {
  const directory = environmentDirectory(cache, name, python);
  const interpreter = join(directory, 'bin', 'python');
  await buildOnce(
    directory,
    async () => {
      const run = {
        purpose: `make the Python environment of ${purposes[name]}`,
        command: uv,
        variables: uvVariables(),
        ...(listen.onLine && { onLine: listen.onLine }),
      };
      await runProgram({ ...run, args: ['venv', '--allow-existing', '--python', python.command, directory] });
      const lists = requirementsOf(name).flatMap((file) => ['-r', file]);
      await runProgram({
        ...run,
        args: ['pip', 'install', '--python', interpreter, '--require-hashes', ...lists],
      });
    },
    listen.onWait,
  );
  return interpreter;
}
