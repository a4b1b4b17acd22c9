import { existsSync } from 'node:fs';
import { lstat, mkdir, readlink, rm, symlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { cacheDirectory } from './cache-directory.js';
import { requireFreeSpace, requireWritable } from './disk-space.js';
import { settleHome } from './home-directory.js';
import { requireFound } from './finding.js';
import { findJars, installJars } from './jars.js';
import { findJava, installJava } from './java.js';
import { locateAirflow, locateToolchain, type Toolchain } from './locate-toolchain.js';
import { packageDirectory } from '../project/project-directory.js';
import { findAirflowPython, findPython } from './python.js';
import { findTerraform, installTerraform } from './terraform.js';
import { findUv, installUv } from './uv.js';
import type { EnvironmentName } from './requirements.js';
import { findEnvironment, installEnvironment } from './virtual-environment.js';

/** Where set-up says what it does. */
export interface SetupReport {
  /** Shows one step from its start to its end; `detail` says what it is at. */
  step<Made>(title: string, work: (detail: (text: string) => void) => Promise<Made>): Promise<Made>;
}

/** What each part takes on disk, in bytes, measured and rounded up. */
const sizes = { jobs: 0.7e9, local: 1.0e9, jars: 0.4e9, java: 0.2e9, terraform: 0.3e9 };

/**
 * Installs what is missing of everything but Node and Python into the cache. Where nothing is, it starts no program.
 * @throws DataplatError DP1010, DP3001, DP3005
 */
export async function setup(report: SetupReport): Promise<Toolchain> {
  settleHome();
  await linkOwnCommand();
  try {
    return await locateToolchain();
  } catch {
    await installMissing(report);
    return await locateToolchain();
  }
}

/** Makes Airflow's environment where it is not there yet. @throws DataplatError DP3001, DP3005 */
export async function setUpAirflow(report: SetupReport): Promise<void> {
  const python = requireFound(await findAirflowPython());
  if (findEnvironment(cacheDirectory(), 'airflow', python).state === 'found') return;
  await report.step(`Airflow (Python ${python.minor})`, (detail) => locateAirflow({}, detail));
}

async function installMissing(report: SetupReport): Promise<void> {
  const cache = cacheDirectory();
  const python = requireFound(await findPython());
  const [uvFound, javaFound, terraformFound] = await Promise.all([
    findUv(cache),
    findJava(cache),
    findTerraform(cache, python),
  ]);
  const needed = [
    ...(['jobs', 'local'] as const).filter((name) => findEnvironment(cache, name, python).state !== 'found'),
    ...(findJars(cache).state === 'found' ? [] : (['jars'] as const)),
    ...(javaFound.state === 'found' ? [] : (['java'] as const)),
    ...(terraformFound.state === 'found' ? [] : (['terraform'] as const)),
  ];
  const bytes = needed.reduce((sum, name) => sum + sizes[name], 0);
  await requireWritable(cache);
  if (bytes > 0) await requireFreeSpace(cache, bytes, 'set-up');

  const uv =
    uvFound.state === 'found'
      ? uvFound.value
      : await report.step('uv', (detail) => installUv(cache, python, waiting(detail)));
  const environment = async (name: EnvironmentName, title: string): Promise<string> => {
    const found = findEnvironment(cache, name, python);
    if (found.state === 'found') return found.value;
    return await report.step(`${title} (Python ${python.minor})`, (detail) =>
      installEnvironment(cache, name, python, uv, { onLine: detail, onWait: waiting(detail) }),
    );
  };
  const jobsPython = await environment('jobs', "the jobs' libraries");
  const localPython = await environment('local', "the local endpoint's libraries");
  const javaHome =
    javaFound.state === 'found'
      ? javaFound.value
      : await report.step('Java 17', (detail) => installJava(cache, python, uv, waiting(detail)));
  if (findJars(cache).state !== 'found') {
    await report.step("Spark's jars", (detail) =>
      installJars(cache, { jobsPython, localPython, javaHome }, { onLine: detail, onWait: waiting(detail) }),
    );
  }
  if (terraformFound.state !== 'found') {
    await report.step('Terraform', (detail) => installTerraform(cache, python, uv, waiting(detail)));
  }
}

function waiting(detail: (text: string) => void): (holder: number) => void {
  return (holder) => {
    detail(`waiting for another set-up (process ${holder})`);
  };
}

/** npm links the commands of dependencies, and not a package's own: with this, `npx dataplat` works in the clone. */
async function linkOwnCommand(): Promise<void> {
  const folder = join(packageDirectory, 'node_modules', '.bin');
  const command = join(packageDirectory, 'bin', 'dataplat.js');
  const link = join(folder, 'dataplat');
  if (!existsSync(command)) return;
  const target = relative(folder, command);
  const present = await lstat(link).catch(() => undefined);
  if (present?.isSymbolicLink() && (await readlink(link)) === target) return;
  await mkdir(folder, { recursive: true });
  await rm(link, { force: true });
  await symlink(target, link).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  });
}
