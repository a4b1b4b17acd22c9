import { check, suggestion } from './check.js';
import { dagProblems } from './dag-files.js';
import { readContract, type Dataset } from './dataset.js';
import { readDocument, type ReadResult, type SourceDocument } from './document.js';
import { environmentSchema, type Environment } from './environment.js';
import { DataplatError, type Problem } from './errors.js';
import { buildGraph, type JobGraph } from './graph.js';
import { layerOf, lineageSchema, sourceIdOf, type Job, type Source } from './lineage.js';
import { maskedCopyProblems } from './masking.js';
import { protectedProblems } from './protected.js';
import { qualityProblems } from './quality-problems.js';
import { qualitySchema, type Quality } from './quality.js';
import { passedQuotas, type PassedQuota } from './quotas.js';
import { secretsOf } from './secrets.js';

/** The files of a project, by their paths relative to its directory; read at the edge, so that the model stays pure. */
export interface ProjectFiles {
  /** The text of a file, or undefined where there is none. */
  read(path: string): string | undefined;
  /** The names of the files right in a folder, sorted; none where there is no folder. */
  list(folder: string): readonly string[];
}

/** Values that come before the files: flags, and environment variables behind them. */
export interface Overrides {
  readonly region?: string | undefined;
  readonly localPort?: number | undefined;
}

/** What every environment shares: datasets, sources, jobs and their limits. */
export interface Declaration {
  readonly datasets: readonly Dataset[];
  readonly sources: readonly Source[];
  readonly jobs: readonly Job[];
  readonly graph: JobGraph;
  readonly quality: Quality;
}

/** The whole platform in one environment. */
export interface Platform extends Declaration {
  readonly environment: Environment;
}

export const environmentsFolder = 'config/environments';
const contractsFolder = 'config/schemas';
const lineageFile = 'config/shared/lineage.yaml';
const qualityFile = 'config/shared/dq_thresholds.yaml';

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
    ...connectorProblems(environment, declaration),
    ...rotationProblems(environment, declaration),
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
      ...connectorProblems(environment, declaration),
      ...rotationProblems(environment, declaration),
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

interface Read<Value> {
  readonly value?: Value;
  readonly problems: readonly Problem[];
}

interface ReadEnvironment extends Read<Environment> {
  readonly document?: SourceDocument;
}

