import type { Aws } from '../aws/aws.js';
import type { Application, Run, RunSummary } from '../aws/job-runs.js';
import type { Environment } from '../model/environment.js';
import { DataplatError } from '../model/errors.js';

/** How many of the newest runs an abbreviated id is looked for in. */
const searched = 500;

/**
 * The run of an id, or of a beginning or end of one that is at least four letters long and fits one run alone (ids
 * of runs made soon after each other begin alike).
 * @throws DataplatError DP6002
 */
export async function findRun(
  environment: Environment,
  application: Application,
  runs: Aws['runs'],
  id: string,
): Promise<Run> {
  const exact = id.length >= 12 ? await runs.get(application.id, id) : undefined;
  if (exact) return exact;
  const fitting: RunSummary[] = [];
  if (id.length >= 4) {
    let seen = 0;
    for await (const run of runs.list(application.id)) {
      if (run.id.startsWith(id) || run.id.endsWith(id)) fitting.push(run);
      seen += 1;
      if (seen >= searched) break;
    }
  }
  const [only] = fitting;
  const found = fitting.length === 1 && only ? await runs.get(application.id, only.id) : undefined;
  if (found) return found;
  const next = [`dataplat runs --env ${environment.name}`];
  if (fitting.length > 1) {
    throw new DataplatError('DP6002', `"${id}" fits ${fitting.length} runs`, {
      excerpt: fitting.slice(0, 5).map((run) => `${run.id}  ${run.name}  ${run.state}`),
      next,
    });
  }
  throw new DataplatError(
    'DP6002',
    `no run "${id}" in environment "${environment.name}"${id.length < 4 ? ': name at least four letters of its id' : ''}`,
    { next },
  );
}
