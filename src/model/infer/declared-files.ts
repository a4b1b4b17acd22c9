import { DataplatError } from '../errors.js';
import type { ProjectFiles } from '../platform.js';
import { environmentNames, environmentsFolder } from '../read-platform.js';
import { lineageFile } from '../read-declaration.js';
import { readDocument } from '../document.js';
import type { formats, SourceOptions } from '../source-options.js';
import { inOneLine, sizeOfJobs, withEntry } from './declared-entry.js';

export const filesEntryPoint = 'jobs/ingest/files_ingest.py';

/** A source of delivered files and the job that takes them into bronze. */
export interface DeliveredSource {
  readonly table: string;
  readonly system: string;
  readonly format: Exclude<(typeof formats)[number], 'xml'>;
  readonly path: string;
  readonly options: SourceOptions;
  readonly description: string;
}

interface Lineage {
  readonly sources?: Readonly<Record<string, unknown>> | null;
  readonly jobs?: Readonly<
    Record<
      string,
      {
        readonly group?: string;
        readonly outputs?: readonly string[];
        readonly schedule?: { readonly dag?: string };
      }
    >
  > | null;
}

/** @throws DataplatError DP2009 where the contract, the source or the job is declared already, and may not be written over */
export function requireFree(files: ProjectFiles, table: string, force: boolean): void {
  const contract = `config/schemas/${table}_bronze.json`;
  const { sources, jobs } = lineageOf(files);
  const job = jobs?.[table];
  const taken = [
    ...(files.read(contract) === undefined ? [] : [contract]),
    ...(sources?.[table] === undefined ? [] : [`the source ${table} of ${lineageFile}`]),
    ...(job === undefined ? [] : [`the job ${table} of ${lineageFile}`]),
  ];
  const isAnothers = job !== undefined && !(job.outputs ?? []).includes(`${table}_bronze`);
  if (taken.length === 0 || (force && !isAnothers)) return;
  throw new DataplatError('DP2009', `declared already: ${taken.join(', ')}`, {
    left: 'nothing was written',
    next: [
      ...(isAnothers ? [] : ['dataplat contract infer <file> --force  # writes over them']),
      'dataplat contract infer <file> --name <another>',
    ],
  });
}

/** The files of the declaration with a source and its job: those that change, by their paths. */
export function withSource(files: ProjectFiles, source: DeliveredSource): Record<string, string> {
  const { table, system } = source;
  const text = files.read(lineageFile) ?? 'sources: {}\njobs: {}\n';
  const { jobs } = lineageOf(files);
  const withIt = withEntry(text, 'sources', table, sourceLines(source));
  const changed: Record<string, string> = {
    // A job that is there keeps its schedule, its size and what it promises.
    [lineageFile]: jobs?.[table]
      ? withIt
      : withEntry(withIt, 'jobs', table, jobLines(source, text, usualDag(jobs))),
  };
  for (const name of environmentNames(files)) {
    const file = `${environmentsFolder}/${name}.yaml`;
    const environment = files.read(file) ?? '';
    const kind = connectorKind(file, environment, system);
    if (kind === undefined) changed[file] = withEntry(environment, 'sources', system, ['{ kind: files }']);
    else if (kind !== 'files') {
      throw new DataplatError(
        'DP1001',
        `${name} reaches the system ${system} by ${kind}, and not by delivered files`,
        {
          left: 'nothing was written',
          next: ['dataplat contract infer <file> --system <another>'],
        },
      );
    }
  }
  return changed;
}

/** The source and the job, as they stand in the job graph. */
export function entriesOf(files: ProjectFiles, source: DeliveredSource): string {
  const { jobs } = lineageOf(files);
  const indented = (lines: readonly string[]): string[] => lines.map((line) => `    ${line}`);
  return [
    'sources:',
    `  ${source.table}:`,
    ...indented(sourceLines(source)),
    'jobs:',
    `  ${source.table}:`,
    ...indented(jobLines(source, files.read(lineageFile) ?? '', usualDag(jobs))),
  ].join('\n');
}

function sourceLines({ system, format, path, options }: DeliveredSource): string[] {
  return [
    `system: ${system}`,
    `format: ${format}`,
    `path: ${path} # in the landing bucket`,
    ...(Object.keys(options).length > 0 ? [`options: ${inOneLine(options)}`] : []),
  ];
}

function jobLines(source: DeliveredSource, lineage: string, dag: string | undefined): string[] {
  return [
    'group: ingest',
    `description: ${inOneLine(source.description)}`,
    `entryPoint: ${filesEntryPoint}`,
    `inputs: [source/${source.table}]`,
    `outputs: [${source.table}_bronze]`,
    'mode: batch',
    ...(dag === undefined ? [] : [`schedule: { dag: ${dag} }`]),
    `spark: ${sizeOfJobs(lineage)}`,
    'timeout: 60m',
  ];
}

/** The DAG that most ingests are in. */
function usualDag(jobs: Lineage['jobs']): string | undefined {
  const counts = new Map<string, number>();
  for (const { group, schedule } of Object.values(jobs ?? {}))
    if (group === 'ingest' && schedule?.dag !== undefined)
      counts.set(schedule.dag, (counts.get(schedule.dag) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one)[0]?.[0];
}

function lineageOf(files: ProjectFiles): Lineage {
  const lineage = readDocument(lineageFile, files.read(lineageFile) ?? '{}').document?.value as
    | Lineage
    | undefined
    | null;
  return lineage ?? {};
}

function connectorKind(file: string, text: string, system: string): string | undefined {
  const value = readDocument(file, text).document?.value as
    | { readonly sources?: Readonly<Record<string, { readonly kind?: string }>> }
    | undefined;
  return value?.sources?.[system]?.kind;
}