function readEnvironment(files: ProjectFiles, name: string, overrides: Overrides): ReadEnvironment {
  const file = `${environmentsFolder}/${name}.yaml`;
  const { document, problems } = open(files, file);
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

function readDeclaration(files: ProjectFiles): Read<Declaration> {
  const problems: Problem[] = [];
  const datasets = readDatasets(files, problems);
  const lineage = open(files, lineageFile);
  const quality = open(files, qualityFile);
  problems.push(...lineage.problems, ...quality.problems);
  const checkedLineage = lineage.document && check(lineage.document, lineageSchema);
  const checkedQuality = quality.document && check(quality.document, qualitySchema);
  problems.push(...(checkedLineage?.problems ?? []), ...(checkedQuality?.problems ?? []));
  if (!lineage.document || !quality.document || !checkedLineage?.value || !checkedQuality?.value)
    return { problems };

  const sources = Object.entries(checkedLineage.value.sources).map(([id, source]) => ({ id, ...source }));
  const named = Object.entries(checkedLineage.value.jobs).map(([id, job]) => ({ id, ...job }));
  problems.push(...jobProblems(files, lineage.document, named, sources, datasets.ids));
  problems.push(...dagProblems(files, lineage.document, named));
  const jobs = named.map((job) => ({
    ...job,
    inputs: withLayers(job.inputs, datasets.ids),
    outputs: withLayers(job.outputs, datasets.ids),
  }));
  problems.push(...qualityProblems(quality.document, checkedQuality.value, datasets.read, datasets.ids));
  const graph = buildGraph(jobs);
  if ('cycle' in graph) {
    problems.push({
      code: 'DP2008',
      location: lineage.document.locateKey(['jobs'], graph.cycle[0] ?? ''),
      message: `jobs wait for each other: ${[...graph.cycle, graph.cycle[0]].join(' -> ')}`,
    });
    return { problems };
  }
  if (problems.length > 0) return { problems };
  return {
    value: { datasets: datasets.read, sources, jobs, graph, quality: checkedQuality.value },
    problems,
  };
}

/** Names with every `layer/<layer>` replaced by the ids of its datasets. */
function withLayers(names: readonly string[], datasetIds: readonly string[]): string[] {
  return [
    ...new Set(
      names.flatMap((name) => {
        const layer = layerOf(name);
        return layer === undefined ? [name] : datasetIds.filter((id) => id.endsWith(`_${layer}`));
      }),
    ),
  ];
}

/** `ids` names the datasets whose contract is wrong too, so that one mistake is not reported twice. */
function readDatasets(files: ProjectFiles, problems: Problem[]): { read: Dataset[]; ids: string[] } {
  const read: Dataset[] = [];
  const ids: string[] = [];
  const documents = new Map<string, SourceDocument>();
  for (const name of files.list(contractsFolder)) {
    if (!name.endsWith('.json')) continue;
    ids.push(name.slice(0, -'.json'.length));
    const opened = open(files, `${contractsFolder}/${name}`);
    problems.push(...opened.problems);
    if (!opened.document) continue;
    const contract = readContract(opened.document);
    problems.push(...contract.problems);
    if (!contract.dataset) continue;
    read.push(contract.dataset);
    documents.set(contract.dataset.id, opened.document);
  }
  for (const dataset of read) {
    const document = documents.get(dataset.id);
    if (document) problems.push(...maskedCopyProblems(document, dataset, read, ids));
  }
  return { read, ids };
}

/** An entry point that is one job's own says so: it can't be told another by `--job`. */
const namesItsJob = /^JOB\s*(?::[^=\n]*)?=/m;

function jobProblems(
  files: ProjectFiles,
  document: SourceDocument,
  jobs: readonly Job[],
  sources: readonly Source[],
  datasetIds: readonly string[],
): Problem[] {
  const problems: Problem[] = [];
  const sourceIds = sources.map((source) => source.id);
  const known = { datasets: new Set(datasetIds), sources: new Set(sourceIds) };
  const entryPoints = new Map<string, string>();
  for (const job of jobs) {
    const names = (key: 'inputs' | 'outputs'): void => {
      job[key].forEach((name, index) => {
        const source = sourceIdOf(name);
        const found =
          source === undefined
            ? layerOf(name) !== undefined || known.datasets.has(name)
            : key === 'inputs' && known.sources.has(source);
        if (found) return;
        problems.push({
          code: 'DP2006',
          location: document.locateValue(['jobs', job.id, key, index]),
          message: source === undefined ? `no dataset "${name}"` : `no source "${source}"`,
          hint: source === undefined ? suggestion(name, datasetIds) : suggestion(source, sourceIds),
        });
      });
    };
    names('inputs');
    names('outputs');
    // Looked for only where something is wrong: to find a place, the file is walked.
    const location = (): Problem['location'] => document.locateValue(['jobs', job.id, 'entryPoint']);
    const program = files.read(job.entryPoint);
    if (program === undefined) {
      problems.push({ code: 'DP2007', location: location(), message: `no file ${job.entryPoint}` });
    }
    const other = entryPoints.get(job.entryPoint);
    if (other !== undefined && program !== undefined && namesItsJob.test(program)) {
      problems.push({
        code: 'DP2009',
        location: location(),
        message: `${job.entryPoint} is the entry point of ${other} already`,
        hint: 'one that several jobs share is told its job by --job, and has no JOB of its own',
      });
    }
    entryPoints.set(job.entryPoint, job.id);
  }
  return problems;
}

function open(files: ProjectFiles, file: string): ReadResult {
  const text = files.read(file);
  return text === undefined ? { problems: [missingFile(file, `no file ${file}`)] } : readDocument(file, text);
}

function missingFile(file: string, message: string): Problem {
  return { code: 'DP2007', location: { file, line: 1, column: 1 }, message };
}
