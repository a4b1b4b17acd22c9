import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Finding } from './finding.js';
import { programsOnPath } from './programs-on-path.js';
import { compareVersions } from './versions.js';

export interface Python {
  readonly command: string;
  /** For example `3.11`. */
  readonly minor: string;
}

/** Best first: all of them run Spark 3.5 and the emulators; 3.11 is the one that is run most. */
const minors = ['3.11', '3.10', '3.12', '3.13'];

/** Best first: MWAA runs Airflow 3.0 on 3.12, and no newer one runs it. */
const minorsOfAirflow = ['3.12', '3.11', '3.10'];

const mend = 'install Python 3.11 (https://www.python.org/downloads/), or name one by DATAPLAT_PYTHON';

const mendOfAirflow =
  'install Python 3.12, which MWAA runs Airflow on, beside what is here (https://www.python.org/downloads/)';

/** Finds the interpreter that the virtual environments are made of: DATAPLAT_PYTHON, PATH, pyenv. */
export function findPython(variables: NodeJS.ProcessEnv = process.env): Promise<Finding<Python>> {
  const named = variables['DATAPLAT_PYTHON'];
  return best(named ? [named] : candidatesOn(variables), minors, variables);
}

/** Finds the interpreter that Airflow's environment is made of: of all that are here, the one most like MWAA's. */
export async function findAirflowPython(
  variables: NodeJS.ProcessEnv = process.env,
): Promise<Finding<Python>> {
  const named = variables['DATAPLAT_PYTHON'];
  const candidates = [...new Set([...(named ? [named] : []), ...candidatesOn(variables)])];
  const found = await best(candidates, minorsOfAirflow, variables);
  return found.state === 'found' ? found : { ...found, mend: mendOfAirflow };
}

async function best(
  candidates: readonly string[],
  minors: readonly string[],
  variables: NodeJS.ProcessEnv,
): Promise<Finding<Python>> {
  const asked = await Promise.all(candidates.map((command) => interrogate(command, variables)));
  const interpreters = asked.filter((one) => one !== undefined);
  for (const minor of minors) {
    const python = interpreters.find((one) => one.version.startsWith(`${minor}.`));
    if (python) {
      return {
        state: 'found',
        version: python.version,
        where: python.command,
        value: { command: python.command, minor },
      };
    }
  }
  const sorted = [...minors].sort(compareVersions);
  const wanted = `${sorted[0] ?? ''} to ${sorted.at(-1) ?? ''}`;
  const newest = interpreters.sort((one, other) => compareVersions(other.version, one.version))[0];
  if (!newest) {
    const named = variables['DATAPLAT_PYTHON'];
    const reason = named
      ? `DATAPLAT_PYTHON names ${named}, which is no Python that runs`
      : `no Python was found on PATH; ${wanted} is needed`;
    return { state: 'missing', reason, mend };
  }
  return {
    state: 'too-old',
    version: newest.version,
    where: newest.command,
    reason: `Python ${wanted} is needed; found ${interpreters.map((one) => `${one.version} at ${one.command}`).join(', ')}`,
    mend,
  };
}

function candidatesOn(variables: NodeJS.ProcessEnv): string[] {
  const pyenv = variables['PYENV_ROOT'] ?? join(variables['HOME'] ?? homedir(), '.pyenv');
  const onPath = [...minors.map((minor) => `python${minor}`), 'python3', 'python']
    .flatMap((name) => programsOnPath(name, variables))
    .filter((file) => dirname(file) !== join(pyenv, 'shims'));
  const found = [...onPath, ...pyenvInterpreters(pyenv)];
  // One that several names lead to is asked once, by the first of them.
  return [...new Map(found.reverse().map((file) => [realpathSync(file), file])).values()].reverse();
}

/** pyenv's shims answer only for the versions that it has made global; the interpreters themselves always do. */
function pyenvInterpreters(pyenv: string): string[] {
  const versions = join(pyenv, 'versions');
  if (!existsSync(versions)) return [];
  return readdirSync(versions)
    .map((name) => join(versions, name, 'bin', 'python3'))
    .filter((file) => existsSync(file));
}

async function interrogate(
  command: string,
  variables: NodeJS.ProcessEnv,
): Promise<{ command: string; version: string } | undefined> {
  const { execa } = await import('execa');
  const question =
    'import json,sys;print(json.dumps([sys.executable,".".join(map(str,sys.version_info[:3])),sys.implementation.name]))';
  const { failed, stdout } = await execa(command, ['-I', '-c', question], {
    env: variables,
    extendEnv: false,
    reject: false,
    timeout: 10_000,
  });
  if (failed) return undefined;
  try {
    const [executable, version, implementation] = JSON.parse(stdout) as [string, string, string];
    return implementation === 'cpython' ? { command: executable || command, version } : undefined;
  } catch {
    return undefined;
  }
}
