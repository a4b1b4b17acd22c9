import type { Report } from '../../model/report/report.js';
import { escaped, htmlTable } from '../html.js';
import { count } from '../text.js';
import { calendarChart } from './calendar-chart.js';
import { minute, notKnown, nothingYet, stateWord, type PageSection } from './section.js';

/** What backfills made of each job and date, and the backfills themselves. */
export function backfillsSection(report: Report): PageSection {
  return { id: 'backfills', title: 'Backfills', content: content(report) };
}

function content(report: Report): string[] {
  const { backfills, calendar, unknown } = report;
  if (unknown.backfills !== undefined) return [notKnown(unknown.backfills)];
  if (backfills.length === 0)
    return [
      nothingYet(
        'There was no backfill yet. A range of dates is made by',
        'backfill bronze --from <YYYY-MM-DD> --to <YYYY-MM-DD>',
        report,
      ),
    ];
  return [
    ...(calendar.cells.length > 0 ? [calendarChart(calendar)] : []),
    ...(calendar.left > 0
      ? [
          `<p>${count(calendar.left, 'run')} of earlier dates or further jobs have no place in it; <code>dataplat backfills show</code> has all.</p>`,
        ]
      : []),
    ...(report.earlierBackfills > 0
      ? [
          `<p>Only the newest ${backfills.length} are shown; <code>dataplat backfills list</code> has ${count(report.earlierBackfills, 'earlier one')}.</p>`,
        ]
      : []),
    htmlTable(
      'The last backfills',
      [
        { title: 'backfill', cell: ({ backfill }) => `<code>${escaped(backfill)}</code>` },
        { title: 'what', cell: ({ what }) => escaped(what) },
        { title: 'dates', cell: ({ from, to }) => escaped(`${from} to ${to}`) },
        { title: 'state', cell: ({ state }) => stateWord(state) },
        { title: 'succeeded', cell: ({ counts }) => String(counts.succeeded), number: true },
        { title: 'failed', cell: ({ counts }) => String(counts.failed), number: true },
        { title: 'of', cell: ({ pairs }) => String(pairs.length), number: true },
        { title: 'began', cell: ({ startedAt }) => escaped(minute(startedAt)) },
      ],
      backfills,
    ),
  ];
}
