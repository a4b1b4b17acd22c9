import { sourceIdOf, type Job } from './lineage.js';

/** The jobs of a platform and their order, derived from the datasets that each reads and writes. */
export interface JobGraph {
  /** Every job behind all that it reads from; jobs that are free of each other in the order of their ids. */
  readonly order: readonly Job[];
  /** The jobs that write what a job reads, and those that check it. */
  upstreamOf(job: Job): readonly Job[];
  /** The jobs that wait for a job. */
  downstreamOf(job: Job): readonly Job[];
}

/** Jobs that wait for each other, each for the next and the last for the first. */
export interface Cycle {
  readonly cycle: readonly string[];
}

export function buildGraph(jobs: readonly Job[]): JobGraph | Cycle {
  // What keeps tables in order changes nothing that is in them: it is no part of the flow.
  const flow = new Set(jobs.filter((job) => job.mode !== 'maintenance'));
  const pairs = (of: readonly Job[], names: 'inputs' | 'outputs') =>
    of.flatMap((job) => job[names].map((name) => [name, job] as const));
  const writers = grouped(pairs([...flow], 'outputs'));
  const gates = grouped(
    pairs(
      [...flow].filter((job) => job.gate === true),
      'inputs',
    ),
  );
  const upstream = new Map<Job, readonly Job[]>(
    jobs.map((job) => {
      if (!flow.has(job)) return [job, []];
      const before = job.inputs
        .filter((input) => sourceIdOf(input) === undefined)
        .flatMap((input) => [
          ...(writers.get(input) ?? []),
          // Gates check beside each other.
          ...(job.gate === true ? [] : (gates.get(input) ?? [])),
        ]);
      // A job may read what it wrote before, a merge for example: that is no cycle.
      return [job, [...new Set(before)].filter((other) => other !== job)];
    }),
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
