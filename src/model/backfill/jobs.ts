import { suggestion } from '../check.js';
import type { Dataset } from '../dataset.js';
import { DataplatError } from '../errors.js';
import { findJob } from '../find.js';
import { layers, type Layer } from '../layers.js';
import type { Job } from '../lineage.js';
import type { Declaration } from '../platform.js';

/** A job of a backfill, as far as the order of its runs goes. */
export interface BackfillJob {
  readonly id: string;
  /** The layer that it writes, or undefined for one that writes none. */
  readonly layer: Layer | undefined;
  /** Whether it is not partitioned by date, and so runs once for the whole range. */
  readonly once: boolean;
  /** The tables that bear one writer at a time: their runs do not overlap. */
  readonly exclusive: readonly string[];
  /** The jobs of the backfill that it waits for. */
  readonly after: readonly string[];
  /** The jobs whose output it reads, those outside the backfill too. */
  readonly reads: readonly string[];
}

/** A job that was selected too and does not run, with the reason. */
export interface LeftOut {
  readonly job: string;
  readonly reason: string;
}

export interface Selection {
  /** Behind all that they wait for. */
  readonly jobs: readonly BackfillJob[];
  readonly leftOut: readonly LeftOut[];
}

const streams = 'a stream reads on from its checkpoint and has no dates: dataplat submit runs it';

/**
 * The jobs that a person means by a layer or a job, and with `downstream` those that read what these write.
 * @throws DataplatError DP1004 for a name of nothing, DP1009 for a streaming job
 */
export function jobsToBackfill(
  declaration: Pick<Declaration, 'datasets' | 'jobs' | 'graph'>,
  name: string,
  downstream: boolean,
): Selection {
  const datasets = new Map(declaration.datasets.map((dataset) => [dataset.id, dataset]));
  const { graph } = declaration;
  const selected = new Set(selectedBy(declaration, name, datasets));
  if (downstream) {
    // The order is that of the flow, so that one pass sees every job behind those that it reads from.
    for (const job of graph.order)
      if (graph.upstreamOf(job).some((before) => selected.has(before))) selected.add(job);
  }
  const chosen = graph.order.filter((job) => selected.has(job));
  const runs = chosen.filter((job) => job.mode !== 'stream');
  const leftOut = chosen
    .filter((job) => job.mode === 'stream')
    .map((job) => ({ job: job.id, reason: streams }));
  return { jobs: runs.map((job) => backfillJob(job, runs, graph, datasets)), leftOut };
}

function selectedBy(
  declaration: Pick<Declaration, 'datasets' | 'jobs' | 'graph'>,
  name: string,
  datasets: ReadonlyMap<string, Dataset>,
): Job[] {
  const layer = layers.find((one) => one === name);
  if (layer !== undefined) {
    return declaration.graph.order.filter(
      (job) =>
        job.mode !== 'maintenance' && job.outputs.some((output) => datasets.get(output)?.layer === layer),
    );
  }
  const known = declaration.jobs.map(({ id }) => id);
  if (
    !name.includes('/') &&
    !declaration.jobs.some((job) => job.id === name || job.entryPoint.endsWith(`/${name}.py`))
  ) {
    throw new DataplatError(
      'DP1004',
      `no layer or job "${name}" (${suggestion(name, [...layers, ...known])})`,
    );
  }
  const job = findJob(declaration as Declaration, name);
  if (job.mode === 'stream') {
    throw new DataplatError('DP1009', `${job.id} cannot be run for dates: ${streams}`, {
      left: 'nothing was started',
      next: [`dataplat submit ${job.group} ${job.id}`],
    });
  }
  return [job];
}

function backfillJob(
  job: Job,
  runs: readonly Job[],
  graph: Declaration['graph'],
  datasets: ReadonlyMap<string, Dataset>,
): BackfillJob {
  const written = job.outputs.flatMap((output) => datasets.get(output) ?? []);
  return {
    id: job.id,
    layer: written[0]?.layer,
    // A table that is replaced as a whole is of the last run alone.
    once:
      job.mode === 'maintenance' || (written.length > 0 && written.every(({ write }) => write === 'replace')),
    exclusive: written
      .filter(({ write }) => write !== 'replace-partition' && write !== 'append-stream')
      .map(({ id }) => id),
    after: nearest(job, new Set(runs), graph),
    reads: graph.upstreamOf(job).map(({ id }) => id),
  };
}

/** The chosen jobs upstream of a job, those included that are upstream by way of jobs that are not chosen. */
function nearest(job: Job, chosen: ReadonlySet<Job>, graph: Declaration['graph']): string[] {
  const found = new Set<string>();
  const seen = new Set<Job>([job]);
  const open = [...graph.upstreamOf(job)];
  for (let before = open.pop(); before !== undefined; before = open.pop()) {
    if (seen.has(before)) continue;
    seen.add(before);
    if (chosen.has(before)) found.add(before.id);
    else open.push(...graph.upstreamOf(before));
  }
  return [...found].sort();
}
