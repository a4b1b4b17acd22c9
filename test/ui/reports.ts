import type { RunState } from '../../src/model/run-states.js';
import { reportOf, type Report } from '../../src/model/report/report.js';
import type { ReportedRun } from '../../src/model/report/reported-run.js';
import { loadPlatform } from '../../src/project/load-platform.js';
import { smallPlatform } from '../small-platform.js';
import { aBackfill } from '../model/report/reported.js';

const at = new Date('2026-01-15T08:00:00Z');
const day = 86_400_000;

/** A failure as a job could word it that wants to be more than words. */
export const wicked = `<script>alert("1")</script><img src=x onerror=alert('2')>`;

/** A report of so many runs, the newest first, one of seven failed, over two weeks; with everything that a page shows. */
export function fullReport(runs: number, directory = smallPlatform): Report {
  const platform = loadPlatform(directory, 'local', {}, {});
  const jobs = platform.graph.order.map(({ id }) => id);
  const dates = Array.from({ length: 20 }, (_, back) => dateBefore(back + 1));
  const all = Array.from({ length: runs }, (_, index): ReportedRun => {
    const state: RunState = index % 7 === 3 ? 'FAILED' : index === 0 ? 'RUNNING' : 'SUCCESS';
    return {
      ...{ runId: `00run${String(index).padStart(11, '0')}`, job: jobs[index % jobs.length] ?? '', state },
      date: dateBefore(1 + Math.floor((index * 13) / runs)),
      startedAt: new Date(at.getTime() - ((index + 1) * 13 * day) / runs).toISOString(),
      seconds: 40 + (index % 90),
      ...(state !== 'RUNNING' && { billed: { vcpuHours: 0.1 + (index % 5) / 10, memoryGbHours: 0.4 } }),
      ...(state === 'FAILED' && { details: wicked }),
    };
  });
  const unmet = [
    { expectation: 'unique:shop_id', kind: 'unique', severity: 'error', found: wicked, threshold: '0' },
  ] as const;
  return reportOf(platform, at, 14, {
    release: '0123456789abcdef',
    ...{ runs: all, earlierRuns: false, earlierBackfills: 0 },
    observed: {
      at,
      runs: all.map(({ startedAt, seconds, ...run }) => ({
        ...run,
        createdAt: new Date(startedAt),
        startedAt: new Date(startedAt),
        ...(run.state !== 'RUNNING' && { endedAt: new Date(Date.parse(startedAt) + seconds * 1000) }),
      })),
      newestData: new Map(platform.datasets.map(({ id }) => [id, new Date(at.getTime() - day / 2)])),
      checks: new Map([
        ['shops_bronze', { date: '2026-01-14', errors: 1, warnings: 0, unmet }],
        ['members_bronze', { date: '2026-01-14', errors: 0, warnings: 0, unmet: [] }],
      ]),
    },
    backfills: [
      aBackfill(
        '20260114-070000-ab12',
        jobs.flatMap((job, place) =>
          dates.map(
            (date, back) =>
              [
                job,
                date,
                place > 4 && back === 2 ? 'blocked' : place === 1 && back === 2 ? 'failed' : 'succeeded',
              ] as const,
          ),
        ),
      ),
    ],
    unknown: {},
  });
}

/** A report of the small platform where nothing has happened: deployed or not. */
export function emptyReport(deployed: boolean): Report {
  const platform = loadPlatform(smallPlatform, 'local', {}, {});
  if (!deployed) return reportOf(platform, at, 14);
  const observed = { at, runs: [], newestData: new Map<string, Date>(), checks: new Map<string, never>() };
  return reportOf(platform, at, 14, {
    runs: [],
    earlierRuns: false,
    observed,
    backfills: [],
    earlierBackfills: 0,
    unknown: {},
  });
}

function dateBefore(days: number): string {
  return new Date(at.getTime() - days * day).toISOString().slice(0, 10);
}
