import type { Dataset } from './dataset.js';
import type { Environment } from './environment.js';
import type { ColumnOrigin, ObservedLineage } from './lineage-graph.js';
import type { Job } from './lineage.js';
import { names } from './names.js';
import type { Platform } from './platform.js';

/** As much of an OpenLineage event as is looked at here; the rest is passed on as it is. */
export interface LineageEvent {
  readonly eventType: string;
  readonly eventTime: string;
  readonly run: { readonly runId: string; readonly facets?: RunFacets };
  readonly job: { readonly namespace: string; readonly name: string };
  readonly inputs?: readonly EventDataset[];
  readonly outputs?: readonly EventDataset[];
}

interface RunFacets {
  readonly dataplat_run?: { readonly runId: string; readonly application: string; readonly date: string };
  readonly dataplat_observed?: { readonly reads: readonly string[]; readonly writes: readonly string[] };
  readonly [name: string]: unknown;
}

interface EventDataset {
  readonly namespace: string;
  readonly name: string;
  readonly facets?: { readonly columnLineage?: { readonly fields: Readonly<Record<string, EventColumn>> } };
}

interface EventColumn {
  readonly inputFields: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly field: string;
  }[];
}

/** An event of a text that holds one, else undefined. */
export function lineageEvent(text: string): LineageEvent | undefined {
  try {
    const event = JSON.parse(text) as Partial<LineageEvent>;
    return event.eventType !== undefined && event.run !== undefined && event.job !== undefined
      ? (event as LineageEvent)
      : undefined;
  } catch {
    return undefined;
  }
}

/** What an event shows of its job, by the names of the declaration. */
export function observedLineage(platform: Platform, job: Job, event: LineageEvent): ObservedLineage {
  const known = new Map([...idsByUri(platform), ...quarantines(platform, ({ id }) => `${id}__quarantine`)]);
  const nameOf = (uri: string): string => known.get(uri) ?? uri;
  const columns = Object.fromEntries(
    (event.outputs ?? []).flatMap((output): [string, ColumnOrigin[]][] => {
      const fields = output.facets?.columnLineage?.fields;
      if (!fields) return [];
      return [
        [
          nameOf(uriOf(output)),
          Object.entries(fields).map(([column, { inputFields }]) => ({
            column,
            from: [...new Set(inputFields.map((one) => `${nameOf(uriOf(one))}.${one.field}`))].sort(),
          })),
        ],
      ];
    }),
  );
  return {
    job: job.id,
    runId: event.run.facets?.dataplat_run?.runId ?? event.run.runId,
    at: event.eventTime,
    columns,
    disagreements: disagreements(platform, job, event),
  };
}

/** The same comparison that the run has made: a table's quarantine belongs to it, and a job may read what it writes. */
function disagreements(platform: Platform, job: Job, event: LineageEvent): string[] {
  const observed = event.run.facets?.dataplat_observed;
  if (!observed) return [];
  const known = new Map([...idsByUri(platform), ...quarantines(platform, ({ id }) => id)]);
  const of = (uris: readonly string[]): { uri: string; id: string | undefined }[] =>
    uris.map((uri) => ({ uri, id: idOf(known, uri) }));
  const written = of(observed.writes);
  const allowed = new Set([...job.inputs, ...job.outputs]);
  return [
    ...of(observed.reads)
      .filter(({ id }) => id === undefined || !allowed.has(id))
      .map(({ uri, id }) => `${job.id} reads ${id ?? uri}, which lineage.yaml does not say`),
    ...written
      .filter(({ id }) => id === undefined || !job.outputs.includes(id))
      .map(({ uri, id }) => `${job.id} writes ${id ?? uri}, which lineage.yaml does not say`),
    ...(written.length === 0
      ? []
      : job.outputs
          .filter((output) => !written.some(({ id }) => id === output))
          .map((output) => `${job.id} did not write ${output}, which lineage.yaml says that it does`)),
  ];
}

/** Datasets and sources by their addresses, as events write them. */
function idsByUri({ environment, datasets, sources }: Platform): Map<string, string> {
  return new Map([
    ...datasets.map((dataset): [string, string] => [
      plain(names.tableLocation(environment, dataset)),
      dataset.id,
    ]),
    ...sources.map(({ id, path }): [string, string] => [
      plain(`s3://${names.bucket(environment, 'landing')}/${path.split('{')[0] ?? ''}`),
      `source/${id}`,
    ]),
  ]);
}

/** The tables of rejected rows by their addresses. */
function quarantines(
  { environment, datasets }: Platform,
  nameOf: (dataset: Dataset) => string,
): [string, string][] {
  return datasets.map((dataset) => [plain(names.quarantineLocation(environment, dataset)), nameOf(dataset)]);
}

function plain(uri: string): string {
  return uri.replace(/\/+$/, '');
}

/** A file belongs to the folder that is declared. */
function idOf(known: ReadonlyMap<string, string>, uri: string): string | undefined {
  for (let folder = uri; folder.length > 's3://'.length; folder = folder.slice(0, folder.lastIndexOf('/'))) {
    const id = known.get(folder);
    if (id !== undefined) return id;
    if (!folder.includes('/')) break;
  }
  return undefined;
}

function uriOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace.replace(/\/+$/, '')}/${name.replace(/^\/+/, '')}`;
}

/** Where the events of a job's runs lie in the logs bucket. */
export function lineageFolder(environment: Environment, job: Pick<Job, 'id'>): string {
  return `${names.jobRunLogs(environment, job)}lineage/`;
}
