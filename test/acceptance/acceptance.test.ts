import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { expect } from 'chai';
import { packageDirectory } from '../../src/project/project-directory.js';
import { AcceptanceProject } from './acceptance-project.js';
import { settled } from './settled.js';

/**
 * A case is a folder `<verb>/<case>/` with a `script` (bash) and the `output.txt` that it must print. Files under its
 * `project/` lie over the declaration of this repository. UPDATE_GOLDEN=1 rewrites what differs, to be read as a diff.
 *
 * Most cases stand alone and touch no endpoint. Those of `stages` share one project and one endpoint, in this order, and
 * tell the life of an environment from its first deploy to its end.
 */
const stages = JSON.parse(readFileSync(source('stages.json'), 'utf8')) as readonly string[];

describe('the command line, as its users meet it', function () {
  const alone = cases().filter((name) => !stages.includes(name));
  for (const name of alone) {
    it(name.replace('/', ': ').replaceAll('-', ' '), async function () {
      this.timeout(120_000);
      const project = await AcceptanceProject.make();
      try {
        await check(name, project);
      } finally {
        await project.remove();
      }
    });
  }
});

describe('the life of a local environment', function () {
  let project: AcceptanceProject;
  before(async () => {
    project = await AcceptanceProject.make();
  });
  after(async function () {
    this.timeout(60_000);
    await project.remove();
  });
  for (const name of stages) {
    it(name.replace('/', ': ').replaceAll('-', ' '), async function () {
      this.timeout(600_000);
      await check(name, project);
    });
  }
});

async function check(name: string, project: AcceptanceProject): Promise<void> {
  const folder = source(name);
  const actual = settled(await project.run(folder), project);
  const golden = join(folder, 'output.txt');
  if (process.env['UPDATE_GOLDEN']) writeFileSync(golden, actual);
  expect(actual).to.equal(existsSync(golden) ? readFileSync(golden, 'utf8') : '');
}

function cases(): string[] {
  return readdirSync(source(''), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(`${sep}script`))
    .map((path) => dirname(path).split(sep).join('/'))
    .sort();
}

/** A place in the folder of this file, of which only the TypeScript is compiled. */
function source(path: string): string {
  return join(packageDirectory, relative(join(packageDirectory, 'dist'), import.meta.dirname), path);
}
