import type { JobDurations } from '../../model/report/durations.js';
import type { JobCost } from '../../model/report/job-costs.js';
import type { DayOutcomes } from '../../model/report/outcomes.js';
import { escaped, htmlTable } from '../html.js';
import { duration } from '../text.js';
import { axis, chart, colours, heightOfBars, narrow, shortened } from './chart.js';

/** A chart of more bars is no help; its table has all. */
const mostBars = 25;

const legend = { bottom: 0, itemGap: 22, textStyle: { fontSize: 13 } } as const;

/** How runs ended, a bar a day. */
export function outcomesChart(days: readonly DayOutcomes[]): string {
  const kinds = [
    ['succeeded', colours.good],
    ['failed', colours.bad],
    ['cancelled', colours.late],
    ['active', colours.active],
  ] as const;
  return chart(
    'Runs by the day they began and how they ended',
    {
      legend,
      grid: { left: 44, right: 12, top: 12, bottom: 62 },
      xAxis: { type: 'category', data: days.map(({ date }) => date.slice(5)), ...axis },
      yAxis: { type: 'value', minInterval: 1, ...axis },
      series: kinds.map(([kind, color]) => ({
        ...{ type: 'bar', name: kind, stack: 'runs', silent: true, itemStyle: { color } },
        data: days.map((day) => day[kind] || null),
      })),
    },
    { width: narrow, height: 260 },
    htmlTable(
      'Runs by day',
      [
        { title: 'day', cell: ({ date }) => date },
        ...kinds.map(([kind]) => ({
          title: kind,
          cell: (day: DayOutcomes) => String(day[kind]),
          number: true,
        })),
      ],
      days,
    ),
  );
}

/** How long runs took, a job a bar. */
export function durationsChart(jobs: readonly JobDurations[]): string {
  return barsOfJobs(
    'How long runs of each job took that succeeded, in minutes',
    jobs,
    [
      { name: 'median', color: colours.active, value: ({ median }) => median / 60 },
      { name: 'longest', color: colours.neutral, value: ({ longest }) => longest / 60 },
    ],
    htmlTable(
      'How long runs took',
      [
        { title: 'job', cell: ({ job }) => escaped(job) },
        { title: 'runs', cell: ({ runs }) => String(runs), number: true },
        { title: 'median', cell: ({ median }) => duration(median), number: true },
        { title: 'longest', cell: ({ longest }) => duration(longest), number: true },
      ],
      jobs,
    ),
  );
}

/** What runs cost, a job a bar: in money where a price is known, else in what was billed. */
export function costsChart(jobs: readonly JobCost[]): string {
  const priced = jobs.some(({ usd }) => usd !== undefined);
  return barsOfJobs(
    priced
      ? 'What runs of each job cost, estimated in USD'
      : 'What runs of each job were billed for, in hours',
    jobs,
    priced
      ? [{ name: 'USD', color: colours.active, value: ({ usd = 0 }) => usd }]
      : [
          { name: 'vCPU-h', color: colours.active, value: ({ vcpuHours }) => vcpuHours },
          { name: 'GB-h', color: colours.neutral, value: ({ memoryGbHours }) => memoryGbHours },
        ],
    htmlTable(
      'Cost a job',
      [
        { title: 'job', cell: ({ job }) => escaped(job) },
        { title: 'runs', cell: ({ runs }) => String(runs), number: true },
        { title: 'vCPU-h', cell: ({ vcpuHours }) => vcpuHours.toFixed(3), number: true },
        { title: 'GB-h', cell: ({ memoryGbHours }) => memoryGbHours.toFixed(3), number: true },
        ...(priced ? [{ title: 'USD', cell: ({ usd = 0 }: JobCost) => usd.toFixed(2), number: true }] : []),
      ],
      jobs,
    ),
  );
}

interface Bar<Row> {
  readonly name: string;
  readonly color: string;
  readonly value: (row: Row) => number;
}

function barsOfJobs<Row extends { readonly job: string }>(
  words: string,
  jobs: readonly Row[],
  bars: readonly Bar<Row>[],
  table: string,
): string {
  const shown = jobs.slice(0, mostBars);
  const said = shown.length < jobs.length ? `${words}: the first ${mostBars} of ${jobs.length} jobs` : words;
  return chart(
    said,
    {
      legend,
      grid: { left: 8, right: 20, top: 8, bottom: 34, containLabel: true },
      xAxis: { type: 'value', ...axis },
      yAxis: { type: 'category', inverse: true, data: shown.map(({ job }) => shortened(job)), ...axis },
      series: bars.map(({ name, color, value }) => ({
        ...{ type: 'bar', name, silent: true, itemStyle: { color } },
        data: shown.map((row) => Math.round(value(row) * 1000) / 1000),
      })),
    },
    { width: narrow, height: heightOfBars(shown.length) },
    table,
  );
}
