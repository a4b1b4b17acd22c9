import pLimit from 'p-limit';
import type { Aws } from '../../aws/aws.js';
import { placeOf } from '../../aws/objects.js';
import type { Environment } from '../../model/environment.js';
import type { Job } from '../../model/lineage.js';
import { lineageEvent, lineageFolder, type LineageEvent } from '../../model/open-lineage.js';

export interface KeptEvents {
  /** Only those of runs of these jobs. */
  readonly jobs: readonly Pick<Job, 'id'>[];
  /** Only those written since. */
  readonly since?: Date;
  /** Only of this kind, the newest of each job. */
  readonly newest?: 'complete';
}

/** The events that runs have kept in the logs bucket, in the order of their times. */
export async function readEvents(
  environment: Environment,
  objects: Aws['objects'],
  { jobs, since, newest }: KeptEvents,
): Promise<LineageEvent[]> {
  const limit = pLimit(16);
  const found = await Promise.all(
    jobs.map(async (job) => {
      const { bucket, key } = placeOf(lineageFolder(environment, job));
      const all = await limit(() => objects.list(bucket, key));
      const recent = all.filter(({ modified }) => !since || !modified || modified >= since);
      const keys = newest
        ? recent
            .filter((one) => one.key.endsWith(`.${newest}.json`))
            .sort((a, b) => (b.modified?.getTime() ?? 0) - (a.modified?.getTime() ?? 0))
            .slice(0, 1)
        : recent;
      return Promise.all(keys.map((one) => limit(() => objects.get({ bucket, key: one.key }))));
    }),
  );
  return found
    .flat()
    .flatMap((content) => (content && lineageEvent(content.toString('utf8'))) ?? [])
    .sort((a, b) => compare(a.eventTime, b.eventTime) || compare(b.eventType, a.eventType));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
