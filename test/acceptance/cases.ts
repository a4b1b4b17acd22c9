import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { expect } from 'chai';
import { packageDirectory } from '../../src/project/project-directory.js';
import { EnvironmentStates, stateNamedIn } from './environment-states.js';
import { settled } from './settled.js';

/**
 * A case is a folder `<verb>/<case>/` with a `script` (bash) and the `output.txt` that it must print. It stands alone: in a
 * copy of the small platform, over which the files under its `project/` lie, with an endpoint of its own, in the state that
 * its file `from` names (`states/`) or with nothing in it. UPDATE_GOLDEN=1 rewrites what differs, to be read as a diff.
 * One with a file `heavy`, which says why, is run by `npm run test:heavy` alone.
 */
const folder = join(packageDirectory, 'test', 'acceptance');
export const states = new EnvironmentStates(join(folder, 'states'));

/** A case's limit: one that applies or destroys all stacks, on a machine five times slower than it should be. */
export const patienceMilliseconds = 1_800_000;

/** Defines a test for each everyday case of the verbs that are `wanted`. */
export function testCases(wanted: (verb: string) => boolean): void {
  define((name) => !isHeavy(name) && wanted(name.slice(0, name.indexOf('/'))));
}

export function testHeavyCases(): void {
  define(isHeavy);
}

function define(wanted: (name: string) => boolean): void {
  for (const name of cases().filter(wanted)) {
    it(name.replace('/', ': ').replaceAll('-', ' '), async () => {
      const place = join(folder, name);
      const project = await states.project(stateNamedIn(place));
      try {
        compare(place, settled(await project.run(place), project));
      } finally {
        await project.remove();
      }
    });
  }
}

/** Defines a test for each state that cases begin with: its script is a case too. */
export function testStates(): void {
  for (const state of states.names) {
    it(`begins with: ${state.replaceAll('-', ' ')}`, async () => {
      compare(join(folder, 'states', state), await states.make(state));
    });
  }
}

function compare(place: string, actual: string): void {
  const golden = join(place, 'output.txt');
  if (process.env['UPDATE_GOLDEN']) writeFileSync(golden, actual);
  expect(actual).to.equal(existsSync(golden) ? readFileSync(golden, 'utf8') : '');
}

function isHeavy(name: string): boolean {
  return existsSync(join(folder, name, 'heavy'));
}

function cases(): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(`${sep}script`) && !path.startsWith(`states${sep}`))
    .map((path) => dirname(path).split(sep).join('/'))
    .sort();
}
