import { check, suggestion } from './check.js';
import { closedPortProblems } from './closed-ports.js';
import { snapshotDagProblems } from './dag-files.js';
import type { SourceDocument } from './document.js';
import { environmentSchema, type Environment } from './environment.js';
import { DataplatError, type Problem } from './errors.js';
import type { Declaration, Platform, ProjectFiles } from './platform.js';
import { protectedProblems } from './protected.js';
import { passedQuotas, type PassedQuota } from './quotas.js';
import { readyWorkerProblems } from './ready-workers.js';
import { lineageFile, readDeclaration } from './read-declaration.js';
import { missingFile, openDocument, type Read } from './project-document.js';
import { secretsOf } from './secrets.js';

/** Values that come before the files: flags, and environment variables behind them. */
export interface Overrides {
  readonly region?: string | undefined;
  readonly localPort?: number | undefined;
}

export const environmentsFolder = 'config/environments';

/** The names of the environments that a project declares. */
export function environmentNames(files: ProjectFiles): string[] {
  return files
    .list(environmentsFolder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length));
}

/** One environment's platform. @throws DataplatError DP1003 for an unknown environment, DP2001 with every problem */
export function readPlatform(
  files: ProjectFiles,
  environmentName: string,
  overrides: Overrides = {},
): Platform {
  const known = environmentNames(files);
  if (!known.includes(environmentName)) {
    throw new DataplatError(
      'DP1003',
      `no environment "${environmentName}" (${suggestion(environmentName, known)})`,
      {
        next: [`dataplat validate`],
      },
    );
  }
  const environment = readEnvironment(files, environmentName, overrides);
  const declaration = readDeclaration(files);
  const problems = [
    ...environment.problems,
    ...declaration.problems,
    ...problemsBetween(files, environment, declaration),
  ];
  if (problems.length > 0) throw invalid(problems);
  if (!environment.value || !declaration.value) throw invalid(problems);
  return { ...declaration.value, environment: environment.value };
}

export interface ValidationResult {
  readonly problems: readonly Problem[];
  /** No problem of the declaration: somebody has AWS raise them, or declares less. None are looked for while it has one. */
  readonly quotas: readonly PassedQuota[];
  readonly counts: { environments: number; datasets: number; sources: number; jobs: number };
}

/** Checks everything that a project declares, every environment included. */
export function validateProject(files: ProjectFiles): ValidationResult {
  const environments = environmentNames(files).map((name) => readEnvironment(files, name, {}));
  const declaration = readDeclaration(files);
  const none: Problem[] =
    environments.length > 0
      ? []
      : [missingFile(`${environmentsFolder}/local.yaml`, 'at least one environment must be declared')];
  const problems = [
    ...none,
    ...environments.flatMap((environment) => [
      ...environment.problems,
      ...problemsBetween(files, environment, declaration),
    ]),
    ...declaration.problems,
  ];
  const { value } = declaration;
  const platforms = environments.flatMap(({ value: environment }) =>
    value && environment ? [{ ...value, environment }] : [],
  );
  return {
    problems,
    quotas: problems.length > 0 ? [] : passedQuotas(platforms),
    counts: {
      environments: environments.length,
      datasets: declaration.value?.datasets.length ?? 0,
      sources: declaration.value?.sources.length ?? 0,
      jobs: declaration.value?.jobs.length ?? 0,
    },
  };
}

/** The error that carries all problems of a declaration. */
export function invalid(problems: readonly Problem[]): DataplatError {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new DataplatError('DP2001', `the declaration has ${count}`, { problems });
}

interface ReadEnvironment extends Read<Environment> {
  readonly document?: SourceDocument;
}

function readEnvironment(files: ProjectFiles, name: string, overrides: Overrides): ReadEnvironment {
  const file = `${environmentsFolder}/${name}.yaml`;
  const { document, problems } = openDocument(files, file);
  if (!document) return { problems };
  const checked = check(document, environmentSchema);
  if (!checked.value) return { problems: checked.problems };
  const declared = checked.value;
  const wrong: Problem[] = [];
  if (declared.name !== name) {
    wrong.push({
      code: 'DP2005',
      location: document.locateValue(['name']),
      message: `"name" is "${declared.name}"`,
      hint: `expected ${name}, the name of the file`,
    });
  }
  wrong.push(...protectedProblems(document, declared));
  if (wrong.length > 0) return { problems: wrong };
  return {
    document,
    value: {
      ...declared,
      region: overrides.region ?? declared.region,
      ...(declared.endpoint && { endpoint: { port: overrides.localPort ?? declared.endpoint.port } }),
    },
    problems: [],
  };
}

/** What does not go together in an environment, or in it and what all environments share, or DAGs make. */
function problemsBetween(files: ProjectFiles, read: ReadEnvironment, declared: Read<Declaration>): Problem[] {
  const { document, value: environment } = read;
  return [
    ...connectorProblems(read, declared),
    ...rotationProblems(read, declared),
    ...(document && environment
      ? [
          ...closedPortProblems(document, environment),
          ...snapshotDagProblems(files, document, environment),
          ...readyWorkerProblems(document, environment, declared.value?.jobs ?? []),
        ]
      : []),
  ];
}

/** Each system that sources name must be reached somehow, and each connector must lead to one. */
function connectorProblems(
  { document, value: environment }: ReadEnvironment,
  { value: declaration }: Read<Declaration>,
): Problem[] {
  if (!document || !environment || !declaration) return [];
  const problems: Problem[] = [];
  const systems = new Set<string>();
  for (const source of declaration.sources) {
    const { id, system } = source;
    const connector = environment.sources[system];
    // Said once a system.
    if (connector === undefined && !systems.has(system)) {
      problems.push({
        code: 'DP2003',
        location: document.locate(['sources']),
        message: `"sources.${system}" is missing`,
        hint: `source ${id} comes from there; { kind: files } where files of it are delivered`,
      });
    }
    if (connector !== undefined && connector.kind !== 'files' && source.entity === undefined) {
      problems.push({
        code: 'DP2003',
        location: document.locateValue(['sources', system, 'kind']),
        message: `source ${id} of ${lineageFile} has no "entity" to ask ${system} for`,
        hint: 'name its table, object, topic or path there',
      });
    }
    systems.add(system);
  }
  for (const system of Object.keys(environment.sources)) {
    if (!systems.has(system)) {
      problems.push({
        code: 'DP2006',
        location: document.locateKey(['sources'], system),
        message: `no source comes from a system "${system}"`,
        hint: suggestion(system, [...systems]),
      });
    }
  }
  return problems;
}

/** A secret that is to rotate must be one that the platform has. */
function rotationProblems(read: ReadEnvironment, declared: Read<Declaration>): Problem[] {
  const { document, value: environment } = read;
  const { value: declaration } = declared;
  if (!document || !environment || !declaration) return [];
  // Which secrets there are is known where every system can be reached.
  if (connectorProblems(read, declared).length > 0) return [];
  const known = secretsOf({ ...declaration, environment }).map(({ id }) => id);
  return Object.keys(environment.secrets.rotation)
    .filter((id) => !known.includes(id))
    .map((id) => ({
      code: 'DP2006',
      location: document.locateKey(['secrets', 'rotation'], id),
      message: `the platform has no secret "${id}"`,
      hint: suggestion(id, known),
    }));
}
