import type { PairState } from '../../model/backfill/book.js';
import type { BackfillCalendar, CalendarCell } from '../../model/report/backfill-calendar.js';
import { escaped, htmlTable } from '../html.js';
import { count } from '../text.js';
import { axis, chart, colours, shortened } from './chart.js';

/** A state's colour, and its mark for who sees no colours. Those that wait look the same: nothing was done yet. */
const looks: Readonly<Record<PairState, { readonly color: string; readonly mark: string }>> = {
  succeeded: { color: colours.good, mark: '' },
  failed: { color: colours.bad, mark: '×' },
  blocked: { color: colours.late, mark: '–' },
  stopped: { color: colours.late, mark: '■' },
  cancelled: { color: colours.late, mark: '/' },
  active: { color: colours.active, mark: '…' },
  ready: { color: colours.neutral, mark: '?' },
  waiting: { color: colours.neutral, mark: '?' },
};

const states = Object.keys(looks) as PairState[];
const cellSize = 22;
/** Longer lists are what `backfills show` is for. */
const mostOpen = 200;

/** What backfills made of each job and date: jobs below each other, dates beside each other. */
export function calendarChart({ jobs, dates, cells }: BackfillCalendar): string {
  const used = states.filter((state) => cells.some((cell) => cell.state === state));
  const words = `Backfills of ${count(jobs.length, 'job')} from ${dates[0] ?? ''} to ${dates.at(-1) ?? ''}`;
  const [left, top] = [170, 62];
  return chart(
    words,
    {
      grid: { left, top, width: dates.length * cellSize, height: jobs.length * cellSize },
      xAxis: {
        ...{ type: 'category', data: [...dates], position: 'top', ...axis },
        axisLabel: { ...axis.axisLabel, rotate: 60, formatter: (date: string) => date.slice(5) },
      },
      yAxis: { type: 'category', inverse: true, data: jobs.map((job) => shortened(job)), ...axis },
      visualMap: {
        ...{ type: 'piecewise', show: true, orient: 'horizontal', left: 8, bottom: 0, dimension: 2 },
        textStyle: { fontSize: 13 },
        pieces: used.map((state) => {
          const { color, mark } = looks[state];
          return { value: states.indexOf(state), color, label: mark === '' ? state : `${mark} ${state}` };
        }),
      },
      series: [
        {
          ...{ type: 'heatmap', silent: true, itemStyle: { borderColor: colours.neutral, borderWidth: 1 } },
          data: cells.map(({ job, date, state }) => ({
            value: [dates.indexOf(date), jobs.indexOf(job), states.indexOf(state)],
            ...(looks[state].mark !== '' && {
              label: { show: true, fontSize: 13, formatter: looks[state].mark },
            }),
          })),
        },
      ],
    },
    {
      width: Math.max(560, left + 20 + dates.length * cellSize),
      height: top + 50 + jobs.length * cellSize,
    },
    countsTable(jobs, cells) + openTable(cells),
    true,
  );
}

function countsTable(jobs: readonly string[], cells: readonly CalendarCell[]): string {
  const used = states.filter((state) => cells.some((cell) => cell.state === state));
  return htmlTable(
    'Dates by job and state',
    [
      { title: 'job', cell: (job) => escaped(job) },
      ...used.map((state) => ({
        title: state,
        cell: (job: string) =>
          String(cells.filter((cell) => cell.job === job && cell.state === state).length),
        number: true,
      })),
    ],
    jobs,
  );
}

function openTable(cells: readonly CalendarCell[]): string {
  const open = cells.filter(({ state }) => state !== 'succeeded');
  if (open.length === 0) return '';
  const title = open.length > mostOpen ? `The first ${mostOpen} of ${open.length} that` : 'What';
  return htmlTable(
    `${title} has not succeeded`,
    [
      { title: 'job', cell: ({ job }) => escaped(job) },
      { title: 'date', cell: ({ date }) => escaped(date) },
      { title: 'state', cell: ({ state }) => state },
      { title: 'attempts', cell: ({ attempts }) => String(attempts), number: true },
      { title: 'why', cell: ({ why = '' }) => escaped(why), words: true },
      { title: 'backfill', cell: ({ backfill }) => escaped(backfill) },
    ],
    open.slice(0, mostOpen),
  );
}
