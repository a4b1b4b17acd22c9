import { createHash } from 'node:crypto';
import type { Environment } from '../../model/environment.js';
import { DataplatError } from '../../model/errors.js';
import { names } from '../../model/names.js';

/** A file of a release, by its path there, for example `jobs/ingest/orders_ingest.py`. */
export interface ReleaseFile {
  readonly path: string;
  readonly content: Uint8Array;
}

/** The jobs' Python libraries for EMR's Python and architecture, packed; the hash is of what is in it. */
export interface ReleaseLibraries {
  readonly path: string;
  readonly hash: string;
}

/** The Spark listener that lineage takes columns from, where the environment wants them. */
export interface ReleaseListener {
  readonly path: string;
  readonly hash: string;
}

/** A jar that EMR's image lacks and a connector of the environment needs. */
export interface ReleaseJar {
  readonly name: string;
  readonly path: string;
  readonly hash: string;
}

/** A release before it is uploaded: the same content has the same id, on every machine. */
export interface Release {
  readonly id: string;
  readonly files: readonly ReleaseFile[];
  readonly libraries?: ReleaseLibraries;
  readonly listener?: ReleaseListener;
  readonly jars: readonly ReleaseJar[];
}

/** The libraries in a release. */
export const libraryArchive = 'libraries.tar.gz';
/** The listener in a release. */
export const listenerJar = 'openlineage-spark.jar';

/** Where the jars are that it brings for its connectors. */
export const jarsFolder = 'jars/';

/** Names a release by its content. Touches nothing. */
export function planRelease(
  files: readonly ReleaseFile[],
  libraries?: ReleaseLibraries,
  listener?: ReleaseListener,
  jars: readonly ReleaseJar[] = [],
): Release {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const hash = createHash('sha256').update('release 1\n');
  for (const { path, content } of sorted) hash.update(`${path}\0${sha256(content)}\n`);
  if (libraries) hash.update(`${libraryArchive}\0${libraries.hash}\n`);
  if (listener) hash.update(`${listenerJar}\0${listener.hash}\n`);
  for (const { name, hash: of } of jars) hash.update(`${jarsFolder}${name}\0${of}\n`);
  return {
    id: hash.digest('hex').slice(0, 16),
    files: sorted,
    ...(libraries && { libraries }),
    ...(listener && { listener }),
    jars,
  };
}

/** The address of a release in the artifacts bucket, without a slash at the end. */
export function releaseUri(environment: Environment, release: string): string {
  return `s3://${names.bucket(environment, 'artifacts')}/releases/${release}`;
}

export function notDeployed(environment: Pick<Environment, 'name'>, why: string): DataplatError {
  return new DataplatError('DP4004', `environment "${environment.name}" is not deployed: ${why}`, {
    next: [`dataplat deploy --env ${environment.name}`],
  });
}

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
