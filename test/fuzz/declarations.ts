import { readdirSync, readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { DataplatError, errorCodes, type Problem } from '../../src/model/errors.js';
import type { Platform, ProjectFiles } from '../../src/model/platform.js';
import { readPlatform, validateProject } from '../../src/model/read-platform.js';
import { contractImpact } from '../../src/operations/contract-impact.js';
import { namedQueries } from '../../src/project/named-queries.js';
import { synthesize } from '../../stacks/app.js';
import { projectWith } from '../model/project.js';
import { smallPlatform } from '../small-platform.js';
import { mutated, mutations, type Mutation } from './mutations.js';

const folders = ['config/shared', 'config/schemas', 'config/environments', 'queries', 'dags'];
export const environments = ['dev', 'prod', 'local'];
const declared = ['config/shared/lineage.yaml', 'config/shared/dq_thresholds.yaml'];

/** The files that are changed: those which say the most, more often. */
const files: readonly string[] = folders
  .flatMap((folder) =>
    readdirSync(join(smallPlatform, folder), { withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(yaml|json|sql|py)$/.test(entry.name))
      .map(({ name }) => `${folder}/${name}`),
  )
  .concat(declared, declared, declared);

export interface Damage {
  readonly file: string;
  readonly all: readonly Mutation[];
}

export const damages: fc.Arbitrary<readonly Damage[]> = fc.array(
  fc.record({ file: fc.constantFrom(...files), all: mutations }),
  { minLength: 1, maxLength: 2 },
);

/** The small platform with one environment after that; texts are read as those of a project directory are. */
export function damaged(damage: readonly Damage[], environment: string): ProjectFiles {
  const changes: Record<string, string | undefined> = {};
  for (const other of environments)
    if (other !== environment) changes[`config/environments/${other}.yaml`] = undefined;
  for (const { file, all } of damage) {
    if (file in changes) continue;
    changes[file] = mutated(readFileSync(join(smallPlatform, file)), file.endsWith('.json'), all)
      ?.toString('utf8')
      .replace(/^\ufeff/, '');
  }
  return projectWith(changes);
}

/** That problems have known codes, say something, and stand inside files that are there, but for those that are missed. */
export function expectSound(problems: readonly Problem[], project: ProjectFiles): void {
  // The parser of SQL ends a line at a lone carriage return too, as most editors do.
  const linesOf = memoized((file: string) =>
    project.read(file)?.split(file.endsWith('.sql') ? /\r\n?|\n/ : '\n'),
  );
  for (const problem of problems) expectInside(problem, linesOf);
}

function expectInside(
  { code, location, message }: Problem,
  linesOf: (file: string) => readonly string[] | undefined,
): void {
  const { file, line, column } = location;
  const where = `${file}:${line}:${column} ${message}`;
  if (!(code in errorCodes) || message.trim() === '') expect.fail(where);
  const lines = linesOf(file);
  const expected = lines === undefined ? 'DP2007, 1:1' : 'a place in the file';
  const sound =
    lines === undefined
      ? code === 'DP2007' && line === 1 && column === 1
      : line >= 1 && line <= lines.length && column >= 1 && column <= (lines[line - 1] ?? '').length + 1;
  expect(sound ? expected : where).to.equal(expected);
}

/** What `validate` says of a project, and the platform of an environment; undefined where it says why there is none. */
export async function readDamaged(project: ProjectFiles, environment: string): Promise<Platform | undefined> {
  const { problems } = validateProject(project);
  expectSound(problems, project);
  if (problems.length > 0) return undefined;
  const platform = readPlatform(project, environment);
  const { problems: found } = await contractImpact(platform, before(environment), [], () =>
    Promise.resolve([]),
  );
  expectSound(found, project);
  return platform;
}

const before = memoized((environment: string) => readPlatform(projectWith({}), environment));

function memoized<Value>(make: (key: string) => Value): (key: string) => Value {
  const made = new Map<string, Value>();
  return (key) => {
    if (!made.has(key)) made.set(key, make(key));
    return made.get(key) as Value;
  };
}

/** Terraform of a platform, into a folder that is gone afterwards. */
export function synthesizeDamaged(platform: Platform, project: ProjectFiles): void {
  const directory = mkdtempSync(join(tmpdir(), 'dataplat-fuzz-'));
  try {
    synthesize({ platform, queries: namedQueries(project) }, directory);
  } catch (error) {
    if (!(error instanceof DataplatError)) throw error;
    expect(errorCodes).to.have.property(error.code);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The property: every case ends in a platform or in sound problems, and every `share`th platform in Terraform. */
export function damageIsTold(
  options: { readonly seed: number; readonly numRuns: number },
  share: number,
): Promise<void> {
  let readable = 0;
  const property = fc.asyncProperty(
    damages,
    fc.constantFrom(...environments),
    async (damage, environment) => {
      const project = damaged(damage, environment);
      try {
        const platform = await readDamaged(project, environment);
        if (platform && readable++ % share === 0) synthesizeDamaged(platform, project);
      } catch (error) {
        throw new Error(`${environment}, of ${damage.map((one) => changedLines(one, project)).join('\n')}`, {
          cause: error,
        });
      }
    },
  );
  return fc.assert(property, options);
}

/** The first lines of a damaged file that it did not have before. */
function changedLines({ file }: Damage, project: ProjectFiles): string {
  const had = new Set(readFileSync(join(smallPlatform, file), 'utf8').split('\n'));
  const has = (project.read(file) ?? '(taken away)').split('\n');
  return [file, ...has.filter((line) => !had.has(line)).slice(0, 20)].join('\n  ').slice(0, 4000);
}
