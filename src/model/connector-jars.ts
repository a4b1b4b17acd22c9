import type { Environment } from './environment.js';

/** What a connector needs on Spark's class path that EMR's image does not have; a release brings it. */
export type CarriedJars = 'kafka' | 'postgresql';

/** The jars that a release must bring for the sources of an environment, in the order of their names. */
export function carriedJars({ sources }: Pick<Environment, 'sources'>): CarriedJars[] {
  const connectors = Object.values(sources);
  const postgresql = connectors.some((one) => one.kind === 'jdbc' && one.url.startsWith('jdbc:postgresql:'));
  return [
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
