import { maskingKey, sourceSecretsOf } from './connector.js';
import type { Dataset } from './dataset.js';
import type { Job } from './lineage.js';
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
  if (!datasets.some(hasKeyedMask)) return [];
  return [
    {
      id: maskingKey,
      name: names.secret(environment, maskingKey),
      // Masks must be the same on every day, and nobody may be able to guess them.
      description: 'Key of the hashes and date shifts that mask personal data',
      readers: graph.order.filter((job) => needsMaskingKey(platform, job)),
    },
  ];
}

/** Several systems may share one. */
function connectorSecretsOf(platform: Platform): Secret[] {
  const { environment, graph } = platform;
  const systems = new Map<string, string[]>();
  for (const [system, connector] of Object.entries(environment.sources)) {
    if ('secret' in connector && connector.secret !== undefined)
      systems.set(connector.secret, [...(systems.get(connector.secret) ?? []), system]);
  }
  return [...systems].map(([id, opened]) => ({
    id,
    name: names.secret(environment, id),
    description: `What opens ${opened.join(' and ')} for the jobs that read it`,
    readers: graph.order.filter((job) => sourceSecretsOf(platform, job).includes(id)),
  }));
}

/** A job masks when it carries data out of a dataset whose contract masks a column into another dataset. */
export function needsMaskingKey({ datasets }: Pick<Platform, 'datasets'>, job: Job): boolean {
  return (
    job.outputs.some((output) => !job.inputs.includes(output)) &&
    datasets.some((dataset) => job.inputs.includes(dataset.id) && hasKeyedMask(dataset))
  );
}

function hasKeyedMask(dataset: Dataset): boolean {
  return dataset.columns.some(({ masking }) => masking?.rule === 'hash' || masking?.rule === 'date-shift');
}
