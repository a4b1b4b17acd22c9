import type { Report } from '../../model/report/report.js';
import type { ReportedRun } from '../../model/report/reported-run.js';
import { escaped, htmlTable } from '../html.js';
import { count, duration } from '../text.js';
import { durationsChart, outcomesChart } from './run-charts.js';
import { minute, nothingYet, stateWord, subjectLink, type PageSection } from './section.js';

/** These are shown at once; the others to who asks. */
const first = 15;
/** A page of more would not be read, and would be large. */
const most = 1000;

/** What ran, how it ended and how long it took. */
export function runsSection(report: Report): PageSection {
  return { id: 'runs', title: 'Runs', content: content(report) };
}

function content(report: Report): string[] {
  const { runs, days, graph } = report;
  if (runs.length === 0) {
    const job = graph.nodes.find(({ kind }) => kind === 'job');
    const named = job?.kind === 'job' ? `${job.job.group} ${job.id}` : '<group> <job>';
    return [
      nothingYet(
        `No run was started within ${count(days, 'day')}. A run is started by`,
        `submit ${named} --date <YYYY-MM-DD>`,
        report,
      ),
    ];
  }
  return [
    `<p>${count(runs.length, 'run')} within ${count(days, 'day')}.${report.earlierRuns ? ' There may be more: only the newest were looked at, and figures are of them alone.' : ''}</p>`,
    `<div class="charts">${outcomesChart(report.outcomes)}${report.durations.length > 0 ? durationsChart(report.durations) : ''}</div>`,
    table(report, 'The last runs', runs.slice(0, first)),
    ...(runs.length > first
      ? [
          `<details><summary>Earlier runs (${Math.min(runs.length, most) - first}${runs.length > most ? ` of ${runs.length - first}` : ''})</summary>`,
          table(report, 'Earlier runs', runs.slice(first, most)),
          '</details>',
        ]
      : []),
  ];
}

function table(report: Report, caption: string, runs: readonly ReportedRun[]): string {
  return htmlTable(
    caption,
    [
      { title: 'job', cell: ({ job }) => subjectLink(report, job) },
      { title: 'date', cell: ({ date = '' }) => escaped(date) },
      { title: 'state', cell: ({ state }) => stateWord(state) },
      { title: 'began', cell: ({ startedAt }) => minute(startedAt) },
      { title: 'took', cell: ({ seconds }) => duration(seconds), number: true },
      { title: 'run', cell: ({ runId }) => `<code>${escaped(runId)}</code>` },
      { title: 'what EMR says', cell: ({ details = '' }) => escaped(details.slice(0, 300)), words: true },
    ],
    runs,
  );
}
