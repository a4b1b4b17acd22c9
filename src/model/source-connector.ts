import type { Connector } from './connector.js';
import type { Environment } from './environment.js';
import type { Source } from './lineage.js';

/** How an environment reaches the system that delivers a source. `validate` makes sure that there is one. */
export function connectorOf(environment: Environment, source: Source): Connector {
  const connector = environment.sources[source.system];
  if (!connector) throw new Error(`environment ${environment.name} has no connector for ${source.system}`);
  return connector;
}

/** The secret that a job needs for a source, by the last part of its name; undefined where it needs none. */
export function secretOfSource(environment: Environment, source: Source): string | undefined {
  const connector = connectorOf(environment, source);
  return 'secret' in connector ? connector.secret : undefined;
}
