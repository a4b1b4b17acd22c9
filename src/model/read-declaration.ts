import { check, suggestion } from './check.js';
import { dagProblems } from './dag-files.js';
import type { Dataset } from './dataset.js';
import type { SourceDocument } from './document.js';
import type { Problem } from './errors.js';
import { buildGraph } from './graph.js';
import { layerOf, lineageSchema, sourceIdOf, type Job, type Source } from './lineage.js';
import { maskedCopyProblems } from './masking-problems.js';
import type { Declaration, ProjectFiles } from './platform.js';
import { qualityProblems } from './quality-problems.js';
import { qualitySchema } from './quality.js';
import { streamProblems } from './source-options.js';
import { openDocument, type Read } from './project-document.js';
import { readContract } from './read-contract.js';
import { writeProblems } from './write-problems.js';

const contractsFolder = 'config/schemas';
export const lineageFile = 'config/shared/lineage.yaml';
const qualityFile = 'config/shared/dq_thresholds.yaml';

/** Datasets, sources, jobs and their limits: what every environment shares. */
export function readDeclaration(files: ProjectFiles): Read<Declaration> {
  const problems: Problem[] = [];
  const datasets = readDatasets(files, problems);
  const lineage = openDocument(files, lineageFile);
  const quality = openDocument(files, qualityFile);
  problems.push(...lineage.problems, ...quality.problems);
  const checkedLineage = lineage.document && check(lineage.document, lineageSchema);
  const checkedQuality = quality.document && check(quality.document, qualitySchema);
  problems.push(...(checkedLineage?.problems ?? []), ...(checkedQuality?.problems ?? []));
  if (!lineage.document || !quality.document || !checkedLineage?.value || !checkedQuality?.value)
    return { problems };

  const sources = Object.entries(checkedLineage.value.sources).map(([id, source]) => ({ id, ...source }));
  const named = Object.entries(checkedLineage.value.jobs).map(([id, job]) => ({ id, ...job }));
  problems.push(...jobProblems(files, lineage.document, named, sources, datasets.ids));
  problems.push(...problemsOfStreams(lineage.document, named, sources));
  problems.push(...writeProblems(datasets.documents, named, datasets.read));
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

/** Formats and options of sources that the streams which read them know nothing of. */
function problemsOfStreams(
  document: SourceDocument,
  jobs: readonly Job[],
  sources: readonly Source[],
): Problem[] {
  const read = new Set(jobs.flatMap(({ mode, inputs }) => (mode === 'stream' ? inputs.map(sourceIdOf) : [])));
  return sources
    .filter(({ id }) => read.has(id))
    .flatMap(({ id, format, options }) => [
      ...(format === 'json'
        ? []
        : [
            {
              code: 'DP2005' as const,
              location: document.locateValue(['sources', id, 'format']),
              message: `"sources.${id}.format" is "${format}"`,
              hint: 'expected json: a stream reads messages, one a line where they are in files',
            },
          ]),
      ...streamProblems(options).map(({ option, expected }): Problem => ({
        code: 'DP2005',
        location: document.locateValue(['sources', id, 'options', option]),
        message: `"sources.${id}.options.${option}" is ${JSON.stringify(options[option])}`,
        hint: `expected ${expected}`,
      })),
    ]);
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
function readDatasets(
  files: ProjectFiles,
  problems: Problem[],
): { read: Dataset[]; ids: string[]; documents: ReadonlyMap<string, SourceDocument> } {
  const read: Dataset[] = [];
  const ids: string[] = [];
  const documents = new Map<string, SourceDocument>();
  for (const name of files.list(contractsFolder)) {
    if (!name.endsWith('.json')) continue;
    ids.push(name.slice(0, -'.json'.length));
    const opened = openDocument(files, `${contractsFolder}/${name}`);
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
  return { read, ids, documents };
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
