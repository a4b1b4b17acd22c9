import { sourceIdOf, type Job } from './lineage.js';

/** Who reads what whom writes: the jobs and their order, derived from inputs and outputs. */
export interface JobGraph {
  /** Every job behind all that it reads from; jobs that are free of each other in the order of their ids. */
  readonly order: readonly Job[];
  /** The jobs that write what a job reads. */
  upstreamOf(job: Job): readonly Job[];
  /** The jobs that read what a job writes. */
  downstreamOf(job: Job): readonly Job[];
}

/** Jobs that wait for each other, each for the next and the last for the first. */
export interface Cycle {
  readonly cycle: readonly string[];
}

export function buildGraph(jobs: readonly Job[]): JobGraph | Cycle {
  const writers = grouped(jobs.flatMap((job) => job.outputs.map((output) => [output, job] as const)));
  const upstream = new Map<Job, readonly Job[]>(
    jobs.map((job) => [
      job,
      [
        ...new Set(
          job.inputs
            .filter((input) => sourceIdOf(input) === undefined)
            .flatMap((input) => writers.get(input) ?? []),
        ),
      ].filter(
        // A job may read what it wrote before, a merge for example: that is no cycle.
        (writer) => writer !== job,
      ),
    ]),
  );
  const order: Job[] = [];
  const done = new Set<Job>();
  const open = new Set<Job>();
  const visit = (job: Job): readonly string[] | undefined => {
    if (done.has(job)) return undefined;
    if (open.has(job)) {
      const trail = [...open].map((waiting) => waiting.id);
      return trail.slice(trail.indexOf(job.id));
    }
    open.add(job);
    for (const before of byId(upstream.get(job) ?? [])) {
      const cycle = visit(before);
      if (cycle) return cycle;
    }
    open.delete(job);
    done.add(job);
    order.push(job);
    return undefined;
  };
  for (const job of byId(jobs)) {
    const cycle = visit(job);
    if (cycle) return { cycle };
  }
  const downstream = grouped(
    order.flatMap((job) => (upstream.get(job) ?? []).map((before) => [before, job] as const)),
  );
  return {
    order,
    upstreamOf: (job) => upstream.get(job) ?? [],
    downstreamOf: (job) => downstream.get(job) ?? [],
  };
}

function grouped<Key>(pairs: readonly (readonly [key: Key, job: Job])[]): ReadonlyMap<Key, Job[]> {
  const groups = new Map<Key, Job[]>();
  for (const [key, job] of pairs) {
    const group = groups.get(key);
    if (group) group.push(job);
    else groups.set(key, [job]);
  }
  return groups;
}

function byId(jobs: readonly Job[]): Job[] {
  return [...jobs].sort((a, b) => (a.id < b.id ? -1 : 1));
}
