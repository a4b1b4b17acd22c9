import { suggestion } from './check.js';
import type { Dataset } from './dataset.js';
import { DataplatError } from './errors.js';
import { stemOf, type Job } from './lineage.js';
import type { Declaration } from './platform.js';

/**
 * The job that a person means by its id, its entry point's stem, or `group/id`.
 * @throws DataplatError DP1004 with the nearest names, or with the jobs that share an entry point
 */
export function findJob(declaration: Declaration, name: string, group?: string): Job {
  const [wantedGroup, wanted] = name.includes('/')
    ? [name.slice(0, name.indexOf('/')), name.slice(name.indexOf('/') + 1)]
    : [group, name];
  const sharing = declaration.jobs.filter((job) => stemOf(job) === wanted);
  const named = declaration.jobs.find((job) => job.id === wanted) ?? sharing[0];
  if (named && named.id !== wanted && sharing.length > 1) {
    throw new DataplatError(
      'DP1004',
      `${named.entryPoint} runs ${sharing.length} jobs; name one of them: ${sharing.map(({ id }) => id).join(', ')}`,
      { next: [`dataplat submit ${named.group} ${named.id}`] },
    );
  }
  if (named && (wantedGroup === undefined || named.group === wantedGroup)) return named;
  if (named) {
    throw new DataplatError(
      'DP1004',
      `no job "${wanted}" in group "${wantedGroup}": it is in ${named.group}`,
      {
        next: [`dataplat submit ${named.group} ${named.id}`],
      },
    );
  }
  const known = [...new Set(declaration.jobs.flatMap((job) => [job.id, stemOf(job)]))];
  throw new DataplatError('DP1004', `no job "${wanted}" (${suggestion(wanted ?? name, known)})`);
}

/** A dataset by its id, or by its table where that is in one layer only. @throws DataplatError DP1006 */
export function findDataset(declaration: Declaration, name: string): Dataset {
  const byId = declaration.datasets.find((dataset) => dataset.id === name);
  if (byId) return byId;
  const byTable = declaration.datasets.filter((dataset) => dataset.table === name);
  if (byTable.length === 1 && byTable[0]) return byTable[0];
  const ids = declaration.datasets.map((dataset) => dataset.id);
  throw new DataplatError('DP1006', `no dataset "${name}" (${suggestion(name, ids)})`);
}
