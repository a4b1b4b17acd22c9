import { maskingKey } from './connector.js';
import { secretOfSource } from './source-connector.js';
import type { Dataset } from './dataset.js';
import { sourceIdOf, type Job } from './lineage.js';
import { names } from './names.js';
import type { Platform } from './platform.js';

/** A place for a secret; its value is never declared. */
export interface Secret {
  /** The last part of its name, by which `secrets.rotation` of an environment names it. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** The jobs that may fetch it; nobody else's may. */
  readonly readers: readonly Job[];
}

/** The secrets that a platform needs: the masking key, and what opens the systems that its sources come from. */
export function secretsOf(platform: Platform): Secret[] {
  return [...maskingKeyOf(platform), ...connectorSecretsOf(platform)];
}

function maskingKeyOf(platform: Platform): Secret[] {
  const { environment, datasets, graph } = platform;
  const masked = new Set(datasets.filter(hasKeyedMask).map(({ id }) => id));
  if (masked.size === 0) return [];
  return [
    {
      id: maskingKey,
      name: names.secret(environment, maskingKey),
      // Masks must be the same on every day, and nobody may be able to guess them.
      description: 'Key of the hashes and date shifts that mask personal data',
      readers: graph.order.filter((job) => needsMaskingKey(masked, job)),
    },
  ];
}

/** Several systems may share one. */
function connectorSecretsOf(platform: Platform): Secret[] {
  const { environment } = platform;
  const readers = readersOfSources(platform);
  const systems = new Map<string, string[]>();
  for (const [system, connector] of Object.entries(environment.sources)) {
    if ('secret' in connector && connector.secret !== undefined)
      systems.set(connector.secret, [...(systems.get(connector.secret) ?? []), system]);
  }
  return [...systems].map(([id, opened]) => ({
    id,
    name: names.secret(environment, id),
    description: `What opens ${opened.join(' and ')} for the jobs that read it`,
    readers: readers.get(id) ?? [],
  }));
}

/** Who needs a secret for his sources, by the last part of its name, in the order of the graph. */
function readersOfSources({ environment, sources, graph }: Platform): ReadonlyMap<string, Job[]> {
  const sourceOf = new Map(sources.map((source) => [source.id, source]));
  const readers = new Map<string, Job[]>();
  for (const job of graph.order) {
    const read = job.inputs.flatMap((input) => sourceOf.get(sourceIdOf(input) ?? '') ?? []);
    for (const id of new Set(read.flatMap((source) => secretOfSource(environment, source) ?? []))) {
      const others = readers.get(id);
      if (others) others.push(job);
      else readers.set(id, [job]);
    }
  }
  return readers;
}

/** Only a job that is declared to mask, and only where a contract of what it reads asks for the key. */
function needsMaskingKey(masked: ReadonlySet<string>, job: Job): boolean {
  return job.masks === true && job.inputs.some((input) => masked.has(input));
}

function hasKeyedMask(dataset: Dataset): boolean {
  return dataset.columns.some(({ masking }) => masking?.rule === 'hash' || masking?.rule === 'date-shift');
}
