import type { Dataset } from './dataset.js';
import type { Environment } from './environment.js';
import type { JobGraph } from './graph.js';
import type { Job, Source } from './lineage.js';
import type { Quality } from './quality.js';

/** The files of a project, by their paths relative to its directory; read at the edge, so that the model stays pure. */
export interface ProjectFiles {
  /** The text of a file, or undefined where there is none. */
  read(path: string): string | undefined;
  /** The names of the files right in a folder, sorted; none where there is no folder. */
  list(folder: string): readonly string[];
}

/** What every environment shares: datasets, sources, jobs and their limits. */
export interface Declaration {
  readonly datasets: readonly Dataset[];
  readonly sources: readonly Source[];
  readonly jobs: readonly Job[];
  readonly graph: JobGraph;
  readonly quality: Quality;
}

/** The whole platform in one environment. */
export interface Platform extends Declaration {
  readonly environment: Environment;
}
