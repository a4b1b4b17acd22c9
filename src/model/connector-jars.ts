import type { Environment } from './environment.js';
import type { Source } from './lineage.js';

/** What a connector or a format needs on Spark's class path that EMR's image does not have; a release brings it. */
export type CarriedJars = 'avro' | 'kafka' | 'postgresql';

/** What says which jars are needed: how systems are reached in an environment, and what they deliver. */
interface Delivered {
  readonly environment: Pick<Environment, 'sources'>;
  readonly sources: readonly Pick<Source, 'system' | 'format'>[];
}

/** The jars that a release must bring for the sources of an environment, in the order of their names. */
export function carriedJars({ environment, sources }: Delivered): CarriedJars[] {
  const connectors = Object.values(environment.sources);
  const avro = sources.some(
    ({ system, format }) => format === 'avro' && environment.sources[system]?.kind === 'files',
  );
  const postgresql = connectors.some((one) => one.kind === 'jdbc' && one.url.startsWith('jdbc:postgresql:'));
  return [
    ...(avro ? (['avro'] as const) : []),
    ...(connectors.some(({ kind }) => kind === 'kafka') ? (['kafka'] as const) : []),
    ...(postgresql ? (['postgresql'] as const) : []),
  ];
}

/** The driver of Redshift, which EMR's image has, but puts on no class path by itself. */
export const redshiftDriver = '/usr/share/aws/redshift/jdbc/RedshiftJDBC.jar';

/** The jars of EMR's image that runs must name for the sources of an environment. */
export function imageJars({ sources }: Pick<Environment, 'sources'>): string[] {
  const redshift = Object.values(sources).some(
    (one) => one.kind === 'jdbc' && one.url.startsWith('jdbc:redshift:'),
  );
  return redshift ? [redshiftDriver] : [];
}
